"""Walking all customers that match a filter, each exactly once, while they change (Q4 to Q10).

From any customer X, the pages after X and the pages before X by ID cover all the others. A walk is
made of steps of a page each; where it is fits into JSON, so that another process can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dubadmin.connect import dub, reserved
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.explain import explain
from dubadmin.dub.reads import MAX_PAGE, MAX_PAGE_SIZE, GetCustomer, ListCustomers
from dubadmin.dub.records import Customer

from .queries import with_true_names

TRAIL = 100  # how many rows back a walk can go when those that it came by are deleted
MAX_OVERLAP = 63
PARTS = {100: 4, 25: 5, 5: 5}

Seen = Callable[[Sequence[str]], Collection[str]]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What customers a walk visits, as Dub is asked: `search` are words or an exact e-mail (Q1)."""

    search: str = ""
    country: str = ""
    link_id: str = ""
    partner_id: str = ""

    def __bool__(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a walk is.

    `phase` is start, after (X), before (X), scan or end. `trail` are the IDs that it came by in
    this direction, `back` those of the other direction. `page` is the numbered page of the start
    or the scan. A broken row cannot be stepped over by cursor (Q10), so what lies beyond is looked
    for in numbered pages: the scan. Each stretch of customers found by it is an island, which ends
    where the walk `met` a row that it had seen; `blocked` counts the ends at broken rows.
    """

    phase: str = "start"
    page: int = 1
    trail: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    scanning: bool = False
    met: bool = False
    islands: int = 0
    blocked: int = 0

    @property
    def is_end(self) -> bool:
        return self.phase == "end"

    @property
    def left_out(self) -> int:
        """How many stretches of broken rows there are: one row each, hardly ever more."""
        return max(self.blocked - max(self.islands - 1, 0), min(self.blocked, 1))

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Place:
        return cls(**{**kept, "trail": tuple(kept["trail"]), "back": tuple(kept["back"])})


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The customers that a step found, and the place to go on from."""

    customers: list[Customer]
    place: Place


def walk(filters: Filters) -> Iterator[Customer]:
    """Every customer that matches throughout, once. Raises DubError."""
    seen: set[str] = set()
    place = Place()
    while not place.is_end:
        stretch = step(filters, place, seen=seen.intersection)
        seen.update(customer.id for customer in stretch.customers)
        yield from stretch.customers
        place = stretch.place


def step(filters: Filters, place: Place, *, seen: Seen) -> Stretch:
    """The next page of a walk. `seen` says which of some IDs were visited before.

    Waits for its turn behind people. Raises DubError; the place is then as it was.
    """
    if place.phase == "start":
        return _start(filters, place, seen)
    if place.phase == "scan":
        return _scan(filters, place, seen)
    return _onward(filters, place, seen)


def _start(filters: Filters, place: Place, seen: Seen) -> Stretch:
    """Some X: the first customer that Dub lists and can read."""
    answer = _ask(ListCustomers(**vars(filters), page=place.page, page_size=1))
    if _is_broken(answer) and place.page < MAX_PAGE:
        return _nothing(replace(place, page=place.page + 1, blocked=max(place.blocked, 1)))
    rows = _rows(answer)
    if not rows:
        return _nothing(replace(place, phase="end"))
    return _from(rows[0], replace(place, blocked=0), seen)


def _from(pivot: Customer, place: Place, seen: Seen) -> Stretch:
    known = seen([pivot.id])
    onward = replace(place, phase="after", trail=(pivot.id,), back=(pivot.id,), met=False)
    return Stretch(customers=[] if known else [pivot], place=onward)


def _onward(filters: Filters, place: Place, seen: Seen) -> Stretch:
    """One page by cursor."""
    answer, place = _narrowed(filters, place)
    if _is_gone(answer):
        return _nothing(_start_over(place))
    if _is_broken(answer):
        return _nothing(_turned(replace(place, blocked=place.blocked + 1)))
    rows = _rows(answer)
    ordered = rows[::-1] if place.phase == "before" else rows
    fresh = [row for row in ordered if row.id not in place.trail]
    known = set(seen([row.id for row in fresh]))
    if not fresh:
        return _nothing(_turned(place))
    if place.scanning and known:
        until = next(n for n, row in enumerate(fresh) if row.id in known)
        return Stretch(customers=fresh[:until], place=_turned(replace(place, met=True)))
    ids = tuple(row.id for row in fresh)
    back = place.back
    if place.phase == "after" and len(back) < TRAIL:
        back = (*reversed(ids[: TRAIL - len(back)]), *back)
    onward = replace(place, trail=(*place.trail, *ids)[-TRAIL:], back=back)
    return Stretch(customers=[row for row in fresh if row.id not in known], place=onward)


def _start_over(place: Place) -> Place:
    """All rows that the walk came by are deleted. Another X; what was seen is left out."""
    return replace(place, phase="scan" if place.scanning else "start", page=place.page)


def _turned(place: Place) -> Place:
    """The end of one direction: the other one, or the end of this island."""
    if place.phase == "after":
        return replace(place, phase="before", trail=place.back)
    island = replace(place, islands=place.islands + (not place.met), trail=(), back=())
    if place.scanning:
        return replace(island, phase="scan")
    if island.blocked:
        return replace(island, phase="scan", scanning=True, page=1)
    return replace(island, phase="end")


def _narrowed(filters: Filters, place: Place) -> tuple[Any, Place]:
    """The next page, or as much of it as comes before a broken row (trap Q10)."""
    wanted = MAX_PAGE_SIZE
    answer, place = _overlapping(filters, place, wanted=wanted)
    while _is_broken(answer) and wanted > 1:
        wanted //= 2
        answer, place = _overlapping(filters, place, wanted=wanted)
    return answer, place


def _overlapping(filters: Filters, place: Place, *, wanted: int) -> tuple[Any, Place]:
    """A page that is known to lack nothing, and the place without cursors that are gone.

    A deleted cursor gives way to the row before it (trap Q5). One that does not match the filter
    any more costs the first row of its page (trap Q4), so a filtered page begins some rows back:
    when one of those comes along, they bore the cost.
    """
    trail, overlap = place.trail, 1 if filters else 0
    while True:
        overlap = min(overlap, len(trail) - 1)
        cursor = trail[-1 - overlap]
        after, before = (cursor, "") if place.phase == "after" else ("", cursor)
        size = min(wanted + overlap, MAX_PAGE_SIZE)
        read = ListCustomers(
            **vars(filters), starting_after=after, ending_before=before, page_size=size
        )
        answer = _ask(read)
        if _is_gone(answer) and len(trail) > 1:
            trail = tuple(id for id in trail if id != cursor)
            continue
        newer = trail[len(trail) - overlap :]
        is_sure = not overlap or not isinstance(answer, list) or _any_of(answer, newer)
        if is_sure or overlap >= min(len(trail) - 1, MAX_OVERLAP):
            return answer, replace(place, trail=trail)
        overlap = 2 * overlap + 1


def _any_of(customers: list[Customer], ids: Collection[str]) -> bool:
    return any(customer.id in ids for customer in customers)


def _scan(filters: Filters, place: Place, seen: Seen) -> Stretch:
    """A numbered page, looked through for a customer beyond a broken row."""
    if place.page > MAX_PAGE:
        return _nothing(replace(place, phase="end"))
    read = ListCustomers(**vars(filters), page=place.page, page_size=MAX_PAGE_SIZE)
    rows, is_last = _in_parts(read)
    known = seen([row.id for row in rows])
    pivot = next((row for row in rows if row.id not in known), None)
    if pivot:
        return _from(pivot, place, seen)
    return _nothing(replace(place, phase="end" if is_last else "scan", page=place.page + 1))


def _in_parts(read: ListCustomers) -> tuple[list[Customer], bool]:
    """The readable rows of a numbered page, and whether it was empty: past the last row."""
    answer = _ask(read)
    if not _is_broken(answer):
        rows = _rows(answer)
        return rows, not rows
    parts, number = PARTS.get(read.page_size, 0), read.page or 1
    if not parts or number * parts > MAX_PAGE:
        return [], False
    found: list[Customer] = []
    for part in range(parts):
        page = (number - 1) * parts + part + 1
        rows, _ = _in_parts(replace(read, page=page, page_size=read.page_size // parts))
        found += rows
    return found, False


def _ask(read: ListCustomers) -> Any:
    """Dub's answer in its turn behind people; a refusal is an answer, too."""
    with reserved(1):
        try:
            found = dub().fetch(read)
        except Refused as error:
            return error
    return with_true_names(found, lambda: _again(read, found))


def _again(read: ListCustomers, found: list[Customer]) -> list[Customer]:
    """A second answer about those who may have no name (trap Q9), whoever came in between."""
    with reserved(1):
        second = dub().fetch(replace(read, expanded=False))
    known = {customer.id for customer in second}
    missing = [each.id for each in found if not each.email and each.id not in known]
    if not missing:
        return second
    with reserved(len(missing)):
        answers = dub().fetch_together(*(GetCustomer(id=id, expanded=False) for id in missing))
    return [*second, *(each for each in answers if isinstance(each, Customer))]


def _rows(answer: Any) -> list[Customer]:
    if isinstance(answer, DubError):
        raise answer
    rows: list[Customer] = answer
    return rows


def _is_broken(answer: object) -> bool:
    """A 422 that means one of the rows, not what was asked (trap Q10)."""
    return isinstance(answer, Refused) and explain(answer).kind == "record"


def _is_gone(answer: object) -> bool:
    """A 422 that means the cursor's customer was deleted (trap Q5)."""
    return isinstance(answer, Refused) and explain(answer).kind == "cursor"


def _nothing(place: Place) -> Stretch:
    return Stretch(customers=[], place=place)
