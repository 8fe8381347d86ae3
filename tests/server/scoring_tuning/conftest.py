"""The shipped model's evidence, and admins in a database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from panah.accounts.permissions import Role
from panah.accounts.tables import Member, MemberRole
from panah.blocklists.turn import begin
from panah.db import make_engine
from panah.keys import Keys
from panah.scoring.classifier import ModelConfig, read_config
from panah.scoring.evidence import Evidence, evidence_of

ARTEFACT = Path(__file__).parents[3] / "model" / "artefacts" / "v2"

both_databases = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def config() -> ModelConfig:
    return read_config(ARTEFACT)


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return evidence_of(ARTEFACT)


@pytest.fixture
def keys() -> Keys:
    return Keys(bytes(range(32)))


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A SQLite file, or what a test asks for with `both_databases`."""
    kind = getattr(request, "param", "sqlite")
    url = f"sqlite:///{tmp_path / 'p.db'}" if kind == "sqlite" else request.getfixturevalue("fresh_database")
    made = make_engine(url)
    SQLModel.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def admin(engine: Engine, keys: Keys) -> Callable[..., UUID]:
    """Makes members with a role, admins unless another is named."""

    def make(role: Role = Role.ADMIN) -> UUID:
        made = uuid4()
        with begin(engine, keys) as turn:
            turn.session.add(
                Member(
                    id=made,
                    name="Sana",
                    sign_in_name=f"m{made.hex[:12]}",
                    password_hash="",
                    sealed_totp="",
                    joined_on=turn.now.date(),
                )
            )
            turn.session.flush()
            turn.session.add(MemberRole(member_id=made, role=role, since=turn.now))
        return made

    return make
