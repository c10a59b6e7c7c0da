"""What is done on the server is in the log: commands that were run, and settings that changed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError

from customers import startup
from customers.management import commands
from customers.management.logged import Logged, without_secrets
from customers.models import AuditEntry

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parent.parent
LOG_THEMSELVES = {"audit", "export_customers"}


def told() -> list[AuditEntry]:
    return list(AuditEntry.objects.order_by("pk"))


def changes() -> list[str]:
    return [entry.explanation for entry in told() if entry.action == "settings.change"]


# Commands


def test_every_command_of_ours_is_logged() -> None:
    folder = Path(next(iter(commands.__path__)))
    names = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    classes = {name: import_module(f"{commands.__name__}.{name}").Command for name in names}
    assert {name for name, each in classes.items() if not issubclass(each, Logged)} == (
        LOG_THEMSELVES
    )


def test_it_is_told_who_ran_what_before_it_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "root")

    def acts() -> None:
        raise SystemExit

    monkeypatch.setattr("customers.tasks.wake_all", acts)
    with pytest.raises(SystemExit):
        call_command("worker", once=True)
    [entry] = [each for each in told() if each.action == "command.run"]
    assert (entry.actor_name, entry.role, entry.outcome) == ("root", "Server", "done")
    assert (entry.target_label, entry.asked["command"]) == ("manage.py worker", "worker")


def test_what_cannot_be_logged_is_not_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*args: Any, **details: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr("customers.management.logged.note", full)
    monkeypatch.setattr("customers.tasks.wake_all", lambda: pytest.fail("it was done"))
    with pytest.raises(SystemExit, match="cannot be logged, so it is not done: disk full"):
        call_command("worker", once=True)
    with pytest.raises(SystemExit):
        call_command("sandbox", port=-1)
    assert "not in the audit log" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "logged"),
    [
        ("sandbox --port 9000", "sandbox --port 9000"),
        ("sandbox --key s3cret --port 9000", "sandbox --key … --port 9000"),
        ("sandbox --key=s3cret", "sandbox --key=…"),
        ("--password s3cret --token s3cret", "--password … --token …"),
        ("", ""),
    ],
)
def test_a_secret_on_the_command_line_is_not_logged(typed: str, logged: str) -> None:
    assert without_secrets(typed.split()) == logged.split()


# Settings


def test_settings_are_logged_once_and_again_when_they_change(settings: Any) -> None:
    startup.note_settings()
    startup.note_settings()
    assert changes() == ["The first start with this database."]
    settings.RETYPE_AMOUNT_ABOVE = 5
    settings.REQUIRE_REASON = True
    startup.note_settings()
    startup.note_settings()
    [_, change] = told()
    assert change.explanation == "Changed: REQUIRE_REASON, RETYPE_AMOUNT_ABOVE."
    differing = {key for key in change.after if change.before[key] != change.after[key]}
    assert differing == {"REQUIRE_REASON", "RETYPE_AMOUNT_ABOVE"}
    assert (change.before["REQUIRE_REASON"], change.after["REQUIRE_REASON"]) == ("off", "on")
    assert change.role == "Server"


def test_every_setting_that_the_readme_tells_of_is_compared() -> None:
    table = (ROOT / "README.md").read_text().partition("| Setting |")[2].partition("\n\n")[0]
    names = {word.strip("`,") for word in table.split() if word.startswith("`")}
    names = {name for name in names if name.isupper() and name.replace("_", "").isalnum()}
    assert len(names) > 10
    assert names - {"WEB_CONCURRENCY"} <= set(startup.in_force())  # gunicorn reads that itself


@pytest.mark.parametrize("name", ["DUB_API_KEY", "SECRET_KEY", "METRICS_TOKEN"])
def test_of_a_secret_it_is_only_told_that_it_changed(settings: Any, name: str) -> None:
    setattr(settings, name, "first-very-secret-value")
    startup.note_settings()
    setattr(settings, name, "second-very-secret-value")
    startup.note_settings()
    assert name in changes()[1]
    log = serializers.serialize("json", AuditEntry.objects.all())
    assert "very-secret-value" not in log
    assert settings.SECRET_KEY not in log


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://anchors.example.com/put", "https://anchors.example.com/put"),
        ("https://anchors.example.com/put?sig=abc", "https://anchors.example.com/put and secret "),
        ("https://me:pw@anchors.example.com/put", "https://anchors.example.com/put and secret "),
    ],
)
def test_an_address_is_told_without_what_may_be_secret(
    settings: Any, value: str, shown: str
) -> None:
    settings.AUDIT_ANCHOR_URL = value
    told = startup.in_force()["AUDIT_ANCHOR_URL"]
    assert told.startswith(shown)
    assert not {"abc", "pw"} & set(told.split())
    assert (told == shown) == ("secret" not in shown)


def test_a_start_goes_on_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> dict[str, str]:
        raise DatabaseError("away")

    monkeypatch.setattr(startup, "in_force", away)
    startup.note_settings()
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_start_together_log_it_once(at_once: Any) -> None:
    at_once(*[startup.note_settings] * 4)
    [counted] = at_once(AuditEntry.objects.filter(action="settings.change").count)
    assert counted == 1
