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

from customers import chain
from customers.audit import Actor, note
from customers.chain import Head
from customers.models import AuditEntry, Outcome, Seal

from .vouchers import load

Links = Mapping[int, set[str]]  # what anchors say of a place
AT_ONCE = 1_000
SLICE_SECONDS = 5.0


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
        """What was found, for people: the result first."""
        were = "it was" if self.checked == 1 else "they were"
        told = f"{_entries(self.checked)} as {were} settled"
        if self.finding:
            return [self.finding.sentence, f"Before that, {told}."]
        return [f"Nothing is wrong: {told}, up to place {self.head.place:,}.", *self._rest()]

    def _rest(self) -> Iterator[str]:
        if self.expired:
            by = ", ".join(f"#{number}" for number in sorted(self.vouchers.checkpoints))
            yield f"{_entries(self.expired)} expired, as the log says in {by}."
        if self.redacted:
            by = ", ".join(f"#{number}" for number in sorted(self.vouchers.redactions))
            yield f"{_entries(self.redacted)} redacted, as the log says in {by}."
        if self.unlinked:
            yield f"{_entries(self.unlinked)} sealed and not linked yet."
        if self.pending:
            yield f"{_entries(self.pending)} pending, so not sealed yet."


def _entries(number: int) -> str:
    return "1 entry is" if number == 1 else f"{number:,} entries are"


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
            sentence=f"The chain ends at place {end}, and an anchor tells that it had reached "
            f"place {furthest}: the newest entries were removed.",
            place=end + 1,
        )
    for seal, entry in _with_entries(Seal.objects.filter(place=None).order_by("entry_id")):
        report.unlinked += 1
        yield from _check(report, seal, entry)
    settled = AuditEntry.objects.exclude(outcome=Outcome.PENDING)
    for number in settled.filter(seal=None).order_by("pk").values_list("pk", flat=True)[:1]:
        yield Finding(
            sentence=f"Entry {number} has no seal: it was put in past dubadmin, or its seal was "
            "removed.",
            entry=number,
        )


def _made_anew(first: int, last: int) -> Finding:
    return Finding(
        sentence=f"The chain does not fit the anchor of place {last}: at a place from {first} to "
        f"{last} an entry was changed, removed or inserted, and all links after it made anew.",
        place=last,
    )


def _follow(report: Report, seal: Seal) -> Iterator[Finding]:
    """Whether the seal stands at the very next place, and its link fits."""
    place, number, newest = report.head.place + 1, seal.entry_id, report.newest
    if seal.place != place:
        where = f"after entry {newest} and before entry {number}" if newest else f"before {number}"
        yield Finding(
            sentence=f"Place {place} of the chain is empty: the entry there, {where}, was removed.",
            place=place,
        )
    link = chain.link_of(report.head.link, place=place, entry_id=number, digest=seal.digest)
    if seal.link != link:
        yield Finding(
            sentence=f"The chain breaks at place {place}, at entry {number}: it was changed, "
            "inserted or moved, or the entry that stood there was removed.",
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
        what = "changed: it does not fit its seal" if entry else "removed: only its seal is left"
        sentence = f"Entry {seal.entry_id} was {what}."
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
