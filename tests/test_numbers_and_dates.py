"""Numbers, amounts, dates and countries are written as the reader has chosen, else as spoken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from customers import formats
from customers.charts import Figures
from customers.models import Preferences
from customers.templatetags import show
from dubadmin.sandbox import Sandbox

from .conftest import hidden_fields, text_of
from .test_preferences import CHOSEN, PAGE

AT = datetime(2026, 9, 5, 19, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "name", "number", "at"),
    [
        ("en", "", "1,234,567.80", "5 Sep 2026, 19:03"),
        ("de", "", "1.234.567,80", "05.09.2026, 19:03"),
        ("en", "en-US", "1,234,567.80", "Sep 5, 2026, 7:03\u202fPM"),
        ("en", "en-GB", "1,234,567.80", "5 Sept 2026, 19:03"),
        ("en", "de-DE", "1.234.567,80", "05.09.2026, 19:03"),
        ("de", "de-CH", "1’234’567.80", "05.09.2026, 19:03"),
        ("de", "fr-FR", "1\u202f234\u202f567,80", "5 sept. 2026, 19:03"),
        ("en", "es-ES", "1.234.567,80", "5 sept 2026, 19:03"),
        ("en", "pt-BR", "1.234.567,80", "5 de set. de 2026 19:03"),
        ("en", "ja-JP", "1,234,567.80", "2026/09/05 19:03"),
    ],
)
def test_how_each_writes(language: str, name: str, number: str, at: str) -> None:
    with formats.override(language, name), timezone.override(UTC):
        assert show.money(123456780, "eur") == f"{number} EUR"
        assert show.number(1234567) == number[:-3]
        assert f">{at}</time>" in show.moment(AT)


@pytest.mark.parametrize("name", formats.NAMES)
def test_every_choice_writes_everything(name: str) -> None:
    """No style is missing, no digit is lost, and figures stay in the digits of ASCII."""
    form = formats.called(name)
    for style in (*formats.STYLES, "long"):
        assert form.moment(AT, style).strip()
        assert "{" not in form.moment(AT, style)
    for number in (0, -1, 10**30 + 7, Decimal("-1234567.05"), Decimal("0.10")):
        written = form.number(number)
        digits = [each for each in written if each.isdigit()]
        assert "".join(digits) == "".join(each for each in str(number) if each.isdigit())
        assert all(each.isascii() for each in digits)


def test_english_is_days_first_and_24_hours() -> None:
    styles = {style: formats.current().moment(AT, style) for style in formats.STYLES}
    assert styles == {
        "short": "5 Sep 2026, 19:03",
        "second": "5 Sep 2026, 19:03:02",
        "date": "5 Sep 2026",
        "time": "19:03",
        "letter": "5 September 2026, 19:03",
        "day": "Saturday, 5 September 2026",
        "day_month": "5 Sep",
        "month": "Sep 2026",
        "whole_month": "September 2026",
    }


def test_a_long_time_names_its_zone() -> None:
    local = AT.astimezone(ZoneInfo("Europe/Berlin"))
    assert formats.called("en").moment(local, "long") == "5 Sep 2026, 21:03:02 CEST"
    assert formats.called("de", "de").moment(AT, "long") == "05.09.2026, 19:03:02 UTC"


def test_the_same_moment_is_written_for_each_reader_in_turn() -> None:
    """What is kept of one reader's page is not shown to the next."""
    for _ in range(2):
        assert "5 Sep 2026" in show.moment(AT, "date")
        with formats.override("de"):
            assert "05.09.2026" in show.moment(AT, "date")
            assert show.day(date(2026, 3, 1), "whole_month") == "März 2026"
        assert show.day(date(2026, 3, 1), "whole_month") == "March 2026"


def test_dollars_of_a_chart() -> None:
    figures = Figures(cents=123450005)
    assert (figures.dollars, Figures().dollars) == ("1,234,500.05", "0.00")
    with formats.override("en", "de-CH"):
        assert figures.dollars == "1’234’500.05"


def test_countries_are_called_as_the_language_does() -> None:
    assert [show.country_name(code) for code in ("de", "CH", "zz", "")] == [
        "Germany",
        "Switzerland",
        "zz",
        "",
    ]
    with formats.override("de", "en-US"):
        assert [show.country_name(code) for code in ("DE", "ch", "zz")] == [
            "Deutschland",
            "Schweiz",
            "zz",
        ]


@pytest.mark.django_db
def test_a_page_follows_the_choice(alice: Client, dub: Sandbox) -> None:
    una = dub.add_customer(
        "Una", link=dub.add_link(key="go"), created_at=datetime(2026, 1, 31, 22, tzinfo=UTC)
    )
    dub.add_sale(una, 123450)
    address = f"/customers/{una['id']}/"
    assert "1,234.50 USD" in text_of(alice.get(address))
    alice.post(PAGE, CHOSEN | {"formats": "de-CH", "time_zone": "UTC"})
    text = text_of(alice.get(address))
    assert "1’234.50 USD" in text
    assert "31.01.2026, 22:00" in text


@pytest.mark.django_db
def test_files_for_machines_do_not_change(max_: Client, dub: Sandbox) -> None:
    una = dub.add_customer(
        "Una", link=dub.add_link(key="go"), created_at=datetime(2026, 1, 31, 22, tzinfo=UTC)
    )
    dub.add_sale(una, 123450)

    def taken() -> bytes:
        form = hidden_fields(max_.get("/customers/export/"))
        response = max_.post("/customers/export/", form | {"format": "csv", "preset": "list"})
        return b"".join(response.streaming_content)

    before = taken()
    assert b"1234.50" in before
    Preferences.objects.create(user_id=max_.session["_auth_user_id"], language="de")
    assert taken() == before
