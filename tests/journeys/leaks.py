"""What may leave a browser: documents and data of the site, and words that are masked, to the service."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.harness.browser import EXIT, GRAPHQL, HOSTS
from tests.harness.recorder import Seen

OWN = {"about", "blob", "chrome-extension", "data", "file"}
SERVICE = {"/readyz": "GET", "/v1/policy": "GET", "/v1/score": "POST"}
# What is the same for everybody: our pages about lists ask for it, and for the files that the first one names.
SERVICE |= {"/lists/catalogue.json": "GET", "/v1/lists": "GET"}
# What a reader says about a verdict; taken back by its receipt.
SERVICE |= {"/v1/feedback": "POST"}
RECEIPT = re.compile(r"/v1/feedback/[0-9a-f]{32}")
SAID_RECEIPT = re.compile(r'"receipt":"[0-9a-f]{32}"')
# The pack of small lists; and a box of a squad, which the worker reads when its alarm rings, maybe one test later.
READ = re.compile(r"/lists/pack-\d+\.bin|/v1/squads/[0-9a-f]{32}")
# Status ids and account ids have as many digits; people and links are to be masked.
TELLING = re.compile(r"\d{15,}|https?:|x\.com|twitter|@(?!user\b)", re.IGNORECASE)
HEADERS = {"cookie", "referer", "authorization"}


def check_requests(addresses: Iterable[str]) -> None:
    """Raises AssertionError when anything but our own pages, the site and a server of this machine was asked."""
    for address in addresses:
        url = urlsplit(address)
        is_service = url.hostname == "127.0.0.1" and (
            url.path in SERVICE or READ.fullmatch(url.path) or RECEIPT.fullmatch(url.path)
        )
        if url.scheme in OWN or address == EXIT or (is_service and not url.query):
            continue
        assert url.scheme == "https", address
        assert url.hostname in HOSTS, address
        assert not url.query or url.path.startswith(GRAPHQL), address


def check_bodies(requests: Iterable[Seen]) -> None:
    """Raises AssertionError when a request to the service tells who wrote, who reads, or where."""
    for request in requests:
        method = "GET" if READ.fullmatch(request.path) else SERVICE.get(request.path)
        method = "DELETE" if RECEIPT.fullmatch(request.path) else method
        assert method == request.method, f"{request.method} {request.path}"
        assert not HEADERS & request.headers.keys(), request.headers
        # A receipt is drawn by chance, and now and then it has as many digits in a row as an id.
        told = TELLING.search(SAID_RECEIPT.sub("", request.body.decode()))
        assert told is None, f"{told and told[0]} in {request.body.decode()}"
