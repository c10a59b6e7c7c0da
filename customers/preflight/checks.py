"""What a check says, and all that is known before sending."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from customers.models import Invoice
from customers.queries import Attribution
from dubadmin.dub import marks
from dubadmin.dub.records import Customer, Event

IGNORED = "ignored"  # what such a check is about: details that Dub does not take


def _(text: str) -> Any:
    """A text that a page shows in its language, and the log keeps in English."""
    return gettext_lazy(marks._(text))


@dataclass(frozen=True, kw_only=True)
class Check:
    """`field` is the form field that it is about, "" or IGNORED when it is about several."""

    level: str
    text: str | Promise
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """Everything known before sending.

    `seen_before` counts the events from before that look like this one; `taken` is the earlier
    sending of the invoice ID; `replay_expected` tells that Dub would answer with an earlier sale
    (S6).
    `is_repeat` tells that the very same was recorded before: a doubt for a person who sends one
    by hand, and no longer a doubt when it comes from a file.
    """

    checks: list[Check]
    attribution: Attribution
    seen_before: int = 0
    taken: Invoice | None = None
    replay_expected: bool = False
    is_repeat: bool = False
    credited: Event | None = None

    @property
    def digest(self) -> str:
        """Tells whether a person has seen these very doubts before sending in spite of them."""
        texts = "\n".join(str(check.text) for check in self.doubts)
        return hashlib.sha256(texts.encode()).hexdigest()[:16] if texts else ""

    @property
    def whom(self) -> str:
        """Tells whether a person has seen whom it is for, and which lead and link get it (S5)."""
        customer, lead = self.attribution.customer, self.credited
        link = lead.link if lead else None
        told = [customer and customer.id, lead and lead.name, link and link.id]
        return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:16]

    @property
    def stops(self) -> list[Check]:
        return [check for check in self.checks if check.level == "stop"]

    @property
    def doubts(self) -> list[Check]:
        return [check for check in self.checks if check.level == "warn"]


@dataclass(kw_only=True)
class Checks:
    """The checks, as they are made."""

    made: list[Check] = field(default_factory=list)

    def ok(self, text: str | Promise, field: str = "") -> None:
        self.made.append(Check(level="ok", text=text, field=field))

    def warn(self, text: str | Promise, field: str = "") -> None:
        self.made.append(Check(level="warn", text=text, field=field))

    def stop(self, text: str | Promise, field: str = "") -> None:
        self.made.append(Check(level="stop", text=text, field=field))


_KNOWS = _("Dub knows this customer: {name}.")


def knows(customer: Customer) -> str | Promise:
    return format_lazy(_KNOWS, name=customer.label)


def seen_before(events: Iterable[Event], *, since: datetime | None) -> int:
    """How many of these there were before; those `since` then may be of an earlier sending."""
    return sum(since is None or (each.at is not None and each.at < since) for each in events)


def as_logged(preflight: Preflight) -> list[dict[str, Any]]:
    """The checks as the audit log keeps them."""
    return [{"level": check.level, "text": check.text} for check in preflight.checks]
