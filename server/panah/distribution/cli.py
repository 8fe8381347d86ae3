"""What `panah keys …` and `panah lists publish-static` do. Each returns lines for the operator.

All raise OSError, ValueError or an AppError, whose texts say what to do.
"""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from panah.blocklists.turn import begin
from panah.distribution import keyring
from panah.distribution.outlet import Outlet
from panah.distribution.publish import catalogue_expiry, lock_catalogue, newest_catalogue, renew
from panah.distribution.routes import NoCatalogue
from panah.distribution.signing import fingerprint, public_of
from panah.distribution.tables import ListFile
from panah.keys import Keys


def show(engine: Engine, keys: Keys, outlet: Outlet) -> list[str]:
    """The keys, how long they last, and what is wrong."""
    with Session(engine) as session:
        found = keyring.report(session, keys, outlet.root, datetime.now(UTC))
        expiry = catalogue_expiry(session)
    if not found.roots:
        return ["There are no keys yet: they are made when the first list is published."]
    lines = [f"root key {number}: {public}" for number, public in enumerate(found.roots, 1)]
    lines.append(f"fingerprint of the newest, as readers see it: {fingerprint(found.roots[-1])}")
    lines.append(f"newest root key here: {'yes, ' + str(outlet.root) if found.root_here else 'no'}")
    if found.online and found.online_ends:
        lines.append(f"online key: {found.online}, until {found.online_ends:%Y-%m-%d}")
    if expiry:
        lines.append(f"catalogue: until {expiry:%Y-%m-%d %H:%M} UTC")
    return lines + [f"warning: {text}" for text in found.warnings]


def rotate_root(engine: Engine, keys: Keys, outlet: Outlet) -> list[str]:
    """Replaces the root key by one that it signs, and the online key too. Readers follow the signatures."""
    with begin(engine, keys) as turn:
        lock_catalogue(turn.session)
        keyring.rotate_root(turn, outlet.root)
        renew(turn, outlet, again=True)
    with Session(engine) as session:
        keyring.settle_root(session, outlet.root)
        newest = keyring.roots_of(session)[-1].public
    return [f"The root key is now {newest}. The one before has been deleted here; delete its copies too."]


def export_root(engine: Engine, outlet: Outlet, target: Path) -> list[str]:
    """Moves the root key's file elsewhere: the server goes on with its online key until that ends."""
    with Session(engine) as session:
        keyring.settle_root(session, outlet.root)
        root = keyring.find_root(session, outlet.root)
    if root is None:
        raise keyring.RootMissing("The root key is not here: it has been moved already, or was never made.")
    keyring.write_root(target, root)
    if public_of(keyring.read_root(target)) != public_of(root):
        raise ValueError(f"{target} cannot be read back; the root key stays here")
    outlet.root.unlink()
    return [
        f"The root key lies in {target} and no longer here. Keep it offline, and a copy elsewhere: without it",
        "readers cannot be given new keys, and have to be asked to trust the server anew.",
        "Every 60 days: `panah keys sign-online --root FILE`, or a request signed on another machine.",
    ]


def sign_online(engine: Engine, keys: Keys, outlet: Outlet, root_file: Path) -> list[str]:
    """Makes an online key with a root key that lies elsewhere, for example on a stick."""
    root = keyring.read_root(root_file)
    with begin(engine, keys) as turn:
        lock_catalogue(turn.session)
        roots = keyring.roots_of(turn.session)
        if not roots or roots[-1].public != public_of(root):
            raise keyring.RootMissing("That file holds another root key than this server's newest.")
        keyring.add_online(turn, root)
        renew(turn, outlet, again=True)
    return show(engine, keys, outlet)


def request_online(engine: Engine, keys: Keys) -> list[str]:
    """First of three steps with a root key that never touches this machine: one line to carry there."""
    with begin(engine, keys) as turn:
        lock_catalogue(turn.session)
        return [keyring.request_online(turn)]


def answer_request(root_file: Path, request: str) -> list[str]:
    """The second, on the other machine; needs no database. One line to carry back."""
    return [keyring.answer_request(keyring.read_root(root_file), request)]


def accept_online(engine: Engine, keys: Keys, outlet: Outlet, answer: str) -> list[str]:
    """The third."""
    with begin(engine, keys) as turn:
        lock_catalogue(turn.session)
        keyring.accept_online(turn, answer)
        renew(turn, outlet, again=True)
    return show(engine, keys, outlet)


def export_static(engine: Engine, folder: Path) -> list[str]:
    """Writes the files under /lists/ for a web server or CDN that serves them instead. The catalogue comes last, so
    that it never names a file that is not there. Older files stay. Raises NoCatalogue.
    """
    written = 0
    with Session(engine) as session:
        newest = newest_catalogue(session)
        if newest is None:
            raise NoCatalogue("No list has been published yet.")
        for name, size in session.exec(
            select(ListFile.name, ListFile.size).where(col(ListFile.dropped_at).is_(None))
        ):
            path = folder / name
            if path.exists() and path.stat().st_size == size:
                continue  # a name never changes its bytes
            body = session.exec(select(ListFile.body).where(ListFile.name == name)).one()
            _write(path, body)
            written += 1
        _write(folder / "catalogue.json", newest.body)
    return [f"{written} new files and catalogue {newest.version} are in {folder}."]


def _write(path: Path, body: bytes) -> None:
    """At once or not at all: a web server may read the folder meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(body)
    part.replace(path)
