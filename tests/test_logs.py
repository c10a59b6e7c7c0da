"""The log is for machines and strangers: one line each, with the request's ID, about nobody."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from customers import logs
from dubadmin.sandbox import Sandbox


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What dubadmin's loggers write as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.Request())
    handler.setFormatter(logs.Json())
    logger = logging.getLogger("dubadmin")
    level, logger.level = logger.level, logging.INFO
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.django_db
def test_a_request_leaves_one_line_without_what_was_asked_for(
    alice: Client, dub: Sandbox, lines: Any
) -> None:
    dub.add_customer(email="una@example.com", external_id="una@example.com", name="Una")
    address = "/customers/ext_una%40example.com/?back=una@example.com"
    answer = alice.get(address, headers={"X-Request-ID": "req-12345678"})
    assert answer.status_code == 200
    (line,) = lines()
    assert (
        line.items()
        >= {
            "level": "INFO",
            "logger": "dubadmin.requests",
            "request_id": "req-12345678",
            "method": "GET",
            "page": "customer_detail",
            "path": "/customers/<customer:id>/",
            "status": 200,
            "user_id": answer.wsgi_request.user.pk,
        }.items()
    )
    assert line["dub_calls"] > 0
    assert line["duration_ms"] > line["dub_ms"] > 0
    assert line["db_queries"] > 0
    assert "una" not in json.dumps(line).lower()


@pytest.mark.django_db
def test_numbers_stay_in_the_path_and_a_wrong_address_has_none(alice: Client, lines: Any) -> None:
    alice.get("/results/12/")
    alice.get("/una@example.com/\n2026 ERROR")
    alice.generic("ZÜRICH\n", "/batches/")
    alice.get("/healthz")  # asked all the time
    assert [line["path"] for line in lines()] == ["/results/12/", "", "/batches/"]
    assert [line["method"] for line in lines()] == ["GET", "GET", "OTHER"]


SECRETS = [
    "una@example.com",
    "una+tag%40example.com",
    "/customers/ext_una-4711/",
    "dub_Xy12abc",
    "Authorization: Bearer s3cr3t-t0ken",
    "postgres://una:s3cr3t@db.example.com/dubadmin",
]


@pytest.mark.parametrize("formatter", [logs.Json(), logs.Text()])
@pytest.mark.parametrize("secret", SECRETS)
def test_messages_and_tracebacks_are_masked(formatter: logging.Formatter, secret: str) -> None:
    try:
        raise ValueError(f'Key (email)=("{secret}") exists')
    except ValueError:
        record = logging.LogRecord(
            "dubadmin", logging.ERROR, "", 0, "Failed: %s", (secret,), sys.exc_info()
        )
    logs.Request().filter(record)
    said = formatter.format(record)
    assert "ValueError" in said
    for part in ("una", "4711", "Xy12abc", "s3cr3t"):
        assert part not in said


@settings(max_examples=40)
@given(st.text(max_size=60), st.sampled_from(["", "a@b.c", "\n\ra@b.c", 'ü"@b.c', "\\@b.c"]))
def test_whatever_is_logged_is_one_line(text: str, tail: str) -> None:
    for formatter in (logs.Json(), logs.Text()):
        record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (text + tail,), None)
        logs.Request().filter(record)
        said = formatter.format(record)
        assert len(said.splitlines()) == 1
        assert "@b.c" not in said
    assert "message" in json.loads(logs.Json().format(record))
