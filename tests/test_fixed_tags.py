"""Texts, addresses and static files are drawn once; what can change is drawn each time."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.template import Context, Template, engines
from django.test import RequestFactory
from django.urls import NoReverseMatch, get_script_prefix, set_script_prefix
from django.utils import translation


def drawn(template: Template, **context: object) -> str:
    return template.render(Context(context))


def made(source: str) -> Template:
    return engines["django"].from_string(source).template  # type: ignore[attr-defined, no-any-return]


def test_a_text_is_drawn_in_the_language_of_each_page() -> None:
    template = made('{% translate "Customers" %}, {% translate "Export" context "verb" %}')
    told = []
    for language in ("en", "de", "en", "de"):
        with translation.override(language):
            told.append(drawn(template))
    assert told == ["Customers, Export", "Kunden, Exportieren"] * 2


@pytest.mark.parametrize(
    "source",
    [
        "{% translate word %}",
        '{% translate "Customers"|slice:word %}',
        '{% translate "%(a)s" as text %}{{ word }}',
        "{% blocktranslate %}{{ word }}!{% endblocktranslate %}",
        "{% url 'audit_entry' word %}",
        "{% static word %}",
    ],
)
def test_what_depends_on_the_page_is_drawn_for_each(source: str) -> None:
    template = made(source)
    assert drawn(template, word="1") != drawn(template, word="2")


def test_a_text_is_escaped_as_its_template_is() -> None:
    assert drawn(made("{% autoescape off %}{% translate '<b>' %}{% endautoescape %}")) == "<b>"
    assert "<" not in drawn(made("{% translate word %}"), word="<b>")


def test_addresses_are_under_the_folder_that_the_site_is_served_under(rf: RequestFactory) -> None:
    template, before = made("{% url 'customer_list' %}"), get_script_prefix()
    assert drawn(template) == "/customers/"
    try:
        set_script_prefix("/dub/")
        assert drawn(template) == "/dub/customers/"
    finally:
        set_script_prefix(before)
    assert drawn(template) == "/customers/"


def test_an_address_that_there_is_not_fails_each_time() -> None:
    template = made("{% url 'no_such_page' %}")
    for _ in range(2):
        with pytest.raises(NoReverseMatch):
            drawn(template)


def test_no_template_loads_the_tags_that_draw_each_time() -> None:
    """Every template has ours; a `load` of Django's would put those in their place."""
    folder = settings.BASE_DIR / "templates"
    loads = re.compile(r"\{% load [^%]*\b(i18n|static)\b")
    assert [str(file) for file in folder.rglob("*.*") if loads.search(file.read_text())] == []
