"""Artefacts beside the shipped one, made of its own files, and databases of both kinds."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from panah.accounts import tables as _accounts  # noqa: F401  (the audit trail)
from panah.blocklists import tables as _blocklists  # noqa: F401
from panah.db import make_engine
from panah.scoring.registry import FILES
from panah.settings import Settings

SHIPPED = Path(__file__).parents[3] / "model" / "artefacts" / "v2"

MakeArtefact = Callable[..., Path]


def levelled(config: dict[str, Any], threshold: float) -> dict[str, Any]:
    """The config with one threshold for everything: 0 hides every reply."""
    for groups in config["thresholds"].values():
        for labels in groups.values():
            for label in labels:
                labels[label] = {"flag": threshold, "hide": threshold}
    return config


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    made = tmp_path / "models"
    made.mkdir()
    return made


@pytest.fixture
def make_artefact(models_dir: Path) -> MakeArtefact:
    """Makes artefacts with the shipped graph under other names, with thresholds of 0 unless told otherwise."""

    def make(name: str, folder: str = "", threshold: float | None = 0.0, **config: Any) -> Path:
        place = models_dir / (folder or name)
        place.mkdir()
        for file in FILES[1:]:
            (place / file).symlink_to(SHIPPED / file)
        found = json.loads((SHIPPED / "config.json").read_text())
        found = (found if threshold is None else levelled(found, threshold)) | {"name": name} | config
        (place / "config.json").write_text(json.dumps(found))
        return place

    return make


@pytest.fixture
def with_models(settings: Settings, models_dir: Path, make_artefact: MakeArtefact) -> Settings:
    """Settings with the shipped model as v2, and "loose", which hides every reply, beside it."""
    shutil.copytree(SHIPPED, models_dir / "v2", ignore=lambda *_: ["model.onnx", "tokenizer.json"])
    for file in FILES[1:]:
        (models_dir / "v2" / file).symlink_to(SHIPPED / file)
    make_artefact("loose")
    return settings.model_copy(update={"model_dir": models_dir / "v2", "policy_refresh": 3600.0, "rounds": 3600.0})


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A SQLite file, or what a test asks for with `both_databases`."""
    kind = getattr(request, "param", "sqlite")
    url = f"sqlite:///{tmp_path / 'own.db'}" if kind == "sqlite" else request.getfixturevalue("fresh_database")
    made = make_engine(url)
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


both_databases = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
