"""Only the lists' routes, so that a test can kill and start them often: `python reporting_server.py`.

Loads everything once and then, for each line on stdin, serves the socket in a child process until that is killed;
the child's process id goes to stdout.
"""

import os
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from slowapi import Limiter

from panah.blocklists.routes import make_router
from panah.db import make_engine
from panah.errors import install_error_handlers
from panah.keys import load_keys


def make_app(keys_file: str) -> FastAPI:
    app = FastAPI()
    app.state.keys = load_keys(Path(keys_file))
    install_error_handlers(app)
    app.state.limiter = limiter = Limiter(key_func=lambda: "everybody", enabled=False)
    app.include_router(make_router(limiter))
    return app


def serve(app: FastAPI, database_url: str, descriptor: int) -> None:
    app.state.engine = make_engine(database_url)  # connections must not be shared between processes
    uvicorn.Server(uvicorn.Config(app, fd=descriptor, log_level="critical", lifespan="off")).run()


def main() -> None:
    database_url, keys_file, descriptor = sys.argv[1:]
    app = make_app(keys_file)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(app, database_url, int(descriptor))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
