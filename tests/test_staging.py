"""An uploaded file becomes rows in the table, whoever reads it and however often it is begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from customers import imports, tasks
from customers.imports import Unreadable, parts, staging
from customers.models import AuditEntry, Import, ImportPart, ImportRow

from .conftest import ALICE
from .workbooks import xlsx

pytestmark = pytest.mark.django_db


def received(data: bytes, kind: str = "sales", key: str = "k") -> Import:
    return imports.receive([data], kind=kind, name="file.csv", actor=ALICE, key=key)


def staged(data: bytes, kind: str = "sales") -> Import:
    file = received(data, kind)
    assert not imports.stage(file)
    file.refresh_from_db()
    return file


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(staging, "SLICE_SECONDS", -1.0)
    monkeypatch.setattr(parts, "PART", 16)


def test_a_file_becomes_rows() -> None:
    file = staged("Kunde;Betrag\n\nu1;1.234,50\nu2;5\n".encode("utf-16"))
    assert (file.state, file.rows_found, file.note) == ("mapping", 2, "")
    assert file.header == ["Kunde", "Betrag"]
    assert file.format["encoding"] == "utf-16-le"
    assert [(row.number, row.cells, row.state) for row in file.rows.all()] == [
        (3, ["u1", "1.234,50"], "waiting"),
        (4, ["u2", "5"], "waiting"),
    ]


def test_a_workbook_becomes_rows_with_its_numbers() -> None:
    file = staged(xlsx([["a", "b"], ["x", 1.5]]))
    assert file.rows.get().cells == ["x", 1.5]
    assert file.format == {"kind": "xlsx", "sheet": "Sheet1", "sheets": ["Sheet1"]}


def test_the_upload_is_in_the_log_and_its_form_counts_once() -> None:
    file = received(b"a,b\n1,2\n")
    assert received(b"a,b\n1,2\n").pk == file.pk
    entry = AuditEntry.objects.get(action="import.upload")
    assert entry.asked["sha256"] == file.sha256
    assert entry.asked["bytes"] == 8
    assert ImportPart.objects.count() == 1


@pytest.mark.usefixtures("small_steps")
def test_slices_by_many_processes_stage_every_row_once() -> None:
    file = received(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n) for n in range(11)))
    slices = 0
    while imports.stage(Import.objects.get(pk=file.pk)):
        slices += 1
    assert slices == 6
    numbers = ImportRow.objects.filter(file=file).values_list("number", flat=True)
    assert list(numbers) == list(range(2, 13))


@pytest.mark.usefixtures("small_steps")
def test_a_process_that_was_overtaken_stores_nothing() -> None:
    file = received(b"a,b\n1,2\n3,4\n5,6\n")
    behind = Import.objects.get(pk=file.pk)
    assert imports.stage(file)
    assert not imports.stage(behind)
    assert ImportRow.objects.count() == 2


@pytest.mark.usefixtures("small_steps")
def test_the_worker_reads_on_until_the_end() -> None:
    file = received(b"a,b\n1,2\n3,4\n5,6\n")
    tasks.wake_import(file)
    while imports.carry_on(file.pk) is not None:
        pass
    file.refresh_from_db()
    assert (file.state, file.rows_found) == ("mapping", 3)
    assert imports.carry_on(file.pk) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n", "a header but no row"),
        (b"a\n1\n", "only one column, “a”"),
        (b'a,b\n1,2\n"3,4\n', "Row 3: a quotation mark"),
        (b"a,b\n1,2,3\n" + b"1,2\n" * 5, "more than 5 rows"),
    ],
)
def test_a_file_that_cannot_be_staged_says_why_and_leaves_no_rows(
    data: bytes, words: str, settings: Any
) -> None:
    settings.IMPORT_MAX_ROWS = 5
    file = staged(data)
    assert file.state == "failed"
    assert words in file.note
    assert not file.rows.exists()


def test_one_column_is_enough_for_leads() -> None:
    assert staged(b"customer\nu1\n", kind="leads").state == "mapping"


def test_what_is_no_table_or_too_large_is_not_kept(settings: Any) -> None:
    settings.IMPORT_MAX_MEGABYTES = 1
    for chunks, words in (
        ([b"%PDF-1.7"], "a PDF"),
        ([], "empty"),
        ([b"a,b\n" * 2**17] * 3, "larger than 1 MB"),
    ):
        with pytest.raises(Unreadable, match=words):
            imports.receive(chunks, kind="sales", name="x", actor=ALICE, key="k")
    assert not Import.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_file_can_be_read_again_in_another_way_until_it_is_checked() -> None:
    file = staged("klient;kwota\nŁukasz;5\n".encode("cp1250"))
    assert file.rows.get().cells == ["£ukasz", "5"]
    assert file.hints[0]["odd"] == ["£ukasz"]
    assert imports.read_again(file, actor=ALICE, encoding="cp1250")
    assert not imports.stage(file)
    assert file.rows.get().cells == ["Łukasz", "5"]
    Import.objects.update(state="checked")
    assert not imports.read_again(file, actor=ALICE, encoding="cp1252")


def test_how_amounts_and_days_are_written_is_counted_over_all_rows() -> None:
    file = staged(
        b"a;b;c;d;e\n"
        b"EUR 5;8;x;y;9\n"
        b"12,50;1,234;31.12.2026;x;5\n"
        b"1.234,5 EUR;1.234;03/04/2026;;6\n"
        b"7;0.999;12/31/2026;=1;7\n"
    )
    amounts, unclear, days, words, plain = file.hints
    assert (amounts["comma"], amounts.get("point"), amounts["comma example"]) == (2, None, "12,50")
    assert (unclear["either"], unclear["either example"], unclear["point"]) == (2, "1,234", 1)
    assert (days["dmy"], days["mdy"], days["day"]) == (1, 1, 1)
    assert words == plain == {}


def test_kept_bytes_are_read_back_from_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 16)
    data = bytes(range(100))

    def chunks() -> Iterator[bytes]:
        yield from (data[:5], data[5:50], data[50:])

    file = received(b"a,b\n1,2\n")
    file.parts.all().delete()
    parts.keep(file, chunks())
    with parts.opened(file) as stream:
        assert stream.read() == data
        stream.seek(37)
        assert stream.read(20) == data[37:57]
    assert file.parts.count() == 7
