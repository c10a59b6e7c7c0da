"""Inputs are drawn by functions: the same as Django's templates would draw."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from customers.forms.drawing import QuickRenderer

WIDGETS: list[type[forms.Widget]] = [
    forms.TextInput,
    forms.NumberInput,
    forms.EmailInput,
    forms.URLInput,
    forms.PasswordInput,
    forms.HiddenInput,
    forms.DateInput,
    forms.CheckboxInput,
    forms.Textarea,
]
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["id", "class", "required", "min", "data-x"]),
    st.one_of(st.booleans(), st.integers(), st.text(), st.just(mark_safe("a&amp;b"))),
)


@given(
    widget=st.sampled_from(WIDGETS),
    value=st.one_of(st.none(), st.text(), st.integers(), st.booleans()),
    attrs=ATTRIBUTES,
)
def test_as_django_draws(widget: type[forms.Widget], value: Any, attrs: dict[str, Any]) -> None:
    drawn = [
        widget(attrs).render("a<b", value, {"id": "id_x"}, each())
        for each in (QuickRenderer, TemplatesSetting)
    ]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("widget", WIDGETS)
def test_what_was_typed_does_nothing_but_show(widget: type[forms.Widget]) -> None:
    hostile = '"><script>alert(1)</script>'
    drawn = widget({"title": hostile}).render("x", hostile, renderer=QuickRenderer())
    assert "<script" not in drawn
