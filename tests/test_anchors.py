"""The head of the chain is written outside the database, regularly and on demand."""

from __future__ import annotations

import http.server
import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from customers import chain
from customers.audit import note
from customers.chain import Head
from customers.evidence import anchors, tending
from customers.evidence.verify import verify
from customers.models import AuditEntry, Outcome
from dubadmin import environment as site

from .conftest import ALICE

pytestmark = pytest.mark.django_db


class Receiver(http.server.ThreadingHTTPServer):
    """Somebody else's web server: keeps what was posted to it and answers as it is told."""

    def __init__(self) -> None:
        self.status, self.posted = 200, []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/secret-token?key=secret"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.AUDIT_ANCHOR_URL = server.url
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors")
    return tmp_path / "anchors"


@pytest.fixture
def log() -> None:
    for _ in range(3):
        note("customer.view", actor=ALICE)


def test_an_anchor_is_written_to_the_log_the_file_and_the_address(
    log: None, file: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "dubadmin.audit"):
        entry = anchors.write(actor=ALICE)
    head = Head(**entry.after)
    assert head.place == 3
    assert f"The head of the audit log is {head}" in caplog.text
    assert file.read_text().split()[-1] == str(head)
    [(path, body)] = receiver.posted
    assert path == "/secret-token?key=secret"
    assert (body["place"], body["link"]) == (head.place, head.link)
    assert str(head) in body["text"]
    assert entry.outcome == Outcome.DONE
    assert entry.explanation == "Written to the log and AUDIT_ANCHOR_FILE and AUDIT_ANCHOR_URL."


def test_what_the_file_collects_verifies_the_log(log: None, file: Path) -> None:
    for _ in range(3):
        anchors.write(actor=ALICE)
    written = [Head.parse(line.split()[-1]) for line in file.read_text().splitlines()]
    assert [head.place for head in written] == [3, 4, 5]
    assert verify(written).finding is None
    call_command("audit", "verify", "--anchor-file", str(file))


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_address_that_does_not_take_it_is_told_and_hurts_nobody(
    log: None, receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    receiver.status = status
    entry = anchors.write(actor=ALICE)
    assert entry.outcome == Outcome.FAILED
    assert f"Not to AUDIT_ANCHOR_URL: it answered {status}." in entry.explanation
    assert "Written to the log." in entry.explanation
    assert len(receiver.posted) == 1
    assert f"not written to AUDIT_ANCHOR_URL: it answered {status}" in caplog.text
    assert "secret" not in caplog.text + entry.explanation


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/secret", "http://nowhere.invalid/secret"])
def test_an_address_that_cannot_be_reached(log: None, settings: Any, url: str) -> None:
    settings.AUDIT_ANCHOR_URL = url
    entry = anchors.write(actor=ALICE)
    assert "Not to AUDIT_ANCHOR_URL: it could not be reached" in entry.explanation
    assert "secret" not in entry.explanation


def test_a_file_that_cannot_be_written(log: None, file: Path) -> None:
    file.mkdir()
    entry = anchors.write(actor=ALICE)
    assert "Not to AUDIT_ANCHOR_FILE: Is a directory." in entry.explanation


def test_on_demand(
    log: None, file: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    call_command("audit", "anchor")
    assert capsys.readouterr().out.splitlines()[0] == str(Head.parse(file.read_text().split()[-1]))
    settings.AUDIT_ANCHOR_FILE = str(file.parent)
    with pytest.raises(SystemExit) as end:
        call_command("audit", "anchor")
    assert end.value.code == 1


# Regularly


def written() -> int:
    return AuditEntry.objects.filter(action="audit.anchor").count()


def test_one_each_so_many_minutes(settings: Any) -> None:
    settings.AUDIT_ANCHOR_MINUTES = 10
    with time_machine.travel(timezone.now(), tick=False) as clock:
        seen = []
        for _ in range(5):
            note("customer.view", actor=ALICE)
            tending.tend(anchoring=True)
            seen.append(written())
            clock.shift(timedelta(minutes=5))
    assert seen == [1, 1, 2, 2, 3]


def test_none_when_nothing_has_happened(settings: Any) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tending.tend(anchoring=True)
        assert written() == 0
        note("customer.view", actor=ALICE)
        for _ in range(3):
            tending.tend(anchoring=True)
            clock.shift(timedelta(hours=2))
    assert written() == 1


def test_never_when_they_are_switched_off(log: None, settings: Any) -> None:
    settings.AUDIT_ANCHOR_MINUTES = 0
    tending.tend(anchoring=True)
    assert written() == 0


def test_the_worker_links_what_waits(log: None) -> None:
    tending.tend(anchoring=False)
    assert (chain.head().place, chain.unlinked(), written()) == (3, 0, 0)


def test_what_goes_wrong_is_logged_and_tried_again(
    log: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**kwargs: Any) -> int:
        raise LookupError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(chain, "link_next", broken)
        tending.tend(anchoring=True)
    assert "could not be tended" in caplog.text
    tending.tend(anchoring=True)
    assert written() == 1


# The settings


def test_a_file_in_no_folder_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for wrong in (tmp_path, tmp_path / "nowhere" / "anchors"):
        monkeypatch.setenv("AUDIT_ANCHOR_FILE", str(wrong))
        with pytest.raises(SystemExit, match="AUDIT_ANCHOR_FILE must be a file in a folder"):
            site.file("AUDIT_ANCHOR_FILE")
    monkeypatch.setenv("AUDIT_ANCHOR_FILE", str(tmp_path / "anchors"))
    assert site.file("AUDIT_ANCHOR_FILE") == str(tmp_path / "anchors")


def test_an_address_may_have_a_query_but_must_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("ftp://x", "hooks.example.com", "https://user:secret@x"):
        monkeypatch.setenv("AUDIT_ANCHOR_URL", wrong)
        with pytest.raises(SystemExit, match="AUDIT_ANCHOR_URL must be an http:// or https://"):
            site.address("AUDIT_ANCHOR_URL", "", query=True)
    for right in ("", "https://x/y?key=1"):
        monkeypatch.setenv("AUDIT_ANCHOR_URL", right)
        assert site.address("AUDIT_ANCHOR_URL", "", query=True) == right
