"""Files that go out: what is written is what comes back, and nothing in it is a formula."""

from __future__ import annotations

import csv
import gc
import io
import json
import tempfile
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from customers.output import CSV, FORMATS, JSON_LINES, XLSX, Format, Row, guarded, unguarded
from customers.output.writers import write_csv

# What a spreadsheet may take for the start of a formula.
STARTS = "=+-@\t\r\n＝＋－＠"
texts = st.text() | st.text(alphabet="'=+-@ \t\r\n＝\u00a0a,;\"") | st.text(alphabet="<>r/t&;")
without_surrogates = texts.filter(lambda text: text.encode("utf-8", "replace").decode() == text)


def written(each: Format, names: list[str], *rows: Row) -> bytes:
    return b"".join(each.write(names, rows))


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(data: bytes) -> list[list[Any]]:
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [
        row for name in sheets.sheet_names for row in sheets.get_sheet_by_name(name).to_python()
    ]


@given(texts)
def test_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    assert not guarded(text).lstrip().startswith(tuple(STARTS))
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("start", STARTS)
def test_every_start_of_a_formula_is_guarded(start: str) -> None:
    assert guarded(f"{start}1+1") == f"'{start}1+1"
    assert guarded(f"'{start}1+1") == f"''{start}1+1"


@pytest.mark.parametrize("text", ["", "a", "1-1", "007", "'", "O'Neil", "'a", "jane@example.com"])
def test_other_text_is_left_alone(text: str) -> None:
    assert guarded(text) == text == unguarded(text)


@given(st.lists(st.lists(without_surrogates, min_size=2, max_size=2)))
def test_csv_comes_back_as_it_was(rows: list[list[str]]) -> None:
    header, *found = read_csv(written(CSV, ["=a", "b"], *rows))
    assert header == ["'=a", "b"]
    assert [[unguarded(cell) for cell in row] for row in found] == rows


def test_numbers_that_we_write_stay_numbers() -> None:
    data = written(CSV, list("abcdef"), [-5, Decimal("-0.50"), True, None, 2**60, {"a": ["ä"]}])
    assert read_csv(data)[1] == ["-5", "-0.50", "true", "", str(2**60), '{"a": ["ä"]}']


def test_the_byte_order_mark_can_be_left_away() -> None:
    assert written(CSV, ["a"], ["é"]) == "\ufeffa\r\né\r\n".encode()
    assert b"".join(write_csv(["a"], [["é"]], mark=False)) == "a\r\né\r\n".encode()


@given(st.lists(texts, min_size=1))
def test_json_lines_come_back_as_they_were(cells: list[str]) -> None:
    names = [str(number) for number in range(len(cells))]
    lines = written(JSON_LINES, names, cells, cells).decode().removesuffix("\n").split("\n")
    assert [json.loads(line) for line in lines] == 2 * [dict(zip(names, cells, strict=True))]


def test_json_lines_keep_types() -> None:
    line = written(JSON_LINES, list("abcd"), [-5, None, False, {"x": [1]}])
    assert json.loads(line) == {"a": -5, "b": None, "c": False, "d": {"x": [1]}}


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "'=1+1",
        "<r><t>bold</t></r>",
        "<r>&</r>",
        "😀 مرحبا",
        "007",
        " spaces ",
        "one\ntwo",
        "_x0041_",
        "https://example.com",
        "12345678901234567890",
    ],
)
def test_text_in_a_workbook_comes_back_as_it_was(text: str) -> None:
    assert read_xlsx(written(XLSX, ["a"], [text])) == [["a"], [text]]


def test_numbers_in_a_workbook_are_numbers_while_none_of_their_digits_is_lost() -> None:
    row = read_xlsx(written(XLSX, list("abcd"), [-5, Decimal("1.25"), True, 2**60]))[1]
    assert row == [-5, 1.25, True, str(2**60)]


@given(texts)
@settings(max_examples=30)
def test_no_text_breaks_a_workbook(text: str) -> None:
    assert len(read_xlsx(written(XLSX, ["a", "b"], [text, "end"]))) == 2


def test_a_text_that_is_too_long_for_a_cell_is_cut_and_ends_so() -> None:
    found = read_xlsx(written(XLSX, ["a"], ["x" * 40_000]))[1][0]
    assert len(found) == 32_767
    assert found.endswith("x…")


def test_rows_that_a_sheet_cannot_hold_go_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customers.output.writers._SHEET_ROWS", 4)
    found = read_xlsx(written(XLSX, ["n"], *([str(n)] for n in range(7))))
    assert [row[0] for row in found] == ["n", "0", "1", "2", "n", "3", "4", "5", "n", "6"]


@pytest.mark.parametrize("each", [CSV, JSON_LINES])
def test_the_first_bytes_come_before_the_last_row(each: Format) -> None:
    rows: Iterator[Row] = iter([["x" * 100]] * 10_000)
    pieces = each.write(["a"], rows)
    assert next(pieces)
    assert len(list(rows)) > 9_990


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_memory_does_not_grow_with_the_rows(each: Format) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in each.write(["a"], ([f"{number:0100}"] for number in range(count))):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(4_000) < peak(500) + 200_000


@pytest.mark.parametrize("each", FORMATS.values(), ids=FORMATS)
def test_rows_that_break_leave_nothing_behind(
    each: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows() -> Iterator[Row]:
        yield ["a"]
        raise OSError("Dub is away")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(OSError, match="away"):
        list(each.write(["a"], rows()))
    gc.collect()  # tells of what was not closed
    assert list(tmp_path.iterdir()) == []
