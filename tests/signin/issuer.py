"""A company's identity provider on this machine: OpenID Connect over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

CLIENT = {"client_id": "dubadmin", "secret": "issuer-secret"}


class Issuer:
    """`claims` is what it says of whoever signs in there; `broken` replaces an answer of a path."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.broken: dict[str, tuple[int, str]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def says(self, sub: str, email: str, *, verified: Any = True, **more: Any) -> None:
        self.claims = {"sub": sub, "email": email, "email_verified": verified, **more}

    def answer(self, path: str) -> tuple[int, str]:
        if path in self.broken:
            return self.broken[path]
        told = {
            "/.well-known/openid-configuration": self._configuration,
            "/token": self._token,
            "/userinfo": lambda: self.claims,
        }[path]()
        return 200, json.dumps(told)

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
        }

    def _token(self) -> dict[str, Any]:
        now = int(time.time())
        told = {"iss": self.url, "aud": CLIENT["client_id"], "iat": now, "exp": now + 300}
        id_token = jwt.encode(told | self.claims, "x" * 32, algorithm="HS256")
        return {"access_token": "a", "token_type": "Bearer", "id_token": id_token}


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = parse_qs(self.rfile.read(length).decode())
            path = urlsplit(self.path).path
            issuer.asked.append((path, {name: values[0] for name, values in form.items()}))
            status, text = issuer.answer(path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            """Nothing on the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        yield issuer
        server.shutdown()
