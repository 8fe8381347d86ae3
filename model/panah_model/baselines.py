"""What a simpler program reaches on the same rows: a keyword list, and n-grams with logistic regression."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from panah.scoring.classifier import Classifier
from panah.scoring.roman_urdu import romanise
from panah_model.evaluate import (
    HOSTILE,
    VICTIM_BLAMING,
    auc,
    by_language,
    measured,
    precision,
    recall,
    scores_of,
)
from panah_model.rows import Row

# What a careful person would put into a mute list.
KEYWORDS = (
    "why now", "proof", "evidence", "fake", "liar", "lying", "lie", "drama", "attention", "fame", "wearing",
    "clothes", "asking for it", "asked for it", "your fault", "slut", "whore", "ugly", "shut up", "delete",
    "ruined", "not all men", "boys will be boys", "get over it", "izzat", "sharam", "besharam", "jhoot",
    "jhooti", "saboot", "kapray", "kapre", "kapde", "drame", "shohrat", "badnam", "chup", "ghalti", "randi",
    "gashti", "dupatta", "akeli", "ghar ki baat",
)  # fmt: skip


def keywords(rows: Sequence[Row]) -> NDArray[np.float32]:
    """How many of the keywords stand in each reply, (rows,). Urdu script is read in its Latin letters."""
    listed = re.compile(rf"\b(?:{'|'.join(KEYWORDS)})\b")
    return np.array([len(listed.findall(romanise(row.text).lower())) for row in rows], np.float32)


def ngrams(train: Sequence[Row], rows: Sequence[Row], output: int) -> NDArray[np.float32]:
    """P of one output by logistic regression on TF-IDF of words and of letters, (rows,)."""
    known = [row for row in train if row.known[output]]
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    )
    model = make_pipeline(features, LogisticRegression(C=3, max_iter=2000))
    model.fit([romanise(row.text) for row in known], [row.targets[output] for row in known])
    return model.predict_proba([romanise(row.text) for row in rows])[:, 1].astype(np.float32)


def compare(
    rows: Sequence[Row], *, corpus: Sequence[Row], public: Sequence[Row], models: dict[str, Classifier]
) -> dict[str, Any]:
    """Figures on victim blaming for each baseline and model, by language: [value, low, high]."""
    contenders = {
        "keyword list": keywords(rows),
        "n-grams, public rows (hostile)": ngrams(public, rows, HOSTILE),
        "n-grams, this corpus": ngrams(corpus, rows, VICTIM_BLAMING),
    }
    for name, classifier in models.items():
        contenders[name] = scores_of(classifier, rows)[:, VICTIM_BLAMING]
    wanted = np.array([row.targets[VICTIM_BLAMING] for row in rows])
    plain = [place for place, row in enumerate(rows) if row.targets[VICTIM_BLAMING] or not row.targets[HOSTILE]]

    def told(scores: NDArray[np.float32]) -> dict[str, Any]:
        def figures(at: list[int]) -> dict[str, Any]:
            sides = ((auc, at), (precision, at), (recall, [place for place in at if place in keep]))
            return {
                measure.__name__: measured(measure, wanted[own], scores[own], [rows[place].thread for place in own])
                for measure, own in sides
            }

        keep = set(plain)
        return by_language(rows, figures)

    return {name: told(scores) for name, scores in contenders.items()}
