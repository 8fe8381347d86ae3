"""Thresholds: what each change would do, saving it as a version of the policy, and the versions there were."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response

from panah.accounts.dependencies import Form, turn_of
from panah.accounts.permissions import Permission
from panah.accounts.rendering import go
from panah.consoles import threshold_chart
from panah.consoles.console import Console, Who
from panah.consoles.rendering import is_fragment, names_of, show
from panah.consoles.threshold_chart import Chart
from panah.errors import AppError
from panah.scoring import evidence, tuning
from panah.scoring.announce import tell
from panah.scoring.classifier import ModelConfig
from panah.scoring.evidence import Alone, Evidence, Moved, NoEvidence, Report, Told, Which, evidence_of
from panah.scoring.policy import LABELS, SENSITIVITIES, Label, Sensitivity, Threshold, Thresholds
from panah.scoring.registry import by_name
from panah.scoring.serving import Serving
from panah.scoring.text import LANGUAGE_GROUPS, LanguageGroup
from panah.scoring.tuning import WHICH, Change, Entry, Fault, InForce, ThresholdRefused

HERE = "/admin/thresholds"
HISTORY = f"{HERE}/history"


@dataclass(frozen=True)
class Asked:
    """What a form asks for: one language at one sensitivity, with all its thresholds."""

    config: ModelConfig
    evidence: Evidence
    current: InForce
    language: LanguageGroup
    sensitivity: Sensitivity
    model: str  # the model that the form was made for
    based_on: int | None  # the version that the form was made from
    typed: dict[Label, dict[Which, str]]
    raw: dict[Label, dict[Which, float | None]]  # None for what is no number

    @property
    def moved(self) -> bool:
        """Whether something else judges since the form was made."""
        return (self.model, self.based_on) != (self.config.name, self.current.version)

    @property
    def old(self) -> dict[Label, Threshold]:
        return self.current.policy.thresholds.root[self.sensitivity][self.language]

    @property
    def new(self) -> dict[Label, Threshold]:
        """As asked for; as in force where that cannot be."""
        return {label: possible(self.raw[label], self.old[label]) for label in LABELS}

    @property
    def table(self) -> tuning.Table:
        return tuning.replaced(self.current.policy.thresholds, self.sensitivity, self.language, self.raw)

    @property
    def faults(self) -> list[Fault]:
        """Why what is asked for would be refused; empty where nothing is changed yet."""
        found = tuning.faults(self.evidence, self.current.policy.thresholds, self.table)
        return [fault for fault in found if fault.key != "same"]

    @property
    def changed(self) -> bool:
        return self.new != self.old

    @property
    def query(self) -> str:
        """The form's values as an address has them."""
        values = {f"{label}-{which}": self.typed[label][which] for label in LABELS for which in WHICH}
        made_from = {"model": self.model, "based_on": self.based_on or 0}
        return urlencode({"language": self.language, "sensitivity": self.sensitivity} | made_from | values)


@dataclass(frozen=True)
class Row:
    """One label of the page."""

    label: Label
    old: Threshold
    new: Threshold
    typed: dict[Which, str]
    chart: Chart
    alone: dict[Which, Alone]
    moved: dict[Which, Moved]
    told: Told
    highest: float
    is_shut: bool
    faults: list[Fault]


@dataclass(frozen=True)
class Seen:
    """What a change of one language at one sensitivity does to its test replies."""

    sensitivity: Sensitivity
    language: LanguageGroup
    before: evidence.Outcome
    after: evidence.Outcome
    moved: dict[Which, Moved]
    shut: list[Label]


def model_of(request: Request) -> tuple[ModelConfig, Evidence]:
    """The model that judges, and what is known about it. Raises NoEvidence."""
    serving: Serving = request.app.state.serving
    config = serving.running.config
    artefact = by_name(serving.installed(), config.name)
    if artefact is None:
        raise NoEvidence("The files of the model that judges are not there any more.")
    return config, evidence_of(artefact.folder)


def possible(raw: Mapping[Which, float | None], old: Threshold) -> Threshold:
    flag, hide = raw["flag"], raw["hide"]
    if flag is None or hide is None or not 0 <= flag <= hide <= 1:
        return old
    return Threshold(flag=flag, hide=hide)


def number(text: str) -> float | None:
    """With four digits, as scores have them; None for what is no number."""
    try:
        found = float(text)
    except ValueError:
        return None
    return round(found, 4) if isfinite(found) else None


def digits(value: float) -> str:
    """A threshold as the form shows it: two digits at least."""
    whole, _, rest = f"{value:.4f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def version_of(text: str) -> int | None:
    """The version that a form names, None for the model's own. Raises VersionNotFound for what is no number."""
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise tuning.VersionNotFound("There is no such version of this model's thresholds.")
    return int(text) or None


def asked(fields: Mapping[str, str], config: ModelConfig, found: Evidence, current: InForce) -> Asked:
    """What the fields ask for; what they leave out is as in force. Raises VersionNotFound."""
    language: LanguageGroup = next((one for one in LANGUAGE_GROUPS if one == fields.get("language")), "en")
    sensitivity: Sensitivity = next((one for one in SENSITIVITIES if one == fields.get("sensitivity")), "balanced")
    cell = current.policy.thresholds.root[sensitivity][language]
    typed: dict[Label, dict[Which, str]] = {
        label: {which: fields.get(f"{label}-{which}", digits(getattr(cell[label], which)))[:12] for which in WHICH}
        for label in LABELS
    }
    return Asked(
        config=config,
        evidence=found,
        current=current,
        language=language,
        sensitivity=sensitivity,
        model=fields.get("model", config.name),
        based_on=version_of(fields["based_on"]) if "based_on" in fields else current.version,
        typed=typed,
        raw={label: {which: number(text) for which, text in own.items()} for label, own in typed.items()},
    )


def row_of(one: Asked, label: Label, told: list[Report], faults: list[Fault]) -> Row:
    old, new, known = one.old[label], one.new[label], one.evidence
    return Row(
        label=label,
        old=old,
        new=new,
        typed=one.typed[label],
        chart=threshold_chart.draw(known.curve(one.language, label), old, new),
        alone={which: known.alone(one.language, label, getattr(new, which)) for which in WHICH},
        moved=known.moved(one.language, one.old, {**one.old, label: new}),
        told=evidence.told(told, label, old, new),
        highest=known.highest(one.language, label),
        is_shut=label in known.shut(one.language, one.new),
        faults=[fault for fault in faults if fault.label == label],
    )


def seen(
    known: Evidence, old: Thresholds, new: Thresholds, cells: Iterable[tuple[Sensitivity, LanguageGroup]]
) -> list[Seen]:
    """What the new thresholds do in each of these cells."""
    return [
        Seen(
            sensitivity,
            language,
            known.outcome(language, before),
            known.outcome(language, after),
            known.moved(language, before, after),
            known.shut(language, after),
        )
        for sensitivity, language in cells
        for before, after in [(old.root[sensitivity][language], new.root[sensitivity][language])]
    ]


def told_about(found: list[Report], change: Change) -> Told:
    own = [one for one in found if (one.language, one.sensitivity) == (change.language, change.sensitivity)]
    return evidence.told(own, change.label, change.old, change.new)


def whole(one: Asked, told: list[Report]) -> dict[str, Any]:
    """What the part of the page about the whole policy shows."""
    base = one.current.policy.thresholds
    cell = {label: limit.model_dump() for label, limit in one.new.items()}
    new = Thresholds.model_validate(tuning.replaced(base, one.sensitivity, one.language, cell))
    changes = tuning.diff(base, new)
    every = [(sensitivity, language) for language in LANGUAGE_GROUPS for sensitivity in SENSITIVITIES]
    cells = seen(one.evidence, base, new, every)
    return {
        "one": one,
        "here": next(
            cell for cell in cells if (cell.sensitivity, cell.language) == (one.sensitivity, one.language)
        ),
        "cells": cells,
        "changes": changes,
        "told": [(change, told_about(told, change)) for change in changes],
        "reports": [report for report in told if report.language == one.language],
        "shown_faults": one.faults,
    }


def read(request: Request, fields: Mapping[str, str]) -> tuple[Asked, list[Report]]:
    """What is asked for, and what readers told, in one look at the database."""
    config, known = model_of(request)
    with turn_of(request) as turn:
        current = tuning.in_force(turn.session, config)
        told = evidence.reports(turn.session, config.name, turn.now.date())
    return asked(fields, config, known, current), told


def own_reports(one: Asked, told: list[Report]) -> list[Report]:
    return [report for report in told if (report.language, report.sensitivity) == (one.language, one.sensitivity)]


def words_of(request: Request) -> dict[str, Any]:
    """What all templates of this area use besides."""
    return {
        "labels": LABELS,
        "sides": get_args(evidence.Side),
        "whiches": WHICH,
        "languages": LANGUAGE_GROUPS,
        "sensitivities": SENSITIVITIES,
        "digits": digits,
        "chart": threshold_chart,
        "second": request.app.state.settings.second_approval,
        "most_hidden": tuning.MOST_HIDDEN,
        "most_covered": tuning.MOST_COVERED,
    }


def page(request: Request, who: Who, fields: Mapping[str, str], error: AppError | None = None) -> Response:
    """The sliders, with what the values would do."""
    try:
        one, told = read(request, fields)
    except NoEvidence as lack:
        return show(request, "console/thresholds_none.html", who, path=HERE, error=lack)
    faults = one.faults
    return show(
        request,
        "console/thresholds_page.html",
        who,
        path=HERE,
        error=error,
        rows=[row_of(one, label, own_reports(one, told), faults) for label in LABELS],
        **whole(one, told),
        **words_of(request),
    )


def review_page(request: Request, who: Who, fields: Mapping[str, str], error: AppError | None = None) -> Response:
    """What would be saved and what it does, with the form that saves it."""
    one, told = read(request, fields)
    if error is None and one.moved:
        error = tuning.PolicyMoved("Other thresholds have come into force since. Look at them, and propose anew.")
    return show(
        request,
        "console/thresholds_review.html",
        who,
        path=HERE,
        error=error,
        note=fields.get("note", "")[: tuning.NOTE_MOST],
        note_faults=[fault for fault in error.faults if fault.key == "note"]
        if isinstance(error, ThresholdRefused)
        else [],
        **whole(one, told),
        **words_of(request),
    )


def changed(request: Request) -> None:
    """Puts what was saved into force: the others hear of it first, since this one may take a while to follow."""
    serving: Serving = request.app.state.serving
    tell(request.app.state.settings)
    serving.apply()


def authors(entries: Iterable[Entry]) -> set[UUID]:
    """Everybody whom these versions name."""
    found = set()
    for entry in entries:
        for text in (entry.row.author, entry.row.approved_by, entry.row.refused_by):
            try:
                found.add(UUID(text or ""))
            except ValueError:  # "panah", or nobody
                continue
    return found


def history_page(request: Request, who: Who, error: AppError | None = None) -> Response:
    """All versions, newest first."""
    serving: Serving = request.app.state.serving
    config = serving.running.config
    before = request.query_params.get("before", "")
    with turn_of(request) as turn:
        current = tuning.in_force(turn.session, config)
        entries = tuning.history(turn.session, config, before=version_of(before) if before else None)
        names = {str(key): name for key, name in names_of(turn.session, authors(entries)).items()}
    return show(
        request,
        "console/thresholds_history.html",
        who,
        path=HISTORY,
        error=error,
        config=config,
        now=current,
        entries=entries,
        names=names,
        older=entries[-1].row.id if len(entries) == tuning.SHOWN else None,
        **words_of(request),
    )


def version_page(request: Request, who: Who, version: str, error: AppError | None = None) -> Response:
    """One version beside the one in force, and what may be done with it. 0 is the model's own."""
    serving: Serving = request.app.state.serving
    config = serving.running.config
    version_id = version_of(version)
    with turn_of(request) as turn:
        current = tuning.in_force(turn.session, config)
        entry = tuning.entry_of(turn.session, config, version_id) if version_id else None
        names = {str(key): name for key, name in names_of(turn.session, authors([entry] if entry else [])).items()}
        told = evidence.reports(turn.session, config.name, turn.now.date())
    thresholds = entry.thresholds if entry else config.thresholds
    is_current = current.version == version_id
    if thresholds is None:
        changes = None
    elif is_current:
        changes = entry.changes if entry else []
    else:
        changes = tuning.diff(current.policy.thresholds, thresholds)
    cells: list[Seen] = []
    if changes and thresholds is not None:
        base = Thresholds.model_validate(undone(thresholds, changes))
        try:
            _, known = model_of(request)
            chosen = dict.fromkeys((change.sensitivity, change.language) for change in changes)
            cells = seen(known, base, thresholds, chosen)
        except NoEvidence as lack:
            error = error or lack
    return show(
        request,
        "console/thresholds_version.html",
        who,
        path=f"{HISTORY}/{version_id or 0}",
        error=error,
        config=config,
        now=current,
        entry=entry,
        is_current=is_current,
        changes=changes,
        told=[(change, told_about(told, change)) for change in changes or []],
        reports=told,
        cells=cells,
        names=names,
        **words_of(request),
    )


def undone(thresholds: Thresholds, changes: Iterable[Change]) -> dict[str, Any]:
    """The thresholds before those changes."""
    plain: dict[str, Any] = thresholds.model_dump()
    for change in changes:
        plain[change.sensitivity][change.language][change.label] = change.old.model_dump()
    return plain


def add(console: Console) -> None:
    """Adds the pages."""

    @console.get(HERE, Permission.THRESHOLD_SEE)
    def sliders(request: Request, who: Who) -> Response:
        return page(request, who, request.query_params)

    @console.get(f"{HERE}/preview", Permission.THRESHOLD_SEE)
    def preview(request: Request, who: Who) -> Response:
        """What the values would do: the whole, and the row that was touched. A page where nobody runs scripts."""
        fields = request.query_params
        if not is_fragment(request):
            return page(request, who, fields)
        one, told = read(request, fields)
        label = next((one for one in LABELS if one == fields.get("row")), None)
        found = whole(one, told)
        row = row_of(one, label, own_reports(one, told), found["shown_faults"]) if label else None
        return show(
            request, "console/thresholds_preview.html", who, path=HERE, row=row, **found, **words_of(request)
        )

    @console.get(f"{HERE}/near", Permission.THRESHOLD_SEE)
    def near(request: Request, who: Who) -> Response:
        """The test replies nearest to a label's thresholds."""
        fields = request.query_params
        one, _ = read(request, fields)
        label: Label = next((one for one in LABELS if one == fields.get("label")), LABELS[0])
        chosen = one.new[label]
        places = [
            (which, at, *one.evidence.near(one.language, label, at, old=one.old, new=one.new))
            for which, at in (("hide", chosen.hide), ("flag", chosen.flag))
        ]
        return show(
            request,
            "console/thresholds_nearby.html" if is_fragment(request) else "console/thresholds_near.html",
            who,
            path=HERE,
            one=one,
            label=label,
            places=places,
            **words_of(request),
        )

    @console.get(f"{HERE}/review", Permission.THRESHOLD_SEE, Permission.THRESHOLD_SET)
    def review(request: Request, who: Who) -> Response:
        return review_page(request, who, request.query_params)

    @console.post(f"{HERE}/save", Permission.THRESHOLD_SEE, Permission.THRESHOLD_SET)
    def save(request: Request, who: Who, fields: Form) -> Response:
        settings = request.app.state.settings
        one, _ = read(request, {"model": "", **fields})  # a form that names no model was made for none
        try:
            with turn_of(request) as turn:
                made = tuning.propose(
                    turn,
                    one.config,
                    one.evidence,
                    one.table,
                    author=who.member_id,
                    model=one.model,
                    based_on=one.based_on,
                    note=fields.get("note", ""),
                    needs_second=settings.second_approval,
                )
        except (ThresholdRefused, tuning.PolicyMoved) as error:
            return review_page(request, who, fields, error)
        return after(request, waits=made.in_force_at is None, done="saved")

    @console.get(HISTORY, Permission.THRESHOLD_SEE)
    def versions(request: Request, who: Who) -> Response:
        return history_page(request, who)

    @console.get(f"{HISTORY}/{{version}}", Permission.THRESHOLD_SEE)
    def one_version(request: Request, who: Who, version: str) -> Response:
        return version_page(request, who, version)

    @console.post(f"{HISTORY}/{{version}}/approve", Permission.THRESHOLD_SEE, Permission.THRESHOLD_SET)
    def approve(request: Request, who: Who, version: str) -> Response:
        serving: Serving = request.app.state.serving
        try:
            with turn_of(request) as turn:
                tuning.approve(turn, serving.running.config, version_of(version) or 0, who.member_id)
        except (tuning.PolicyMoved, tuning.VersionClosed, tuning.SecondPersonNeeded) as error:
            return version_page(request, who, version, error)
        return after(request, waits=False, done="approved")

    @console.post(f"{HISTORY}/{{version}}/refuse", Permission.THRESHOLD_SEE, Permission.THRESHOLD_SET)
    def refuse(request: Request, who: Who, version: str) -> Response:
        serving: Serving = request.app.state.serving
        try:
            with turn_of(request) as turn:
                tuning.refuse(turn, serving.running.config, version_of(version) or 0, who.member_id)
        except tuning.VersionClosed as error:
            return version_page(request, who, version, error)
        return go(request, f"{HISTORY}?done=thresholds.refused")

    @console.post(f"{HISTORY}/{{version}}/roll-back", Permission.THRESHOLD_SEE, Permission.THRESHOLD_SET)
    def roll_back(request: Request, who: Who, version: str, fields: Form) -> Response:
        serving: Serving = request.app.state.serving
        try:
            with turn_of(request) as turn:
                made = tuning.roll_back(
                    turn,
                    serving.running.config,
                    version_of(version) or 0,
                    author=who.member_id,
                    model=fields.get("model", ""),
                    based_on=version_of(fields.get("based_on", "")),
                    note=fields.get("note", ""),
                    needs_second=request.app.state.settings.second_approval,
                )
        except (ThresholdRefused, tuning.PolicyMoved, tuning.VersionClosed) as error:
            return version_page(request, who, version, error)
        return after(request, waits=made.in_force_at is None, done="rolled_back")

    def after(request: Request, *, waits: bool, done: str) -> Response:
        if waits:
            return go(request, f"{HISTORY}?done=thresholds.waits")
        changed(request)
        return go(request, f"{HISTORY}?done=thresholds.{done}")
