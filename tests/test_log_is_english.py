"""The log is evidence and speaks one language, English, whatever language its readers have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, trans_real

from customers import formats
from customers.audit import Target, Verdict, note, perform
from customers.models import Outcome
from customers.templatetags.show import money
from dubadmin.dub.commands import UpdateCustomer
from dubadmin.sandbox import Sandbox

from .conftest import ALICE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A German in which every text that can be translated is: it stands in double brackets."""
    german = trans_real.translation("de")
    monkeypatch.setattr(german, "gettext", lambda text: f"⟦{text}⟧")
    monkeypatch.setattr(german, "ngettext", lambda one, many, n: f"⟦{one if n == 1 else many}⟧")
    with translation.override("de"), formats.override("de"):
        yield


def test_texts_are_english_wherever_they_stand_in_an_entry() -> None:
    name = gettext_lazy("Name")
    entry = note(
        "customer.view",
        actor=ALICE,
        target=Target(label=name),
        explanation=format_lazy(gettext_lazy("{name} differs."), name=name),
        asked={name: [{"level": "warn", "text": name}]},
    )
    entry.refresh_from_db()
    assert entry.target_label == "Name"
    assert entry.explanation == "Name differs."
    assert entry.asked == {"Name": [{"level": "warn", "text": "Name"}]}
    assert gettext("Name") == "⟦Name⟧"


def test_a_write_is_judged_in_english(dub: Sandbox) -> None:
    una = dub.add_customer("Una", email="una@example.com", external_id="u1")

    def judge(result: Any) -> Verdict:
        rows = [{"label": gettext("Name"), "asked": "Ada", "stored": "Ada", "same": True}]
        return Verdict(outcome=Outcome.RECORDED, explanation=money(123456), comparison=rows)

    command = UpdateCustomer(id=una["id"], changes={"name": "Ada"})
    entry = perform(command, actor=ALICE, target=Target(id=una["id"]), judge=judge)
    assert entry.explanation == "1,234.56 USD"
    assert entry.comparison[0]["label"] == "Name"
    assert (translation.get_language(), money(123456)) == ("de", "1.234,56 USD")
