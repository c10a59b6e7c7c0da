"""manage.py audit: what it says, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from customers import chain
from customers.audit import Target, note
from customers.evidence.verify import verify
from customers.models import AuditEntry, Outcome, lifted

from .conftest import ALICE

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> list[AuditEntry]:
    entries = [note("customer.view", actor=ALICE, target=Target(id=f"cus_{n}")) for n in range(5)]
    chain.link_all()
    return entries


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command: the number it exits with, and what it printed."""

    def run(*arguments: str) -> tuple[int, str]:
        code = 0
        try:
            call_command("audit", *arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def forge(entry: AuditEntry) -> None:
    with lifted():
        AuditEntry.objects.filter(pk=entry.pk).update(target_label="forged")


def test_a_whole_log(log: list[AuditEntry], audit: Any) -> None:
    AuditEntry.objects.create(action="customer.update", outcome=Outcome.PENDING)
    head = chain.head()
    code, said = audit("verify")
    assert code == 0
    assert "Nothing is wrong: 5 entries are as they were settled, up to place 5." in said
    assert "1 entry is pending, so not sealed yet." in said
    assert f"Head: {head}" in said


def test_an_empty_log(audit: Any) -> None:
    code, said = audit("verify")
    assert (code, "Nothing is wrong: 0 entries are" in said) == (0, True)


def test_a_changed_entry_is_named(log: list[AuditEntry], audit: Any) -> None:
    forge(log[2])
    forge(log[4])
    code, said = audit("verify")
    assert code == 1
    assert f"Entry {log[2].pk} was changed: it does not fit its seal." in said
    assert "Before that, 2 entries are as they were settled." in said
    assert f"Entry {log[4].pk}" not in said


def test_that_somebody_verified_is_in_the_log(log: list[AuditEntry], audit: Any) -> None:
    audit("verify")
    forge(log[2])
    audit("verify")
    failed, done = AuditEntry.objects.filter(action="audit.verify")
    assert (done.outcome, failed.outcome) == (Outcome.DONE, Outcome.FAILED)
    assert done.after["checked"] == 5
    assert done.role == "Server"
    assert "was changed" in failed.explanation


def test_what_waits_is_linked_first(audit: Any) -> None:
    note("customer.view", actor=ALICE)
    code, said = audit("verify")
    assert code == 0
    assert "1 entry is as it was settled, up to place 1." in said


def test_an_anchor_tells_that_the_end_is_missing(log: list[AuditEntry], audit: Any) -> None:
    anchor = chain.head()
    with lifted(), connection.cursor() as cursor:
        for table, key in (("seal", "entry_id"), ("auditentry", "id")):
            cursor.execute(f"DELETE FROM customers_{table} WHERE {key} >= %s", [log[3].pk])
    assert verify().finding is None  # by itself the chain cannot tell
    code, said = audit("verify", "--anchor", str(anchor))
    assert code == 1
    assert "The chain ends at place 3, and an anchor tells that it had reached place 5" in said


def test_anchors_tell_where_a_chain_was_made_anew(
    log: list[AuditEntry], audit: Any, tmp_path: Path
) -> None:
    early, late = chain.Seal.objects.get(place=2), chain.head()
    file = tmp_path / "anchors"
    file.write_text(
        f"2026-11-21T12:00:00+00:00 2:{early.link}\n\n2026-11-21T13:00:00+00:00 {late}\n"
    )
    forged = log[2]
    forged.target_label = "forged"
    chain.seal(forged)
    with lifted(), connection.cursor() as cursor:
        forged.save()
        cursor.execute(
            "UPDATE customers_seal SET digest = %s WHERE entry_id = %s", [forged.digest, forged.pk]
        )
        cursor.execute("UPDATE customers_seal SET place = NULL, link = NULL WHERE place > 2")
    chain.link_all()
    assert verify().finding is None
    code, said = audit("verify", "--anchor-file", str(file))
    assert code == 1
    assert "does not fit the anchor of place 5: at a place from 3 to 5 an entry was changed" in said


def test_good_anchors_are_fine(log: list[AuditEntry], audit: Any, tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    file.write_text(f"0:{'0' * 64}\n{chain.head()}\n")
    note("customer.view", actor=ALICE)
    assert audit("verify", "--anchor-file", str(file), "--anchor", str(chain.head()))[0] == 0


@pytest.mark.parametrize(
    "anchor", ["", "5", "5:abc", "x:" + "0" * 64, "-1:" + "0" * 64, "5:" + "g" * 64]
)
def test_what_is_no_anchor_is_said(audit: Any, anchor: str) -> None:
    with pytest.raises(CommandError, match="a place, a colon and 64 hexadecimal digits"):
        audit("verify", f"--anchor={anchor}")


def test_a_file_of_anchors_that_cannot_be_read_is_said(audit: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        audit("verify", "--anchor-file", str(tmp_path))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="cannot be read"):
        audit("verify", "--anchor-file", str(tmp_path / "bytes"))


def test_a_log_without_its_protection_is_not_fine(log: list[AuditEntry], audit: Any) -> None:
    on = " ON customers_seal" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER customers_seal_before_delete{on}")
    code, said = audit("verify")
    assert code == 1
    assert "customers_seal_before_delete is missing. manage.py migrate puts it back." in said
