"""What the log keeps in English is told in the language of its reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.utils import translation
from django.utils.translation import gettext

from customers import formats, services
from customers.kept import in_words
from customers.templatetags.entries import compared
from dubadmin.dub.marks import MARKED

assert services  # whose texts are marked when they are loaded


@pytest.fixture(autouse=True)
def _german() -> Iterator[None]:
    with translation.override("de"), formats.override("de"):
        yield


def test_sentences_are_translated_one_by_one() -> None:
    said = (
        "Dub accepted the sale. It is above 21,474,836.47 USD, so Dub records no commission for it."
    )
    assert in_words(said) == (
        "Dub hat den Verkauf angenommen. "
        "Er liegt über 21.474.836,47 USD, daher erfasst Dub dafür keine Provision."
    )


def test_what_is_not_known_stays_as_it_is() -> None:
    assert in_words("Dub says hello. Dub accepted the lead.") == (
        "Dub says hello. Dub hat den Lead angenommen."
    )
    assert in_words("") == ""


def test_times_in_a_sentence_are_written_as_their_reader_writes_them() -> None:
    said = (
        "Dub recorded a lead of this name on 21 Nov 2026, 20:44. "
        "The name stays taken until 28 Nov 2026, 20:44 CET at the latest."
    )
    assert in_words(said) == (
        "Dub hat am 21.11.2026, 20:44 einen Lead dieses Namens erfasst. "
        "Der Name bleibt bis spätestens 28.11.2026, 20:44 CET belegt."
    )


def test_labels_in_a_sentence_are_translated_too() -> None:
    assert in_words("Dub did not store as asked: Name, Country.") == (
        "Dub hat nicht wie gewünscht gespeichert: Name, Land."
    )


def test_names_and_ids_in_a_sentence_are_not() -> None:
    said = "Dub found no lead named “Country” for this customer. Capitals and spaces count."
    assert "„Country“" in in_words(said)


def test_every_sentence_is_found_again_by_its_words() -> None:
    for text in filter(lambda text: "{" in text, MARKED):
        values = dict.fromkeys(re.findall(r"\{(\w+)\}", text), "Zulu 9")
        assert in_words(text.format(**values)) == gettext(text).format(**values), text


def test_english_stays_word_for_word() -> None:
    with translation.override("en"):
        assert in_words("Dub did not store as asked: Name.") == "Dub did not store as asked: Name."


def test_amounts_are_written_as_their_reader_writes_them() -> None:
    assert compared("1,249.50 EUR", "Amount") == "<bdi>1.249,50 EUR</bdi>"
    assert compared("1,580 JPY", "Amount") == "<bdi>1.580 JPY</bdi>"
    assert compared("1,249.50 EUR", "Name") == "<bdi>1,249.50 EUR</bdi>"
    assert "daher lässt sich 7,50 XPF nicht" in in_words(
        "Dub keeps no decimals for XPF, so 7.50 XPF cannot be recorded exactly."
    )
    assert compared("no amount", "Amount") == "<bdi>no amount</bdi>"


def test_a_value_does_not_take_in_the_next_sentence() -> None:
    said = (
        "The API key lacks the permission analytics.read. "
        "Tell whoever runs dubadmin: the key needs that permission at Dub."
    )
    assert in_words(said) == (
        "Dem API-Schlüssel fehlt die Berechtigung analytics.read. "
        "Sagen Sie es denen, die dubadmin betreiben: "
        "Der Schlüssel braucht diese Berechtigung bei Dub."
    )


def test_words_of_dub_may_have_several_sentences() -> None:
    assert in_words("Dub says: “Too long. Try less.” Check the link.") == (
        "Dub sagt: „Too long. Try less.“ Prüfen Sie den Link."
    )
