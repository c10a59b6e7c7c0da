from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import responses

from dubadmin.dub.client import Client

from .wire import Step, Wire

URL = "https://api.dub.test"
KEY = "dub_0123456789abcdef"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def dub() -> Iterator[responses.RequestsMock]:
    """Dub as a table of canned answers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def pauses() -> list[float]:
    """What the client would have slept."""
    return []


@pytest.fixture
def client(pauses: list[float]) -> Client:
    return Client(url=URL, key=KEY, timeout=2, sleep=pauses.append)


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Starts raw socket servers; each step answers one request, the last one all that follow."""
    started: list[Wire] = []

    def start(*steps: Step) -> Wire:
        started.append(Wire(*steps))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def client_of(pauses: list[float]) -> Callable[..., Client]:
    """A client of a raw socket server."""

    def connect(server: Wire, *, timeout: float = 2) -> Client:
        return Client(url=server.url, key=KEY, timeout=timeout, sleep=pauses.append)

    return connect
