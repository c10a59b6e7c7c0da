"""`manage.py doctor` names what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from customers import heartbeat, tasks
from customers.doctor import examine
from customers.models import AuditEntry, Batch, Heartbeat, Outcome
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db
Looked = dict[str, list[tuple[str, str, str]]]


@pytest.fixture
def look(dub: Sandbox) -> Callable[[], Looked]:
    """What was found, by subject."""

    def found() -> Looked:
        by_subject: Looked = {}
        for subject, finding in examine():
            by_subject.setdefault(subject, []).append(tuple(finding))
        return by_subject

    return found


def states(findings: list[tuple[str, str, str]]) -> list[str]:
    return [state for state, _, _ in findings]


def test_a_healthy_installation(dub: Sandbox, capsys: Any, settings: Any) -> None:
    settings.DUB_RATE_LIMIT_PER_MINUTE = 600
    heartbeat.beat()
    call_command("doctor")
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "All is well."
    assert "agrees with Dub's" in said
    assert "dubadmin keeps to 600" in said
    assert "scopes do not limit" in said


def test_what_is_wrong_ends_it_with_1(dub: Sandbox, capsys: Any) -> None:
    with pytest.raises(SystemExit, match="to put right"):
        call_command("doctor")
    said = capsys.readouterr().out
    assert "XX  worker       None was heard of" in said
    assert "                 Start one: manage.py worker" in said


def test_migrations_that_are_missing(look: Any) -> None:
    assert states(look()["migrations"]) == ["ok"]
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("customers")
    MigrationRecorder(connection).record_unapplied(*newest)
    (found,) = look()["migrations"]
    assert found == ("fail", "1 are not applied.", "Run: manage.py migrate")


def test_a_log_that_is_not_guarded(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.models.triggers.missing", lambda: ["customers_guard"])
    (found,) = look()["migrations"]
    assert found[:2] == (
        "fail",
        "The database does not guard the audit log: customers_guard missing.",
    )


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"plan": "pro"}, "plan"),
        ({"key_expired": True}, "key"),
        ({"membership": "pending"}, "lost access"),
    ],
)
def test_a_key_that_dub_does_not_take(
    look: Any, dub: Sandbox, knobs: dict[str, Any], says: str
) -> None:
    for name, value in knobs.items():
        setattr(dub, name, value)
    found = look()["Dub"]
    assert found[0][0] == "fail"
    assert says in " ".join(found[0])


def test_a_dub_that_is_away(look: Any, settings: Any) -> None:
    settings.DUB_API_URL = "http://127.0.0.1:1"
    found = look()
    assert states(found["Dub"])[:2] == ["fail", "fail"]
    assert states(found["clock"]) == ["note"]


def test_a_rate_above_the_plan(look: Any, dub: Sandbox, settings: Any) -> None:
    dub.rate_limit, settings.DUB_RATE_LIMIT_PER_MINUTE = 60, 600
    assert (
        "fail",
        "The plan allows 60 requests a minute, and dubadmin would send 600.",
        "Set DUB_RATE_LIMIT_PER_MINUTE=60",
    ) in look()["Dub"]


@pytest.mark.parametrize(("ahead", "says"), [(300, "behind Dub's"), (-300, "ahead of Dub's")])
def test_a_clock_that_is_wrong(look: Any, dub: Sandbox, ahead: int, says: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    dub.fault(path="/customers", times=0, headers={"Date": date})
    (found,) = look()["clock"]
    assert found[0] == "fail"
    assert says in found[1]


def test_a_worker_that_has_gone_and_a_task_that_waits(look: Any) -> None:
    heartbeat.beat()
    assert states(look()["worker"]) == ["ok"]
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=3))
    tasks.wake(Batch.objects.create(action="customer.update", actor={}, total=1))
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=7))
    assert states(look()["worker"]) == ["fail", "warn"]


def test_a_worker_leaves_no_heartbeat_behind() -> None:
    Heartbeat.objects.create(name="long-gone:1", at=timezone.now() - timedelta(days=2))
    heartbeat.beat()
    heartbeat.beat()
    (row,) = Heartbeat.objects.all()
    assert row.name.endswith(f":{os.getpid()}")
    heartbeat.end()
    assert heartbeat.alive() == 0


def test_static_files_that_are_not_collected(look: Any, settings: Any, tmp_path: Path) -> None:
    settings.WHITENOISE_USE_FINDERS, settings.STATIC_ROOT = False, tmp_path
    (found,) = look()["static files"]
    assert found[0] == "fail"
    missing = found[1].split()[0]
    manifest = tmp_path / "staticfiles.json"
    manifest.write_text(json.dumps({"paths": {"css/app.css": "css/app.1.css"}}))
    (found,) = look()["static files"]
    assert int(found[1].split()[0]) == int(missing) - 1


def test_a_cache_that_is_away(look: Any, settings: Any) -> None:
    settings.CACHES = settings.CACHES | {
        "hints": {"BACKEND": "customers.hints.SharedHints", "LOCATION": "redis://127.0.0.1:1"}
    }
    assert states(look()["cache"]) == ["warn"]


def test_what_needs_a_person_is_told(look: Any) -> None:
    AuditEntry.objects.create(action="sale.record", outcome=Outcome.UNKNOWN)
    assert look()["audit log"][-1][:2] == ("note", "1 need a person; the home page lists them.")


def test_a_check_that_falls_over_is_told_without_its_secrets(
    look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise OSError("postgres://me:s3cr3t@db")

    monkeypatch.setattr("customers.chain.unlinked", broken)
    found = look()
    assert found["audit log"] == [("fail", "could not be checked: OSError.", "")]
    assert states(found["cache"]) == ["ok"]
