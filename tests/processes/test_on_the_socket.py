"""What comes in as bytes, on the server as it is deployed: no HTTP, two HTTPs, and odd HTTP."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from .conftest import PATIENCE_SECONDS, Site, StartSite

HOST = b"Host: localhost\r\n"
POST = b"POST /accounts/login/ HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
SECOND = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
REFUSED = [
    b"GET /healthz\r\n\r\n",
    b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n",
    b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /a\0b HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"User-Agent: a\0b\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"User-Agent: a\rSet-Cookie: b\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 20_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 150 + b"\r\n",
    POST + b"Content-Length: -1\r\n\r\n",
    POST + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + SECOND,
    POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND,
    POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + SECOND,
    CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n" + SECOND,
    CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n" + SECOND,
    CHUNKED + b"5\r\nabcdeXX0\r\n\r\n" + SECOND,
    bytes(range(256)),
]


def answers(site: Site, sent: bytes) -> bytes:
    """All that comes back over one connection of whoever sends this and nothing more."""
    at = urlsplit(site.url)
    with socket.create_connection((at.hostname, at.port or 0), PATIENCE_SECONDS) as wire:
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        came = b""
        try:
            while piece := wire.recv(65_536):
                came += piece
        except ConnectionResetError:
            pass  # it did not want to read the rest
        return came


def test_what_is_no_http_is_refused_and_never_taken_for_two_requests(start_site: StartSite) -> None:
    site = start_site(as_deployed=True)
    for sent in REFUSED:
        came = answers(site, sent)
        assert set(re.findall(rb"HTTP/1\.1 (\d)", came)) == {b"4"}, (sent[:80], came[:200])
        assert b"Set-Cookie: b" not in came


def test_a_visitor_does_not_choose_what_only_a_server_may_say(start_site: StartSite) -> None:
    """Names of CGI: gunicorn would believe them of whatever comes over a proxy on its machine."""
    site = start_site(as_deployed=True)
    for header in (b"SCRIPT_NAME: /evil", b"SCRIPT_NAME: /healthz", b"PATH_INFO: /nowhere"):
        came = answers(site, b"GET /healthz HTTP/1.1\r\n" + HOST + header + b"\r\n\r\n")
        assert came.startswith(b"HTTP/1.1 200"), came[:200]
