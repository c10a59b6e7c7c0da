"""JSON from Dub: exact, storable, bounded (R12, R14)."""

from __future__ import annotations

import json

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from dubadmin.dub.answers import MAX_DEPTH, parse
from dubadmin.dub.client import Client
from dubadmin.dub.errors import Uncertain
from dubadmin.dub.reads import GetCustomer

from .conftest import URL

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


def stored(value: object) -> object:
    """`value` as `parse` should give it: infinities aside, NUL and lone surrogates replaced."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {stored(key): stored(inner) for key, inner in value.items()}
    return [stored(inner) for inner in value] if isinstance(value, list) else value


@given(value=VALUES.filter(lambda value: "Infinity" not in json.dumps(value)))
@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_dub_says_is_what_is_read(ascii_only: bool, value: object) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)

    assert parse(text) == stored(value)


@given(number=st.integers(min_value=-(2**80), max_value=2**80))
def test_r14_integers_are_exact(number: int) -> None:
    assert parse(f'{{"saleAmount": {number}}}') == {"saleAmount": number}


def test_r14_amounts_above_2_to_the_53_arrive_whole(
    dub: responses.RequestsMock, client: Client
) -> None:
    dub.get(f"{URL}/customers/cus_1", body='{"id": "cus_1", "saleAmount": 9007199254740993}')

    assert client.fetch(GetCustomer(id="cus_1")).sale_amount == 9007199254740993


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"a\u0000b"', "a\ufffdb"),
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"a\uDC00b"', "a\ufffdb"),
        (r'"\udc00\ud800"', "\ufffd\ufffd"),
        (r'"\ud800\u0041"', "\ufffdA"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (r'"\\u0000"', r"\u0000"),
        (r'"\\\u0000"', "\\\ufffd"),
        (r'"\\\\ud800"', r"\\ud800"),
        (r'{"\u0000": 1}', {"\ufffd": 1}),
    ],
)
def test_what_no_database_stores_is_replaced(written: str, read: object) -> None:
    assert parse(written) == read


@given(text=st.text(st.characters(categories=["Cs", "Cc", "Lu", "So"]) | st.sampled_from("\\u0d8")))
def test_any_text_of_dubs_can_be_stored(text: str) -> None:
    read = parse(json.dumps(text))

    assert isinstance(read, str)
    assert "\0" not in read
    read.encode()


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        '{"a": -Infinity}',
        "[1e999]",
        "-1e999",
        "",
        "{",
        "[1,]",
        "{'a': 1}",
        "\ufeff{}",
    ],
)
def test_what_is_not_json_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 10_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_not_read(depth: int, opening: str, closing: str) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse(opening * depth + "1" + closing * depth)


def test_some_nesting_is_read() -> None:
    assert parse("[" * 50 + "]" * 50)


@pytest.mark.parametrize("body", ["[" * 100_000, '{"error":' * 100_000, '{"id": NaN}', "9" * 5000])
def test_a7_such_answers_are_uncertain(
    body: str, dub: responses.RequestsMock, client: Client
) -> None:
    for status in (200, 400, 500):
        dub.upsert("GET", f"{URL}/customers/cus_1", body=body, status=status)

        with pytest.raises(Uncertain):
            client.fetch(GetCustomer(id="cus_1"))


def test_bytes_that_are_no_text_are_replaced(dub: responses.RequestsMock, client: Client) -> None:
    dub.get(f"{URL}/customers/cus_1", body=b'{"id": "cus_1", "name": "A\xff\xfe"}')

    assert client.fetch(GetCustomer(id="cus_1")).name == "A\ufffd\ufffd"
