"""What a person typed into the find box, and what to ask Dub for (traps Q1 to Q3, Q7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from django.utils.translation import gettext as _

from dubadmin.dub.records import Customer

_JUNK = r"[\s\x00-\x1f\"'“”„‘’<>«»,;]+"
_AROUND = re.compile(rf"^{_JUNK}|{_JUNK}$")
_NOT_WORDS = re.compile(r"[^\w.'&]+")
_WORD = re.compile(r"\w+")
_DUB_ID_IN_ADDRESS = re.compile(r"^https?://[^/\s]+/.*?\b(cus_[A-Za-z0-9]+)\b")
_SHORT_LINK = re.compile(r"^(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})/([^\s?#]+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Search:
    """`text` is what was typed, without the junk around it.

    `words` is what Dub's search is asked for, `ids` the IDs it may be (each with how a match is
    called), `link` a short link's domain and key.
    """

    text: str
    words: str = ""
    ids: list[tuple[str, str]] = field(default_factory=list)
    link: tuple[str, str] | None = None

    @property
    def how(self) -> str:
        """How Dub searches for the words (trap Q1)."""
        return _("exact e-mail") if "@" in self.words else _("whole words in name or e-mail")

    @property
    def instead(self) -> str:
        """The words to search for where nobody has the e-mail: before its @, or of its domain."""
        if "@" not in self.words:
            return ""
        name, _, domain = self.words.partition("@")
        main = domain.rpartition(".")[0] or domain
        return " ".join(_WORD.findall(name) or _WORD.findall(main))

    @property
    def may_be_stripe(self) -> bool:
        """Dub's and Stripe's customer IDs both begin with cus_ (trap Q7)."""
        return self.text.startswith("cus_")


def parse(typed: str) -> Search:
    """What to ask for. Any text gives a Search, an empty one for nothing but junk."""
    text = _clean(typed)
    if not text:
        return Search(text="")
    if in_address := _DUB_ID_IN_ADDRESS.match(text):
        return Search(text=text, ids=[(_("address of Dub's dashboard"), in_address[1])])
    if short := _SHORT_LINK.match(text):
        return Search(text=text, words=_words(text), ids=_ids(text), link=(short[1], short[2]))
    return Search(text=text, words=_words(text), ids=_ids(text))


def best_first(customers: Sequence[Customer], words: str) -> list[Customer]:
    """Who has more of the words first, else as they were: Dub finds any of them (trap Q1)."""
    wanted = set(_WORD.findall(words.casefold()))

    def fitting(customer: Customer) -> int:
        return len(
            wanted.intersection(_WORD.findall(f"{customer.name} {customer.email}".casefold()))
        )

    return sorted(customers, key=fitting, reverse=True)


def _clean(typed: str) -> str:
    """Without spaces, quotes and brackets around it, and without `mailto:`."""
    text = _AROUND.sub("", typed)
    if text.lower().startswith("mailto:"):
        text = unquote(text[len("mailto:") :]).partition("?")[0]
    return _AROUND.sub("", text)


def _words(text: str) -> str:
    """Operators and hyphens become spaces, since Dub would only delete them (trap Q3)."""
    return text if "@" in text else _NOT_WORDS.sub(" ", text).strip()


def _ids(text: str) -> list[tuple[str, str]]:
    ids = [(_("external ID"), f"ext_{text.removeprefix('ext_')}")]
    if not text.startswith("ext_") and "@" not in text and not re.search(r"\s", text):
        ids.append((_("Dub ID"), text))
    return ids
