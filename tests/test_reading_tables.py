"""Tables that people upload: every usual CSV, spreadsheets, and what is none of these."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.files import Limits, Record, Unreadable, look, read

from .workbooks import ods, xlsx, zipped

LIMITS = Limits(rows=100, columns=20, cell=1000, unpacked=2**20, memory=2**30)


def rows_of(data: bytes, **asked: str) -> list[list[Any]]:
    return [record.cells for record in records_of(data, **asked)]


def records_of(data: bytes, **asked: str) -> list[Record]:
    format = look(io.BytesIO(data), limits=LIMITS, **asked)
    return list(read(io.BytesIO(data), format=format, limits=LIMITS))


def refusal_of(data: bytes, **asked: str) -> str:
    with pytest.raises(Unreadable) as caught:
        records_of(data, **asked)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(delimiter: str) -> None:
    text = "Kunde,Betrag,Währung\nu1,5,EUR\nu2,7,EUR\n".replace(",", delimiter)
    assert rows_of(text.encode()) == [
        ["Kunde", "Betrag", "Währung"],
        ["u1", "5", "EUR"],
        ["u2", "7", "EUR"],
    ]


def test_commas_in_the_amounts_do_not_hide_the_semicolons() -> None:
    text = "name;amount\nUna, Ltd;1.234,50\nBo;5,00\n"
    assert rows_of(text.encode())[1] == ["Una, Ltd", "1.234,50"]


def test_the_delimiter_that_the_file_names_is_taken() -> None:
    assert rows_of(b"sep=|\na,1|b,2\n") == [["a,1", "b,2"]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_every_usual_encoding_is_found(encoding: str) -> None:
    text = 'Kunde;Währung\r\nMüller;"10 €"\r\n'
    assert rows_of(text.encode(encoding)) == [["Kunde", "Währung"], ["Müller", "10 €"]]


def test_an_encoding_can_be_chosen_where_the_bytes_do_not_tell() -> None:
    data = "klient;kwota\nŁukasz;5\n".encode("cp1250")
    assert rows_of(data)[1] == ["£ukasz", "5"]
    assert rows_of(data, encoding="cp1250")[1] == ["Łukasz", "5"]
    assert "not written in UTF-8" in refusal_of(data, encoding="utf-8")


def test_a_delimiter_can_be_chosen() -> None:
    assert rows_of(b"a;b,c\n", delimiter=",") == [["a;b", "c"]]


def test_numbers_of_rows_are_those_of_a_spreadsheet() -> None:
    data = b'a,b\n\n1,"two\nlines"\n,\n2,x\n'
    assert [(record.number, record.cells) for record in records_of(data)] == [
        (1, ["a", "b"]),
        (3, ["1", "two\nlines"]),
        (5, ["2", "x"]),
    ]


def test_mixed_line_ends_and_ragged_rows_are_rows() -> None:
    assert rows_of(b"a,b\r\n1,2\r3,4\n5\n6,7,8") == [
        ["a", "b"],
        ["1", "2"],
        ["3", "4"],
        ["5"],
        ["6", "7", "8"],
    ]


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read_and_reading_goes_on_from_any_row(
    rows: list[list[str]], delimiter: str, encoding: str, end: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows([["a", "b"], *rows])
    data = text.getvalue().encode(encoding)
    format = look(io.BytesIO(data), limits=LIMITS, delimiter=delimiter)
    records = list(read(io.BytesIO(data), format=format, limits=LIMITS))
    assert [record.cells for record in records] == [["a", "b"]] + [
        row for row in rows if any(map(str.strip, row))
    ]
    for n, record in enumerate(records):
        rest = read(
            io.BytesIO(data),
            format=format,
            limits=LIMITS,
            start=record.end,
            number=record.number + 1,
        )
        assert list(rest) == records[n + 1 :]


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_one_sentence(data: bytes) -> None:
    said, records = "", []
    try:
        records = records_of(data) if not data.startswith(b"PK") else []
    except Unreadable as error:
        said = str(error)
    assert said == "" or said.endswith(".")
    assert all(any(cells) for _, cells, _ in records)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"%PDF-1.7 a,b", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"MZ\x90\0", "a program"),
        (b"\x1f\x8b\x08\0cut off", "packed file (gzip)"),
        (b"<!DOCTYPE html><table>", "a web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        (b"a,b\n1,\0\n", "NUL bytes"),
        (b"\xff\xfea\0,\0b\0\n\0\x00\xd8", "damaged further on"),
        (b'a,b\n1,"never closed\n2,3\n', "Row 2: a quotation mark is opened and never closed"),
        (b'a,b\n1,"x"y\n', "Row 2: there is text right after a closing quotation mark"),
        (b"a,b\n1," + b"x" * 1001, "Row 2 has a value of 1,001 characters"),
        (b"a,b\n1," + b"x" * 10_000_000, "Row 2 goes on for more than 1,000,000 characters"),
        (b'a,b\n1,"' + b"x\n" * 5_000_000, "Row 2: a quotation mark"),
        (b"x," * 5000 + b"x\n", "Row 1 has 5,001 columns; at most 20"),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_sentence(data: bytes, words: str) -> None:
    assert words in refusal_of(data)


def test_a_workbooks_values_keep_their_kinds() -> None:
    data = xlsx(
        [
            ["ID", "Betrag", "Bezahlt", "Am", "Leer"],
            ["007", 12345.0, True, datetime(2026, 3, 2, 12), None],
            [None] * 5,
            ["x", 0.1 + 0.2, False, None, 1e15],
        ]
    )
    assert records_of(data) == [
        (1, ["ID", "Betrag", "Bezahlt", "Am", "Leer"], 0),
        (2, ["007", 12345, "TRUE", "2026-03-02T12:00:00"], 0),
        (4, ["x", 0.3, "FALSE", "", 10**15], 0),
    ]
    assert isinstance(records_of(data)[1].cells[1], int)


def test_the_first_sheet_that_is_not_empty_is_read_or_the_chosen_one() -> None:
    data = xlsx(Notes=[], Sales=[["a", "b"]], More=[["c"]])
    format = look(io.BytesIO(data), limits=LIMITS)
    assert format == {"kind": "xlsx", "sheet": "Sales", "sheets": ["Notes", "Sales", "More"]}
    assert rows_of(data, sheet="More") == [["c"]]


def test_a_hidden_sheet_is_only_read_when_it_is_chosen() -> None:
    data = xlsx(hidden="Lookup", Lookup=[["secret"]], Sales=[["a", "b"]])
    assert rows_of(data) == [["a", "b"]]
    assert rows_of(data, sheet="Lookup") == [["secret"]]


def test_an_open_document_is_read() -> None:
    assert rows_of(ods([["a", "b"], ["ü", 1.5]])) == [["a", "b"], ["ü", 1.5]]


def test_what_is_no_finite_number_is_text() -> None:
    data = ods([["a", "b", "c"], ["x", float("nan"), float("inf")]])
    assert rows_of(data)[1] == ["x", "nan", "inf"]


@pytest.mark.parametrize("text", ["a\0b", "a_x0000_b"])
def test_nul_in_a_workbook_is_told(text: str) -> None:
    row = f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>'
    assert "NUL" in refusal_of(xlsx(Sheet=row))


def test_a_sheet_that_claims_a_far_away_cell_takes_nothing_down() -> None:
    far = (
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    )
    assert "memory" in refusal_of(xlsx(Far=far))


def test_a_zip_bomb_is_not_unpacked() -> None:
    data = xlsx(Big="<row><c><v>" + "1" * 2 * 2**20 + "</v></c></row>")
    assert "unpacks to more than 1 MB" in refusal_of(data)


def test_a_zip_that_says_it_is_small_is_found_out() -> None:
    data = bytearray(xlsx(Big="<row><c><v>" + "1" * 2 * 2**20 + "</v></c></row>"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        big = max(archive.infolist(), key=lambda info: info.file_size).file_size
    lie = data.replace(big.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert "damaged" in refusal_of(bytes(lie))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (xlsx([["a", "b"]])[:-30], "damaged"),
        (xlsx([]), "The spreadsheet is empty"),
        (zipped({"word/document.xml": "<x/>"}), "no XLSX or ODS table in this archive"),
        (zipped({"xl/workbook.xml": "<workbook"}), "damaged"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_told_in_a_sentence(data: bytes, words: str) -> None:
    assert words in refusal_of(data)
