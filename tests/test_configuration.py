"""A setting that is missing, weak or malformed stops the start in one line that echoes nothing."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from customers.hints import SharedHints

ROOT = Path(__file__).parent.parent
MODULES = ("dubadmin.settings_log", "dubadmin.settings_signin", "dubadmin.settings")
STRONG = "correct-horse-battery-staple-0123456789-abcdefghijklm"
PRODUCTION = {
    "DUB_API_KEY": "dub_key_of_the_company",
    "SECRET_KEY": STRONG,
    "ALLOWED_HOSTS": "dubadmin.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://dubadmin.example.com",
    "DATABASE_URL": "postgres://dubadmin:p4ssw0rd@db.example.com:5432/dubadmin",
    "HTTPS": "on",
    "TRUSTED_PROXIES": "1",
}


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads the settings as a start does, from these alone; None leaves one out."""

    def read(**changes: str | None) -> dict[str, Any]:
        given = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
        for name in set(os.environ) - set(given):
            monkeypatch.delenv(name)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # they have been imported before
            return [runpy.run_module(name) for name in MODULES][-1]

    return read


def test_production_starts(start: Any) -> None:
    settings = start()
    assert settings["LIVE"]
    assert settings["DATABASES"]["default"]["HOST"] == "db.example.com"
    assert not settings["DEBUG"]


BAD = [
    ("SECRET_KEY", None),
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "hunter2-hunter2"),
    ("SECRET_KEY", "abcabcabc" * 10),
    ("DEBUG", "on"),
    ("DEBUG", "perhaps"),
    ("ALLOWED_HOSTS", "https://dubadmin.example.com"),
    ("ALLOWED_HOSTS", "dubadmin.example.com:8000"),
    ("ALLOWED_HOSTS", ","),
    ("CSRF_TRUSTED_ORIGINS", "dubadmin.example.com"),
    ("CSRF_TRUSTED_ORIGINS", "https://dubadmin.example.com/home"),
    ("CSRF_TRUSTED_ORIGINS", "https://me:s3cr3t@dubadmin.example.com"),
    ("PORT", "eighty"),
    ("PORT", "70000"),
    ("PORT", ""),
    ("DUB_TIMEOUT_SECONDS", "1.5"),
    ("DUB_API_URL", "api.dub.co"),
    ("DUB_API_URL", "https://me:s3cr3t@api.dub.co"),
    ("DUB_API_URL", "https://[::1"),
    ("DUB_API_KEY", "dub_kéy"),
    ("DUB_API_KEY", "dub key"),
    ("DATABASE_URL", "postgres://me:s3cr3t@db:port/name"),
    ("DATABASE_URL", "postgres://me:s3cr3t@db/"),
    ("DATABASE_URL", "mysql://me:s3cr3t@db/name"),
    ("DATABASE_URL", "s3cr3t"),
    ("DATABASE_URL", "sqlite:////no/such/folder/file"),
    ("DATABASE_URL", "sqlite://:memory:"),
    ("CACHE_URL", "s3cr3t"),
    ("CACHE_URL", "redis://"),
    ("CACHE_URL", "memcache://host"),
    ("METRICS_TOKEN", "s3cr3t"),
    ("REQUIRE_REASON_FOR", "customer.update,customer.dance"),
    ("REQUIRE_REASON_FOR", "s3cr3t"),
    ("USUAL_REASONS", ";".join(["word"] * 31)),
    ("USUAL_REASONS", "long" * 60),
    ("LOG_FORMAT", "xml"),
    ("LOG_LEVEL", "loud"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_what_is_wrong_stops_the_start_in_one_line(
    start: Any, name: str, value: str | None
) -> None:
    with pytest.raises(SystemExit) as stopped:
        start(**{name: value})
    said = str(stopped.value)
    assert said.startswith(f"dubadmin: the setting {name} ")
    assert len(said.splitlines()) == 1
    for secret in ("s3cr3t", "p4ssw0rd", "hunter2", "abcabc", STRONG, "dub_k", "dub key"):
        assert secret not in said


def test_on_this_machine_an_installation_makes_its_own_secret(start: Any) -> None:
    assert start(SECRET_KEY=None, ALLOWED_HOSTS=None)["SECRET_KEY"]
    assert start(DEBUG="on", ALLOWED_HOSTS="localhost")["DEBUG"]


def test_the_sandbox_needs_no_key_of_its_own(start: Any) -> None:
    assert start(SECRET_KEY=None, DUB_API_KEY=None)["SECRET_KEY"]


def test_hints_are_shared_where_there_is_a_cache(start: Any) -> None:
    hints = start(CACHE_URL="redis://cache.example.com:6379/2")["CACHES"]["hints"]
    assert hints["LOCATION"] == "redis://cache.example.com:6379/2"
    assert hints["BACKEND"].endswith(SharedHints.__name__)


def test_a_cache_that_is_away_knows_nothing_and_breaks_nothing() -> None:
    hints = SharedHints("redis://127.0.0.1:1", {})
    hints.set("a", 1)
    assert hints.set_many({"a": 1}) == ["a"]
    assert hints.get("a", "nothing") == "nothing"
    assert hints.get_or_set("a", lambda: 2) == 2


def test_reasons_are_chosen_by_settings(start: Any) -> None:
    given = {"REQUIRE_REASON_FOR": "sale.record, customer.delete", "USUAL_REASONS": " One; Two, 2;"}
    settings = start(**given)
    assert settings["REQUIRE_REASON_FOR"] == ["sale.record", "customer.delete"]
    assert settings["USUAL_REASONS"] == ["One", "Two, 2"]
    assert start(USUAL_REASONS="")["USUAL_REASONS"] == []
    assert len(start()["USUAL_REASONS"]) > 3


def test_django_finds_nothing_to_say_about_production() -> None:
    told = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | PRODUCTION,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert "no issues (0 silenced)" in told.stdout


def test_a_bad_setting_is_one_line_on_the_terminal() -> None:
    told = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | PRODUCTION | {"SECRET_KEY": "hunter2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "dubadmin: the setting SECRET_KEY must be at least 50 random characters, "
        "as from: openssl rand -base64 48."
    ]
