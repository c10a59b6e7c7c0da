"""manage.py export_customers: a whole file or none, an exit code, and the same log."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers import exports
from customers.exports import PRESETS
from customers.models import AuditEntry, Export, ExportPart, Outcome
from dubadmin.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(dub: Sandbox) -> list[dict[str, Any]]:
    return [
        dub.add_customer(
            f"C{n}",
            f"c{n}@x.example",
            country=("DE", "FR")[n % 2],
            created_at=1_700_000_000_000 + n,
        )
        for n in range(6)
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


def run(file: Path, *options: str) -> str:
    said = io.StringIO()
    call_command("export_customers", "--output", str(file), *options, stdout=said)
    return said.getvalue()


def failure(file: Path, *options: str) -> CommandError:
    with pytest.raises(CommandError) as raised:
        run(file, *options)
    assert list(file.parent.iterdir()) == []
    return raised.value


def test_it_works(crowd: list[Any], file: Path) -> None:
    said = run(file, "--reason", "nightly")
    header, *rows = file.read_text("utf-8-sig").splitlines()
    assert header.split(",") == PRESETS["list"][1]
    assert len(rows) == 6
    assert f"{file}: 6 customers. SHA-256 " in said
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    assert not ExportPart.objects.exists()
    for action in ("export.start", "export.end", "export.remove"):
        entry = AuditEntry.objects.get(action=action)
        assert (entry.role, entry.reason, entry.outcome) == ("Server", "nightly", Outcome.DONE)
        assert entry.actor_name


def test_some_columns_of_some_customers_in_order(crowd: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    run(file, "--columns", "id,email", "--country", "DE", "--sort", "createdAt", "--order", "asc")
    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert found == [{"id": each["id"], "email": each["email"]} for each in crowd[::2]]


def test_the_format_by_name(crowd: list[Any], file: Path) -> None:
    run(file, "--format", "xlsx", "--columns", "all", "--events")
    assert file.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--columns", "id,password"], "--columns: There is no column “password”."),
        (["--columns", ""], "--columns: "),
        (["--sort", "name"], "--sort: "),
        (["--order", "up"], "--order: "),
    ],
)
def test_wrong_options(crowd: list[Any], file: Path, options: list[str], words: str) -> None:
    error = failure(file, *options)
    assert words in str(error)
    assert error.returncode == 2
    assert not Export.objects.exists()


def test_an_ending_that_is_no_format(crowd: list[Any], tmp_path: Path) -> None:
    assert "--format: " in str(failure(tmp_path / "customers.pdf"))


def test_a_file_that_cannot_be_written(crowd: list[Any], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        run(tmp_path / "nowhere" / "customers.csv")
    assert not Export.objects.exists()


def test_dub_refuses_half_way(crowd: list[Any], file: Path, dub: Sandbox) -> None:
    dub.fault("GET", "/customers", times=0, status=403)
    error = failure(file)
    assert str(error).startswith("Stopped: ")
    assert error.returncode == 1


def test_dub_is_away_from_the_start(crowd: list[Any], file: Path, dub: Sandbox) -> None:
    dub.fault("GET", "/customers/*", times=0, status=503)
    assert failure(file).returncode == 1
    assert not Export.objects.exists()


def test_ctrl_c(crowd: list[Any], file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(number: int, **details: Any) -> None:
        exports.step(Export.objects.get(pk=number))
        raise KeyboardInterrupt

    monkeypatch.setattr(exports, "carry_on", interrupt)
    assert failure(file).returncode == 130
    assert Export.objects.get().state == Export.State.BROKEN
    assert AuditEntry.objects.filter(action="export.stop").exists()


def test_somebody_who_watches_sees_how_far_it_is(
    crowd: list[Any], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((60, 20)))
    monkeypatch.setattr(screen, "fileno", lambda: 2)
    call_command("export_customers", "--output", str(file), stderr=screen, stdout=io.StringIO())
    assert "Complete: 6 of 6" in screen.getvalue()
    assert all(len(line.rstrip("\n")) < 60 for line in screen.getvalue().split("\r"))
