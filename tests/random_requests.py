"""Requests that nobody in their right mind sends, made from the site's own addresses and forms."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

from django.test import Client
from django.urls import URLResolver, get_resolver

METHODS = ["GET"] * 6 + ["POST"] * 10 + ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"]
NUMBERS = ["0", "1", "2", "3", "-1", "007", "2147483648", "9223372036854775808", "9" * 40, "٣"]
VALUES = [
    *NUMBERS,
    *("", " ", "1.5", "1e309", "NaN", "Infinity", "1.234,56", "10.505", "12,34", "on", "null"),
    *("\0", "a\0b", "\ud800", "\r\nSet-Cookie: a=b", "\u202egnp.exe", "ünï 漢字 🦄", "\x1b[31m"),
    *("a" * 191, "a" * 300, "a" * 5_000, "1" * 400, "🦄" * 200),
    *("' OR 1=1 --", "<script>alert(1)</script>", "{{ 7*7 }}", "{% load x %}", "%", "%00", "%zz"),
    *("../../etc/passwd", "//evil.example/", "https://evil.example/", "javascript:alert(1)"),
    *("http://[", "http://[::1", "\\\\evil.example\\", "///evil.example", "/customers/"),
    *("cus_", "ext_", "ext_a/b c", "una@example.com", "@", "a@b@c", "[]", "{", '{"a": [1]}'),
    *("2026-02-30", "2026-13-45T25:61", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59"),
    *("USD", "JPY", "XXX", "usd\0", "DE", "de", "ZZ", "sale.record", "recorded", "desc", "-at"),
]
IDS = [
    "cus_nobody",
    "ext_",
    "ext_u1",
    "a/b",
    "..",
    ".",
    "%2F",
    "%",
    "%ff",
    "%00",
    "é",
    " ",
    "cus_%0A",
]
HEADERS = {
    "HX-Request": ["true", "x"],
    "HX-Boosted": ["true"],
    "HX-Current-URL": ["http://testserver/customers/?q=ü", "http://[", "%", "a" * 9_000],
    "HX-Target": ["main", "<x>"],
    "Accept": ["application/json", "text/html;q=x", "*/*;" * 200, "\x00"],
    "Accept-Language": ["de", "xx-" * 300, "*;q=9"],
    "Authorization": ["Bearer x", "Basic !!!!", "Bearer ü"],
    "Cookie": ["tz=../../etc/passwd", "tz=Europe/Berlin", "tz=\x00", "=;;=", "a=" + "b" * 9_000],
    "Host": ["testserver", "evil.example", "a b", "[::1", "testserver:99999", ""],
    "If-Modified-Since": ["yesterday", "Thu, 99 Foo 2026 99:99:99 GMT"],
    "Origin": ["null", "https://evil.example", "http://["],
    "Range": ["bytes=0-", "bytes=9-1"],
    "Referer": ["http://[", "https://evil.example/", "\x00"],
    "User-Agent": ["", "a" * 9_000, "\x00\r\n", "é"],
    "X-Forwarded-For": ["1.2.3.4, 5.6.7.8", ",,,", "a" * 5_000, "\x00", "::1%eth0"],
    "X-Forwarded-Proto": ["https", "gopher"],
    "X-Request-ID": ["req-12345678", "a\r\nb", "a" * 5_000, "\x00"],
    "X-HTTP-Method-Override": ["DELETE"],
}
BODIES = [
    (b"", "application/x-www-form-urlencoded"),
    (b"%", "application/x-www-form-urlencoded; charset=no-such"),
    (b"a=%ff&b=%00&%=&=&&", "application/x-www-form-urlencoded"),
    (b"&".join(b"f%d=1" % n for n in range(1_500)), "application/x-www-form-urlencoded"),
    (b"a=" + b"b" * 1_100_000, "application/x-www-form-urlencoded"),
    (b'{"a": ', "application/json"),
    (b"\xff\xfe\x00", "application/json; charset=utf-16"),
    (b"[" * 5_000, "application/json"),
    (b"no boundary", "multipart/form-data"),
    (b"x", "multipart/form-data; boundary="),
    (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b", "multipart/form-data; boundary=b"),
    (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="../\x00.xlsx"\r\n\r\n'
        b"PK\x03\x04\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    (b"--b\r\n" * 2_000, "multipart/form-data; boundary=b"),
    (b"<x/>", "text/xml"),
]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, as it would stand on the wire. `path` is percent-encoded."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, client: Client) -> Any:
        path = unquote_to_bytes(self.path).decode("latin-1")
        uri = f"{self.path}?{self.query}"
        wire = {"PATH_INFO": path, "QUERY_STRING": self.query, "RAW_URI": uri}
        return client.generic(
            self.method, "/", self.body, self.content_type, headers=self.headers, **wire
        )


def routes() -> list[str]:
    """Every route of the URL configuration, "results/<int:number>/" and the like."""

    def walk(patterns: Any, before: str = "") -> Iterator[str]:
        for each in patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, route)
            else:
                yield re.sub(r"^\^|\$$|\(\?P|\\", "", route)

    return list(walk(get_resolver().url_patterns))


class Generator:
    """Makes requests; the same seed makes the same ones. `ids` are customers that exist."""

    def __init__(self, seed: int, *, ids: list[str]) -> None:
        self.random = random.Random(seed)
        self.routes = [route for route in routes() if not route.startswith("admin/(")]
        self.ids = [quote(id, safe="") for id in ids]

    def next(self, client: Client) -> Asked:
        """Another request; one in two fills in the form of its page, a little wrong."""
        path, method = self._path(), self.random.choice(METHODS)
        body, content_type = self._body(client, path) if method != "GET" else (b"", "")
        headers = self._headers()
        return Asked(
            method=method,
            path=path,
            query=self._query(),
            body=body,
            content_type=content_type or "application/octet-stream",
            headers=headers,
        )

    def _path(self) -> str:
        route = self.random.choice(self.routes)
        filled = re.sub(r"\(?<(\w+)(?::(\w+))?>[^/)]*\)?", self._value_for, route)
        if self.random.random() < 0.05:
            filled += self.random.choice(["/", "x", "%0d%0a", "%2e%2e/", ";a=b", "%ff"])
        return "/" + filled

    def _value_for(self, found: re.Match[str]) -> str:
        if "int" in found.groups() or found.groups() == ("path", "object_id"):
            return quote(self.random.choice(NUMBERS))
        known = self.ids if self.random.random() < 0.6 else IDS
        return self.random.choice(known)

    def _query(self) -> str:
        names = ["q", "page", "size", "sort", "order", "country", "link", "partner", "after"]
        names += ["next", "customer", "again", "amount", "currency", "outcome", "sending"]
        names += ["actor", "action", "from", "to", "columns", "key", "step", "e", "o", "p", "all"]
        if self.random.random() < 0.05:
            return self.random.choice(["%", "=&=", "a" * 3_000, "q=%ff&q=%00", "q[]=1", "\xe9"])
        chosen = self.random.sample(names, self.random.choice([0, 0, 1, 1, 2, 4]))
        return "&".join(f"{name}={self._quoted()}" for name in chosen)

    def _body(self, client: Client, path: str) -> tuple[bytes, str]:
        if self.random.random() < 0.2:
            return self.random.choice(BODIES)
        fields = self._fields(client, path)
        for name in self.random.sample(sorted(fields), min(len(fields), self.random.randint(0, 3))):
            fields[name] = self.random.choice(VALUES)
        text = "&".join(
            f"{quote_plus(name)}={quote_plus(value, errors='surrogatepass')}"
            for name, value in fields.items()
        )
        return text.encode(), "application/x-www-form-urlencoded"

    def _fields(self, client: Client, path: str) -> dict[str, str]:
        """What the form on the page at `path` would send."""
        page = Asked(method="GET", path=path).send(client)
        html = b"" if page.streaming else page.content
        fields = {}
        for tag in re.findall(
            r"<(?:input|select|textarea)\b[^>]*>", html.decode("utf-8", "replace")
        ):
            given = dict(re.findall(r"([\w-]+)=\"([^\"]*)\"", tag))
            if "name" in given:
                fields[given["name"]] = unescape(given.get("value", "")) or self._filled()
        return fields

    def _filled(self) -> str:
        return self.random.choice(["", "1", "u1", "USD", "a reason", *VALUES])

    def _headers(self) -> dict[str, str]:
        count = self.random.choice([0, 0, 0, 1, 2])
        names = self.random.sample(sorted(HEADERS), count)
        return {name: self.random.choice(HEADERS[name]) for name in names}

    def _quoted(self) -> str:
        return quote_plus(self.random.choice(VALUES), errors="surrogatepass")
