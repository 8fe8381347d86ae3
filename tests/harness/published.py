"""Lists of the real service, made and published through its own functions beside the running process."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlmodel import Session, col, delete, select

from panah.blocklists import lists
from panah.blocklists.tables import Category, Contribution, Entry, Tier
from panah.blocklists.turn import Turn, begin
from panah.db import make_engine
from panah.distribution.catalogue import MAX_GROWTH
from panah.distribution.outlet import make_outlet
from panah.distribution.publish import publish
from panah.keys import load_keys
from tests.harness.panah_server import PanahServer

LISTED = datetime(2026, 11, 2, tzinfo=UTC).date()


class Publisher:
    """What the service's rounds do, at once. Lists are known by their slug."""

    def __init__(self, server: PanahServer) -> None:
        self._engine = make_engine(server.database_url)
        self._keys = load_keys(server.keys_file)
        self._outlet = make_outlet(server.keys_file, "Panah")

    def make(self, name: str, **parts: object) -> str:
        """A new list with a curator, published while nothing is on it; its slug."""
        slug = f"list-{uuid4().hex[:8]}"
        with self._turn() as turn:
            made = lists.create_list(turn, slug=slug, name=name, **parts)  # type: ignore[arg-type]
            lists.seat(turn, made, uuid4())
        self.publish(slug)
        return slug

    def put(self, slug: str, *accounts: str, max_growth: float | None = MAX_GROWTH) -> None:
        """Puts accounts on a list as if people had decided on them, and publishes it."""
        with self._turn() as turn:
            blocklist = lists.find_list(turn.session, slug)
            for account in accounts:
                turn.session.add(
                    Entry(
                        blocklist_id=blocklist.id,
                        subject=f"x:{account}",
                        tier=Tier.HIDE,
                        category=Category.BLAME,
                        status="published",
                        listed_on=LISTED,
                        review_on=LISTED + timedelta(days=273),
                        expires_on=LISTED + timedelta(days=365),
                    )
                )
        self.publish(slug, max_growth=max_growth)

    def remove(self, slug: str, *accounts: str) -> None:
        """Takes accounts off a list, and publishes it."""
        with self._turn() as turn:
            blocklist = lists.find_list(turn.session, slug)
            subjects = [f"x:{account}" for account in accounts]
            chosen = delete(Entry).where(col(Entry.blocklist_id) == blocklist.id, col(Entry.subject).in_(subjects))
            turn.session.execute(chosen)
        self.publish(slug)

    def publish(self, slug: str, *, max_growth: float | None = MAX_GROWTH) -> None:
        with self._turn() as turn:
            publish(turn, lists.find_list(turn.session, slug), self._outlet, max_growth=max_growth)

    def close(self, slug: str) -> None:
        """Readers are not offered the list any more."""
        with self._turn() as turn:
            lists.change_list(turn, lists.find_list(turn.session, slug), archived=True)
        self.publish(slug)

    def list_id(self, slug: str) -> str:
        with Session(self._engine) as session:
            return str(lists.find_list(session, slug).id)

    def contributions(self, slug: str) -> list[Contribution]:
        """All reports that are there."""
        with Session(self._engine) as session:
            blocklist = lists.find_list(session, slug)
            return list(session.exec(select(Contribution).where(Contribution.blocklist_id == blocklist.id)))

    def dispose(self) -> None:
        self._engine.dispose()

    def _turn(self) -> AbstractContextManager[Turn]:
        return begin(self._engine, self._keys)


@contextmanager
def publishing(server: PanahServer) -> Iterator[Publisher]:
    """A publisher, with no connections left afterwards."""
    publisher = Publisher(server)
    try:
        yield publisher
    finally:
        publisher.dispose()
