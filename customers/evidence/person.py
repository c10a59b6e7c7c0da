"""Who a redaction is about: what one customer is known by, and where that stands in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.db.models import Q, QuerySet

from customers.models import AuditEntry

LONG = 6  # shorter external IDs and words may be part of anything
_FACTS = {
    "id": "ids",
    "externalId": "external_ids",
    "customerExternalId": "external_ids",
    "email": "emails",
    "customerEmail": "emails",
    "name": "names",
    "customerName": "names",
    "avatar": "others",
    "customerAvatar": "others",
    "stripeCustomerId": "others",
}


@dataclass(kw_only=True)
class Person:
    """One customer: Dub's IDs, external IDs, e-mails, names, and what else is to be found."""

    ids: set[str] = field(default_factory=set)
    external_ids: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    @classmethod
    def known_by(cls, given: Iterable[str], *, also: Iterable[str] = ()) -> Person:
        """From `cus_…`, external IDs (with ext_ or without) and e-mails; the rest is in the log."""
        person = cls(others={text for text in also if text})
        for text in filter(None, given):
            kind = "ids" if text.startswith("cus_") else "emails" if "@" in text else "external_ids"
            getattr(person, kind).add(text.removeprefix("ext_"))
        person._follow(_with_email(person.emails))
        person._learn()
        return person

    def entries(self) -> QuerySet[AuditEntry]:
        """The entries about the customer, under any of its IDs."""
        about = Q(target_id__in=self.ids) | Q(target_external_id__in=self.external_ids)
        return AuditEntry.objects.filter(about)

    def is_of(self, entry: AuditEntry) -> bool:
        """Whether an entry is one of `entries`."""
        return entry.target_id in self.ids or entry.target_external_id in self.external_ids

    def _learn(self) -> None:
        """Goes from entry to entry by the customer's IDs until there is nothing new."""
        known = -1
        while known != len(self.ids | self.external_ids):
            known = len(self.ids | self.external_ids)
            self._follow(self.entries())
        for entry in self.entries().iterator(chunk_size=100):
            for facts in _facts_in(entry):
                self._note(facts)

    def _follow(self, entries: QuerySet[AuditEntry]) -> None:
        for id, external_id in set(entries.values_list("target_id", "target_external_id")):
            self.ids |= {id} - {""}
            self.external_ids |= {external_id} - {""}

    def _note(self, facts: Mapping[str, Any]) -> None:
        for key, kind in _FACTS.items():
            value = facts.get(key)
            if isinstance(value, str) and value and key != "id":
                getattr(self, kind).add(value)


_EMAILS = (
    *("target_label", "before__email", "after__email", "after__customer__email"),
    *("sent__body__email", "sent__body__customerEmail"),
)


def _with_email(emails: Iterable[str]) -> QuerySet[AuditEntry]:
    """The entries that hold a customer's record with one of these e-mails, in any capitals."""
    about = Q(pk__in=[])
    for email in emails:
        for where in _EMAILS:
            about |= Q(**{f"{where}__iexact": email})
    return AuditEntry.objects.filter(about)


def _facts_in(entry: AuditEntry) -> Iterator[Mapping[str, Any]]:
    """The records of the customer in an entry; not those of links and partners beside them."""
    after = entry.after or {}
    for facts in (entry.before, after, after.get("customer"), entry.body):
        if isinstance(facts, Mapping):
            yield facts


class Words:
    """What a person is known by, as it may stand in a text, and the marker that takes its place.

    IDs, e-mails and long words are found anywhere in a text. A name, or a short ID, may also be
    somebody else's: it counts where it is all that a text says. `closely` is for texts about the
    person, where each word of the name counts.
    """

    def __init__(self, person: Person, marker: str, *, closely: bool = False) -> None:
        self.marker = marker
        sure = {*person.ids, *person.emails, *person.others}
        sure |= {f"ext_{id}" for id in person.external_ids}
        unsure = person.external_ids | person.names
        sure |= {text for text in person.external_ids if closely or len(text) >= LONG}
        if closely:
            sure |= person.names
            sure |= {word for name in person.names for word in name.split() if len(word) > 2}
        self._whole = {text.casefold() for text in unsure | sure}
        sure |= {quote(text, safe="") for text in sure}
        longest_first = sorted(sure, key=len, reverse=True)
        found = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._within = re.compile(rf"(?<![^\W_])(?:{found})(?![^\W_])", re.IGNORECASE)

    def replaced(self, text: str) -> str:
        if text.strip().casefold() in self._whole:
            return self.marker
        return self._within.sub(lambda match: self.marker, text)

    def replaced_in(self, value: Any) -> Any:
        """The same for every text in a JSON value, keys of objects too."""
        if isinstance(value, str):
            return self.replaced(value)
        if isinstance(value, dict):
            return {self.replaced(key): self.replaced_in(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.replaced_in(inner) for inner in value]
        return value
