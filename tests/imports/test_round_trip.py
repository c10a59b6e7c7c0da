"""What was exported can be imported as it is, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from customers import exports, imports
from customers.audit import Actor
from customers.exports import PRESETS
from customers.facts import FIELDS
from customers.models import Export, Import
from dubadmin.sandbox import Sandbox

from .rows import checked, problems, verdicts

pytestmark = pytest.mark.django_db

CORRECTIONS = PRESETS["corrections"][1]
WITH_OLD = [*CORRECTIONS, *(f"old_{name}" for name in FIELDS)]
HOSTILE: list[dict[str, Any]] = [
    {"external_id": "=1+1", "email": "+a@example.com", "name": '=HYPERLINK("//evil")'},
    {"external_id": "'quoted", "email": "b@example.com", "name": "'=1+1"},
    {"external_id": "0012", "email": "c@example.com", "name": "1e5", "stripe_customer_id": "-1"},
    {"external_id": "a;b,c", "email": "d@example.com", "name": 'Says "hello"\nand more'},
    {"external_id": " spaced ", "email": "e@example.com", "name": "  around  "},
    {"external_id": "odd", "email": "not an e-mail", "country": "Atlantis", "avatar": "nowhere"},
    {"external_id": "12345678901234567890", "email": "f@example.com", "country": "de"},
    {"external_id": "when", "subscription_canceled_at": "2026-01-02T03:04:05.678Z"},
    {"external_id": "nameless"},
]


@pytest.fixture
def crowd(dub: Sandbox) -> int:
    for each in HOSTILE:
        dub.add_customer(**each)
    return len(HOSTILE)


def brought_back(data: bytes, *, actor: Actor, name: str, empty: str = "keep") -> Import:
    file = imports.receive(
        [data], kind="corrections", name=name, actor=actor, key=f"k{name}{empty}"
    )
    while imports.stage(file):
        pass
    file.refresh_from_db()
    assert file.state == Import.State.MAPPING, file.note
    mapping = imports.guess(file.kind, file.header) | {"empty": empty}
    formats = {"number_format": "", "date_format": "", "time_zone": "Asia/Tokyo"}
    assert imports.match(file, mapping=mapping, actor=actor, **formats)
    return checked(file)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("columns", [CORRECTIONS, WITH_OLD], ids=["corrections", "with old"])
@pytest.mark.parametrize("empty", ["keep", "clear"])
def test_an_export_of_corrections_comes_back_unchanged(
    format: str, columns: list[str], empty: str, crowd: int, dub: Sandbox, max_acts: Actor
) -> None:
    asked = exports.ask(
        actor=max_acts, state=Export.State.STREAMING, format=format, columns=columns
    )
    data = b"".join(exports.stream(asked))
    file = brought_back(data, actor=max_acts, name=f"export.{format}", empty=empty)
    assert problems(file) == {}
    assert verdicts(file) == {"same": crowd}
    assert not imports.start(file, actor=max_acts)
    assert dub.count("PATCH") == 0
