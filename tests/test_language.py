"""Which language a page speaks: that of the person, else that of the browser, else English."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client
from django.utils.translation import get_language, override

from customers import formats
from customers.kept import in_words
from customers.language import as_read_by, in_english
from customers.models import AuditEntry, Batch, Preferences
from dubadmin.sandbox import Sandbox

from .conftest import text_of
from .test_preferences import CHOSEN, PAGE

pytestmark = pytest.mark.django_db

GERMAN = {"accept-language": "de-CH,de;q=0.9,en;q=0.5"}
LOGIN = "/accounts/login/"


def language_of(response: Any) -> tuple[str, str]:
    """What a page says of itself: to the browser, and to whoever reads it aloud."""
    tag = response.content.decode().partition('<html lang="')[2].partition('"')[0]
    return response["Content-Language"], tag


@pytest.mark.parametrize(
    ("asks", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9", "de"),
        ("fr,de;q=0.8,en;q=0.5", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("; ; q=,,", "en"),
        ("de" * 5_000, "en"),
    ],
)
def test_before_anybody_signs_in_the_browser_decides(
    client: Client, asks: str, language: str
) -> None:
    page = client.get(LOGIN, headers={"accept-language": asks})
    assert language_of(page) == (language, language)
    assert "Accept-Language" in page["Vary"]


def test_a_browser_that_asks_for_nothing_gets_english(client: Client) -> None:
    assert language_of(client.get(LOGIN)) == ("en", "en")


def test_the_choice_of_a_person_wins_over_the_browser(alice: Client, dub: Sandbox) -> None:
    assert language_of(alice.get("/customers/", headers=GERMAN)) == ("de", "de")
    alice.post(PAGE, CHOSEN | {"language": "en"})
    assert language_of(alice.get("/customers/", headers=GERMAN)) == ("en", "en")
    alice.post(PAGE, CHOSEN | {"language": "de"})
    assert language_of(alice.get("/customers/")) == ("de", "de")


def test_errors_speak_the_language_too(alice: Client, client: Client) -> None:
    assert language_of(alice.get("/audit/", headers=GERMAN)) == ("de", "de")
    assert language_of(client.get("/nowhere/", headers=GERMAN)) == ("de", "de")
    assert language_of(Client(enforce_csrf_checks=True).post(LOGIN, headers=GERMAN))[0] == "de"


def test_a_request_leaves_nothing_behind(alice: Client, client: Client) -> None:
    alice.post(PAGE, CHOSEN | {"language": "de", "formats": "fr-FR"})
    alice.get(PAGE)
    assert (get_language(), formats.current().name) == ("en", "en")
    assert language_of(client.get(LOGIN)) == ("en", "en")


def test_the_answer_to_a_new_language_speaks_it(alice: Client) -> None:
    there = alice.post(PAGE, CHOSEN | {"language": "de"}, follow=True)
    assert "Ihre Einstellungen sind gespeichert." in text_of(there)
    back = alice.post(PAGE, CHOSEN | {"language": "en"}, follow=True)
    assert "Your preferences are saved." in text_of(back)


def test_what_is_no_language_is_refused(alice: Client) -> None:
    page = alice.post(PAGE, CHOSEN | {"language": "tlh", "formats": "de-DE"})
    assert "tlh is not one of the available choices." in text_of(page)
    page = alice.post(PAGE, CHOSEN | {"language": "de", "formats": "../etc"})
    assert page.status_code == 200
    assert not Preferences.objects.exists()


def test_a_change_of_language_is_in_the_log(alice: Client) -> None:
    alice.post(PAGE, CHOSEN)
    alice.post(PAGE, CHOSEN | {"language": "de", "formats": "de-CH"})
    entry = AuditEntry.objects.filter(action="preferences.change").latest("pk")
    assert entry.after == {"language": "de", "formats": "de-CH"}


def test_a_language_costs_no_query(
    alice: Client, people: dict[str, User], django_assert_num_queries: Any
) -> None:
    alice.get(PAGE)
    with django_assert_num_queries(0):
        people["vera"].preferences = Preferences(language="de")
        with as_read_by(people["vera"]):
            assert get_language() == "de"


def test_a_worker_speaks_as_the_person_reads(people: dict[str, User]) -> None:
    vera, alice = people["vera"], people["alice"]
    Preferences.objects.create(user=vera, language="de", formats="en-US")
    seen = []
    for person in (vera, alice, AnonymousUser()):
        for otherwise in ("", "de", "tlh"):
            with as_read_by(person, otherwise=otherwise):
                seen.append((get_language(), formats.current().name))
    assert seen[:3] == [("de", "en-US")] * 3
    assert seen[3:6] == seen[6:] == [("en", "en"), ("de", "de"), ("en", "en")]


def test_evidence_is_in_english_whoever_acts(people: dict[str, User]) -> None:
    with as_read_by(people["vera"], otherwise="de"):
        with in_english():
            assert (get_language(), formats.current().number(1234)) == ("en", "1,234")
        assert (get_language(), formats.current().number(1234)) == ("de", "1.234")


def test_two_people_at_once_do_not_hear_each_other(people: dict[str, User]) -> None:
    """Threads of one process each speak for themselves."""
    both, heard = threading.Barrier(2), {}

    def speak(language: str) -> None:
        with as_read_by(AnonymousUser(), otherwise=language):
            both.wait()
            heard[language] = (get_language(), formats.current().name)
            both.wait()

    threads = [threading.Thread(target=speak, args=(each,)) for each in ("de", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"de": ("de", "de"), "en": ("en", "en")}


def test_a_job_remembers_the_language_it_was_begun_in() -> None:
    with override("de"):
        begun = Batch(action="customer.update", actor={}, total=1, key="a")
    assert begun.language == "de"
    assert Batch(action="customer.update", actor={}, total=1, key="b").language == "en"


def test_every_choice_of_formats_can_be_seen_on_the_page(sign_in: Callable[[str], Client]) -> None:
    text = text_of(sign_in("vera").get(PAGE))
    assert "Deutsch (Schweiz): 1’234.50, 31.12.2026, 23:59" in text
    assert "English (United Kingdom): 1,234.50, 31 Dec 2026, 23:59" in text


@pytest.mark.parametrize(
    ("language", "country", "currency"),
    [("en", "Austria", "CHF – Swiss Franc"), ("de", "Österreich", "CHF – Schweizer Franken")],
)
def test_countries_and_currencies_are_called_as_the_reader_calls_them(
    language: str, country: str, currency: str, alice: Client, dub: Sandbox
) -> None:
    una = dub.add_customer("Una", email="una@example.com", external_id="u1")
    alice.post(PAGE, CHOSEN | {"language": language})
    edit = alice.get(f"/customers/{una['id']}/edit/").content.decode()
    assert f'<option value="AT">{country}</option>' in edit
    sale = alice.get("/sales/new/").content.decode()
    assert f'<option value="CHF">{currency}</option>' in sale


def test_countries_stand_in_the_order_of_their_letters() -> None:
    names = [name for _, name in formats.called("de", "de").countries]
    order = [names.index(name) for name in ("Ägypten", "Albanien", "Oman", "Österreich", "Togo")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("The event is at Dub.", "Das Ereignis ist bei Dub."),
        (
            "Nothing is wrong: 12,345 entries are as they were settled, up to place 1,234,567. "
            "3 entries are expired, as the log says in #7, #21.",
            "Alles stimmt: 12.345 Einträge sind so, wie sie abgeschlossen wurden, bis Stelle "
            "1.234.567. 3 Einträge sind abgelaufen, wie das Protokoll in #7, #21 sagt.",
        ),
        (
            "Entry 1234 was removed: only its seal is left.",
            "Eintrag 1234 wurde entfernt: Nur sein Siegel ist übrig.",
        ),
        ("Nobody knows {} or 7.", "Nobody knows {} or 7."),
    ],
)
def test_what_is_kept_in_english_is_known_whatever_numbers_it_has(
    english: str, german: str
) -> None:
    assert in_words(english) == english
    with as_read_by(AnonymousUser(), otherwise="de"):
        assert in_words(english) == german
