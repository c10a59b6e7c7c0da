"""Walking the chain from its first place to its head, and naming the first thing that is wrong.

A thousand entries are read at a time, so that a log of any size takes the same memory. What is
held for the whole walk is small: which places have expired, and the digests of redacted entries.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from customers import chain
from customers.audit import Actor, note
from customers.chain import Head
from customers.models import AuditEntry, Outcome, Seal

from .vouchers import load

Links = Mapping[int, set[str]]  # what anchors say of a place
AT_ONCE = 1_000
SLICE_SECONDS = 5.0
# Of one entry, and of several.
WELL = (
    gettext_noop("Nothing is wrong: {} entry is as it was settled, up to place {}."),
    gettext_noop("Nothing is wrong: {} entries are as they were settled, up to place {}."),
)
BEFORE = (
    gettext_noop("Before that, {} entry is as it was settled."),
    gettext_noop("Before that, {} entries are as they were settled."),
)
EXPIRED = (
    gettext_noop("{} entry is expired, as the log says in {}."),
    gettext_noop("{} entries are expired, as the log says in {}."),
)
REDACTED = (
    gettext_noop("{} entry is redacted, as the log says in {}."),
    gettext_noop("{} entries are redacted, as the log says in {}."),
)
UNLINKED = (
    gettext_noop("{} entry is sealed and not linked yet."),
    gettext_noop("{} entries are sealed and not linked yet."),
)
PENDING = (
    gettext_noop("{} entry is pending, so not sealed yet."),
    gettext_noop("{} entries are pending, so not sealed yet."),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong, in a sentence; at which entry and which place, where that is known."""

    sentence: str
    entry: int | None = None
    place: int | None = None


@dataclass(kw_only=True)
class Report:
    """How far a verification has come, and what it found. It may go on in another process.

    `checked` entries stand as they were settled, up to `head`, where entry `newest` stands.
    `expired` and `redacted` ones are accounted for by the log itself (see `vouchers`). `unlinked`
    ones are sealed and not in the chain yet, `pending` ones not settled yet.
    """

    head: Head = field(default_factory=Head)
    newest: int = 0
    checked: int = 0
    expired: int = 0
    redacted: int = 0
    unlinked: int = 0
    pending: int = 0
    finding: Finding | None = None

    def __post_init__(self) -> None:
        self.vouchers = load()

    @classmethod
    def go_on(cls, told: Mapping[str, Any]) -> Report:
        """One that has not ended, from what `asdict` made of it."""
        return cls(**{**told, "head": Head(**told["head"])}) if told else cls()

    @property
    def sentences(self) -> list[str]:
        """What was found, for people: the result first. English, for the log (see `in_words`)."""
        if self.finding:
            return [self.finding.sentence, _counted(BEFORE, self.checked)]
        return [_counted(WELL, self.checked, f"{self.head.place:,}"), *self._rest()]

    def _rest(self) -> Iterator[str]:
        if self.expired:
            yield _counted(EXPIRED, self.expired, _numbers(self.vouchers.checkpoints))
        if self.redacted:
            yield _counted(REDACTED, self.redacted, _numbers(self.vouchers.redactions))
        if self.unlinked:
            yield _counted(UNLINKED, self.unlinked)
        if self.pending:
            yield _counted(PENDING, self.pending)


def _counted(sentences: tuple[str, str], number: int, *more: str) -> str:
    return sentences[number != 1].format(f"{number:,}", *more)


def _numbers(entries: Iterable[int]) -> str:
    return ", ".join(f"#{number}" for number in sorted(entries))


def verify(anchors: Iterable[Head] = ()) -> Report:
    """Links what waits, then checks every entry, its seal and its link, and the given anchors."""
    chain.link_all()
    report, links = Report(), defaultdict[int, set[str]](set)
    for anchor in anchors:
        links[anchor.place].add(anchor.link)
    links.pop(0, None)  # of a log that was empty
    while not step(report, links):
        pass
    return report


def some_steps(report: Report) -> bool:
    """A slice of a verification without anchors, for the worker. True at the end, as `step`."""
    chain.link_all()
    until = time.monotonic() + SLICE_SECONDS
    while not step(report, {}):
        if time.monotonic() >= until:
            return False
    return True


def step(report: Report, anchors: Links) -> bool:
    """Checks some more. True at the end, or when something is wrong."""
    before = report.head.place
    seals = Seal.objects.filter(place__gt=before).order_by("place")[:AT_ONCE]
    report.finding = next(_along_the_chain(report, seals, anchors), None)
    if report.finding or report.head.place - before == AT_ONCE:
        return report.finding is not None
    report.finding = next(_beside_the_chain(report, anchors), None)
    report.pending = AuditEntry.objects.filter(outcome=Outcome.PENDING).count()
    return True


def tell(report: Report, *, actor: Actor) -> None:
    """Logs the result of a verification."""
    note(
        "audit.verify",
        actor=actor,
        outcome=Outcome.FAILED if report.finding else Outcome.DONE,
        explanation=" ".join(report.sentences),
        after={"checked": report.checked, "place": report.head.place, "link": report.head.link},
    )


def _along_the_chain(report: Report, seals: QuerySet[Seal], anchors: Links) -> Iterator[Finding]:
    for seal, entry in _with_entries(seals):
        yield from _follow(report, seal)
        yield from _check(report, seal, entry)
        place, link = report.head.place, report.head.link
        if anchors.get(place, {link}) != {link}:
            fitting = max((each for each in anchors if each < place), default=0)
            yield _made_anew(fitting + 1, place)
        report.newest = seal.entry_id


def _beside_the_chain(report: Report, anchors: Links) -> Iterator[Finding]:
    end, furthest = report.head.place, max(anchors, default=0)
    if furthest > end:
        yield Finding(
            sentence=gettext_noop(
                "The chain ends at place {}, and an anchor tells that it had reached place {}: "
                "the newest entries were removed."
            ).format(end, furthest),
            place=end + 1,
        )
    for seal, entry in _with_entries(Seal.objects.filter(place=None).order_by("entry_id")):
        report.unlinked += 1
        yield from _check(report, seal, entry)
    settled = AuditEntry.objects.exclude(outcome=Outcome.PENDING)
    for number in settled.filter(seal=None).order_by("pk").values_list("pk", flat=True)[:1]:
        yield Finding(
            sentence=gettext_noop(
                "Entry {} has no seal: it was put in past dubadmin, or its seal was removed."
            ).format(number),
            entry=number,
        )


def _made_anew(first: int, last: int) -> Finding:
    return Finding(
        sentence=gettext_noop(
            "The chain does not fit the anchor of place {}: at a place from {} to {} an entry was "
            "changed, removed or inserted, and all links after it made anew."
        ).format(last, first, last),
        place=last,
    )


def _follow(report: Report, seal: Seal) -> Iterator[Finding]:
    """Whether the seal stands at the very next place, and its link fits."""
    place, number, newest = report.head.place + 1, seal.entry_id, report.newest
    if seal.place != place:
        empty = gettext_noop(
            "Place {} of the chain is empty: the entry there, before {}, was removed."
        ).format(place, number)
        if newest:
            empty = gettext_noop(
                "Place {} of the chain is empty: the entry there, after entry {} and before entry "
                "{}, was removed."
            ).format(place, newest, number)
        yield Finding(sentence=empty, place=place)
    link = chain.link_of(report.head.link, place=place, entry_id=number, digest=seal.digest)
    if seal.link != link:
        yield Finding(
            sentence=gettext_noop(
                "The chain breaks at place {}, at entry {}: it was changed, inserted or moved, or "
                "the entry that stood there was removed."
            ).format(place, number),
            entry=number,
            place=place,
        )
    report.head = Head(place=place, link=link)


def _check(report: Report, seal: Seal, entry: AuditEntry | None) -> Iterator[Finding]:
    """Whether the entry is there as it was sealed, or the log says why it is not."""
    if _fits(report, seal, entry):
        return
    report.vouchers = load()  # it may have expired, or been redacted, since we began
    entry = AuditEntry.objects.filter(pk=seal.entry_id).first()
    if not _fits(report, seal, entry):
        changed = gettext_noop("Entry {} was changed: it does not fit its seal.")
        removed = gettext_noop("Entry {} was removed: only its seal is left.")
        sentence = (changed if entry else removed).format(seal.entry_id)
        yield Finding(sentence=sentence, entry=seal.entry_id, place=seal.place)


def _fits(report: Report, seal: Seal, entry: AuditEntry | None) -> bool:
    if entry is None:
        has_expired = report.vouchers.has_expired(seal.place)
        report.expired += has_expired
        return has_expired
    redacted = report.vouchers.redacted.get(entry.pk)
    digest = redacted or seal.digest
    fits = entry.digest == digest and chain.matches(entry, digest)
    report.checked += fits
    report.redacted += fits and redacted is not None
    return fits


def _with_entries(seals: QuerySet[Seal]) -> Iterator[tuple[Seal, AuditEntry | None]]:
    found = list(seals)
    entries = AuditEntry.objects.in_bulk([seal.entry_id for seal in found])
    for seal in found:
        yield seal, entries.get(seal.entry_id)
