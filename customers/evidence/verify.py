"""Walking the chain from its first place to its head, and naming the first thing that is wrong.

A thousand entries are read at a time, so that a log of any size takes the same memory. What is
held for the whole walk is small: which places have expired, and the digests of redacted entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet

from customers import chain
from customers.audit import Actor, note
from customers.chain import Head
from customers.models import AuditEntry, Outcome, Seal

from .vouchers import Vouchers, load

AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong, in a sentence; at which entry and which place, where that is known."""

    sentence: str
    entry: int | None = None
    place: int | None = None


@dataclass(kw_only=True)
class Report:
    """How a verification ended. `checked` entries stand as they were settled, up to `head`.

    `expired` and `redacted` ones are accounted for by the log itself (see `vouchers`). `unlinked`
    ones are sealed and not in the chain yet, `pending` ones not settled yet.
    """

    head: Head = field(default_factory=Head)
    checked: int = 0
    expired: int = 0
    redacted: int = 0
    unlinked: int = 0
    pending: int = 0
    finding: Finding | None = None
    vouchers: Vouchers = field(default_factory=load)

    @property
    def sentences(self) -> list[str]:
        """What was found, for people: the result first."""
        told = f"{_entries(self.checked)} as they were settled"
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


def verify_and_note(anchors: Iterable[Head] = (), *, actor: Actor) -> Report:
    """A verification, logged with its result."""
    report = verify(anchors)
    note(
        "audit.verify",
        actor=actor,
        outcome=Outcome.FAILED if report.finding else Outcome.DONE,
        explanation=" ".join(report.sentences),
        after={"checked": report.checked, "place": report.head.place, "link": report.head.link},
    )
    return report


def verify(anchors: Iterable[Head] = ()) -> Report:
    """Links what waits, then checks every entry, its seal and its link, and the given anchors."""
    chain.link_all()
    report = Report()
    report.finding = next(_findings(report, sorted(anchors, key=lambda head: head.place)), None)
    return report


def _findings(report: Report, anchors: list[Head]) -> Iterator[Finding]:
    yield from _along_the_chain(report, anchors)
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
    report.pending = AuditEntry.objects.filter(outcome=Outcome.PENDING).count()


def _along_the_chain(report: Report, anchors: list[Head]) -> Iterator[Finding]:
    before, fitting, left = 0, 0, [anchor for anchor in anchors if anchor.place]
    for seal, entry in _linked():
        yield from _follow(report, seal, after=before)
        yield from _check(report, seal, entry)
        while left and left[0].place == report.head.place:
            if left[0].link != report.head.link:
                yield _made_anew(fitting + 1, report.head.place)
            fitting = left.pop(0).place
        before = seal.entry_id
    if left:
        yield Finding(
            sentence=f"The chain ends at place {report.head.place}, and an anchor tells that it "
            f"had reached place {left[-1].place}: the newest entries were removed.",
            place=report.head.place + 1,
        )


def _made_anew(first: int, last: int) -> Finding:
    return Finding(
        sentence=f"The chain does not fit the anchor of place {last}: at a place from {first} to "
        f"{last} an entry was changed, removed or inserted, and all links after it made anew.",
        place=last,
    )


def _follow(report: Report, seal: Seal, *, after: int) -> Iterator[Finding]:
    """Whether the seal stands at the very next place, and its link fits."""
    place, number = report.head.place + 1, seal.entry_id
    if seal.place != place:
        where = f"after entry {after} and before entry {number}" if after else f"before {number}"
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


Sealed = tuple[Seal, AuditEntry | None]


def _linked() -> Iterator[Sealed]:
    place, more = 0, True
    while more:
        seals = Seal.objects.filter(place__gt=place).order_by("place")
        found = list(_with_entries(seals[:AT_ONCE]))
        yield from found
        more = len(found) == AT_ONCE
        place = found[-1][0].place or 0 if found else 0


def _with_entries(seals: QuerySet[Seal]) -> Iterator[Sealed]:
    found = list(seals)
    entries = AuditEntry.objects.in_bulk([seal.entry_id for seal in found])
    for seal in found:
        yield seal, entries.get(seal.entry_id)
