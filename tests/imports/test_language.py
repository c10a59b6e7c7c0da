"""What the worker tells of a job is in the language of whoever asked for it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import translation
from django.utils.translation import trans_real

from customers import tasks
from customers.audit import Actor
from customers.models import AuditEntry, Import, preferences_of

from ..worker import work
from .rows import SALE, import_of, now, said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buyers", "one_by_one")]


@pytest.fixture(autouse=True)
def _german(monkeypatch: pytest.MonkeyPatch) -> None:
    """A German in which every text that can be translated is: it stands in double brackets."""
    monkeypatch.setattr(trans_real.translation("de"), "gettext", lambda text: f"⟦{text}⟧")


@pytest.fixture
def german(people: dict[str, User]) -> User:
    """max, who has chosen German."""
    chosen = preferences_of(people["max"])
    chosen.language = "de"
    chosen.save()
    return people["max"]


def a_wrong_row(actor: Actor) -> Import:
    file = import_of("sales", SALE, ("u1", "much", "USD", "INV-1"), actor=actor)
    tasks.wake_import(file)
    work()
    return file


def test_whoever_has_chosen_a_language_reads_it(german: User, max_acts: Actor) -> None:
    assert said(a_wrong_row(max_acts), 2).startswith("⟦Enter an amount")
    assert translation.get_language() == "en"


def test_others_read_the_language_that_they_asked_in(max_acts: Actor) -> None:
    assert said(a_wrong_row(max_acts), 2).startswith("Enter an amount")
    with translation.override("de"):
        file = import_of("sales", SALE, ("u1", "much", "USD", "INV-1"), actor=max_acts)
    tasks.wake_import(file)
    work()
    assert said(file, 2).startswith("⟦Enter an amount")


def test_an_account_that_is_gone_leaves_the_language_of_the_job(max_acts: Actor) -> None:
    with translation.override("de"):
        file = import_of("sales", SALE, ("u1", "much", "USD", "INV-1"), actor=max_acts)
    User.objects.filter(pk=max_acts.id).delete()
    tasks.wake_import(file)
    work()
    assert now(file).note.startswith("⟦Whoever asked for this")
    assert AuditEntry.objects.get(action="import.pause").explanation.startswith("Whoever asked")


def test_so_does_what_went_wrong_here(
    german: User, max_acts: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(number: int) -> None:
        raise KeyError("of ours")

    monkeypatch.setattr("customers.imports.carry_on", fail)
    with pytest.raises(KeyError):
        a_wrong_row(max_acts)
    assert Import.objects.get().note.startswith("⟦Something went wrong here (KeyError)")
