"""What a server does without: its start and its memory are made of what it imports."""

import os
import subprocess
import sys
from pathlib import Path

# Measured in MB: alembic 8 (with mako and pygments), webauthn 7 (with OpenSSL and pyasn1), redis 6, panah.simulate
# and numpy.random 4, rich 2, segno 1.
SPARED = {
    "alembic",
    "mako",
    "numpy.random",
    "panah.commands",
    "panah.demo",
    "panah.simulate",
    "pygments",
    "redis",
    "rich",
    "segno",
    "webauthn",
}

# Every start but the first finds the newest schema. The address of a Redis would bring one in.
START = """
import sys
import panah.__main__
from panah.app import create_app
from panah.command import ready
from panah.db import make_engine
from panah.settings import load_settings
settings = load_settings()
ready(make_engine(settings.database_url))
create_app(settings)
print(*sys.modules)
"""


def test_a_server_imports_only_what_serving_takes(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PANAH_")}
    env |= {"PANAH_DATABASE_URL": f"sqlite:///{tmp_path}/panah.db", "PANAH_KEYS_FILE": str(tmp_path / "panah.keys")}
    subprocess.run([sys.executable, "-m", "panah", "migrate"], check=True, env=env)
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, check=True, env=env, encoding="utf-8")
    found = set(done.stdout.split())
    assert "panah.scoring.service" in found
    assert not found & SPARED
