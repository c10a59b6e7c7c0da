"""The tags for texts, addresses and static files, which draw what never changes only once.

They stand on every page some eighty times and took a tenth of its work. Every template has them
(`builtins` in the settings), so none loads `i18n` or `static`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.template.base import Node, Parser, Token
from django.template.context import BaseContext
from django.template.defaulttags import url
from django.templatetags import i18n, static
from django.urls import get_script_prefix
from django.utils.translation import get_language

register = template.Library()


class Fixed(Node):
    """Draws a tag once for each answer of `depends_on`."""

    child_nodelists = ()

    def __init__(self, node: Node, depends_on: Callable[[], str | None]) -> None:
        self.node, self.depends_on = node, depends_on
        self.drawn: dict[str | None, str] = {}

    def render(self, context: BaseContext) -> str:
        key = self.depends_on()
        if key not in self.drawn:
            self.drawn[key] = self.node.render(context)  # type: ignore[arg-type]
        return self.drawn[key]


def _tag(
    name: str, compile_tag: Callable[[Parser, Token], Any], depends_on: Callable[[], str | None]
) -> None:
    def compiled(parser: Parser, token: Token) -> Node:
        node: Node = compile_tag(parser, token)
        is_fixed = all(map(_says_itself, token.split_contents()[1:]))
        return Fixed(node, depends_on) if is_fixed else node

    register.tag(name, compiled)


def _says_itself(part: str) -> bool:
    """Whether part of a tag is a text in quotation marks, and no variable, filter or `as`."""
    return part == "context" or (part[0] == part[-1] and part[0] in "\"'" and "|" not in part)


_tag("translate", i18n.do_translate, get_language)
_tag("url", url, get_script_prefix)  # the folder that the site is served under
_tag("static", static.do_static, get_script_prefix)
register.tag("blocktranslate", i18n.do_block_translate)
register.tag("get_current_language", i18n.do_get_current_language)
