"""How inputs are drawn: by functions, not by Django's templates, which take a third of a page.

Set as FORM_RENDERER. What has no function here is drawn by its template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape as escape
from django.utils.safestring import SafeString


class QuickRenderer(TemplatesSetting):
    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        draw = _DRAWN.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)


def _input(widget: Mapping[str, Any]) -> SafeString:
    value = widget["value"]
    said = "" if value is None else f' value="{escape(value)}"'
    kind, name = escape(widget["type"]), escape(widget["name"])
    return SafeString(f'<input type="{kind}" name="{name}"{said}{_attributes(widget)}>')


def _textarea(widget: Mapping[str, Any]) -> SafeString:
    said = "" if widget["value"] is None else escape(widget["value"])
    name = escape(widget["name"])
    return SafeString(f'<textarea name="{name}"{_attributes(widget)}>\n{said}</textarea>')


def _attributes(widget: Mapping[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{escape(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


_INPUTS = ("input", "text", "number", "email", "url", "password", "hidden", "date", "checkbox")
_DRAWN: dict[str, Callable[[Mapping[str, Any]], SafeString]] = {
    f"django/forms/widgets/{name}.html": _input for name in _INPUTS
} | {"django/forms/widgets/textarea.html": _textarea}
