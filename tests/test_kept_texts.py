"""What the log keeps in English is told in the language of its reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from hypothesis import example, given
from hypothesis import strategies as st

from customers import formats, kept, services
from customers.kept import LONGEST, TOGETHER, in_words, sentences
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
    assert in_words("Dub says: “No. No. No. No. No. No. No.” Check the link.") == (
        "Dub sagt: „No. No. No. No. No. No. No.“ Prüfen Sie den Link."
    )


def test_the_longest_text_of_the_log_is_found_as_a_whole() -> None:
    with (settings.BASE_DIR / "locale" / "de" / "LC_MESSAGES" / "django.po").open("rb") as file:
        found = [each for each in read_po(file) if isinstance(each.id, str)]
    in_python = [each.id for each in found if any(".py" in path for path, _ in each.locations)]
    assert in_python
    assert max(map(len, map(sentences, in_python))) <= TOGETHER


def test_each_sentence_is_looked_for_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_for, look_for = [], kept._translated

    def noted(text: str, n: int) -> str:
        looked_for.append(text)
        return look_for(text, n)

    monkeypatch.setattr(kept, "_translated", noted)
    said = "Oh. " * 1_999
    assert in_words(f"{said}Dub accepted the lead.") == f"{said}Dub hat den Lead angenommen."
    assert len(looked_for) <= 2_000 * TOGETHER


def test_a_text_that_is_longer_than_any_of_ours_stays_as_it_is() -> None:
    said = "Dub accepted the lead. " * 1_000
    assert len(said) > LONGEST
    assert in_words(said) == said


WHATEVER = st.text() | st.from_regex(r"[\d,]{1,9} [A-Z]{3}|\d\d [A-Z][a-z]{2} \d{4}, \d\d:\d\d")
TEXTS = st.sampled_from([text for text in MARKED if "{" in text])


@st.composite
def filled_in(draw: st.DrawFn) -> str:
    """Some of our texts, and among them some of anybody's, with anything for their values."""
    texts = draw(st.lists(TEXTS | WHATEVER, max_size=4))
    return " ".join(re.sub(r"\{\w+\}", lambda _: draw(WHATEVER | TEXTS), text) for text in texts)


@given(filled_in())
@example("Dub recorded a lead of this name on 99 Abc 2026, 99:99.")
@example("Dub recorded a lead of this name on 31 Feb 0000, 12:00.")
@example(f"The file has {'9' * 5_000} rows.")
@example(f"Wait 1,{'000,' * 2_000}000 seconds, then try again.")
@example("The name stays taken until noon" + " at the latest" * 600 + ".")
@example("Dub knows this customer: {name}.")
def test_any_text_comes_through(text: str) -> None:
    assert isinstance(in_words(text), str)
