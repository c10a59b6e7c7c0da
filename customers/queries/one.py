"""One customer: its record, its events, who would be credited, what was done to it here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.db.models import Q, QuerySet

from customers.audit import storable
from customers.models import WRITES, AuditEntry, FollowUp, Given, Joined, Outcome, Prepared
from dubadmin.connect import dub
from dubadmin.dub.errors import DubError, Refused
from dubadmin.dub.reads import AnyRead, GetCustomer, GetLink, ListCustomers, ListEvents
from dubadmin.dub.records import Customer, Event, Link

from .names import ask, hint_of, is_unknown_customer, known, remember, true_name

EVENT_KINDS = ("clicks", "leads", "sales")
MAX_EVENTS = 1000
NAMESAKES = 5
HISTORY = 200  # of our own writes
SHOWN_EVENTS = 100  # of each kind, on a customer's page


def get_customer(id: str) -> Customer:
    """One customer, read twice side by side to tell a stored name from a made-up one (Q9).

    Raises DubError, also when only the name of a customer without e-mail could not be confirmed.
    """
    return _settled(*dub().fetch_together(*_twice(id)))


def customer_and_namesakes(id: str, *, email: str) -> tuple[Customer, list[Customer]]:
    """One customer, and some of the others with this e-mail: the same round trip.

    Dub lets customers share one. Nobody where it is empty, or Dub did not say.
    """
    if not email:
        return get_customer(id), []
    twice = _twice(id)
    *found, others = dub().fetch_together(*twice, ListCustomers(email=email, page_size=NAMESAKES))
    customer = _settled(*found)
    if isinstance(others, DubError):
        return customer, []
    same = [each for each in others if each.email.casefold() == email.casefold()]
    return customer, [true_name(each, "") for each in same if each.id != customer.id]


def _twice(id: str) -> list[GetCustomer]:
    """The reads of one customer: a second one unless it is known to have an e-mail (trap Q9)."""
    once = [GetCustomer(id=id)]
    return once if known(id).get("email") else [*once, GetCustomer(id=id, expanded=False)]


def _settled(first: Any, again: Any = None) -> Customer:
    if isinstance(first, DubError):
        raise first
    customer: Customer = first
    remember([customer])
    if customer.email:
        return true_name(customer, "")
    if again is None:  # the e-mail that it was known to have is gone
        again = ask(GetCustomer(id=customer.id, expanded=False))
    if isinstance(again, DubError):
        raise again
    return true_name(customer, again.name)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A customer's events, newest first, and what could not be had; and what was asked `beside`."""

    events: list[Event]
    errors: list[DubError]
    beside: Any = None

    @property
    def sales(self) -> list[Event]:
        return [event for event in self.events if event.kind == "sale"]

    @property
    def cut(self) -> list[str]:
        """The kinds of which Dub may have more than are here, as "clicks"."""
        kinds = Counter(f"{event.kind}s" for event in self.events)
        return [kind for kind in EVENT_KINDS if kinds[kind] >= SHOWN_EVENTS]


def customer_with_timeline(id: str, *, beside: AnyRead | None = None) -> tuple[Customer, Timeline]:
    """One customer with its events: one round trip when its Dub ID is known, two otherwise.

    GET /events takes `cus_…` only (trap R11), so an `ext_…` is resolved first unless it was seen
    before. `beside` is one more read for the same round trip. Raises what GET /customers/{id}
    raised; a failed GET /events is in the timeline (A3).
    """
    dub_id = known(id).get("id", "") if id.startswith("ext_") else id
    twice = _twice(id)
    more = [beside] if beside else []
    answers = dub().fetch_together(*twice, *more, *_events_of(dub_id))
    customer = _settled(*answers[: len(twice)])
    events = answers[len(twice) + len(more) :]
    if customer.id != dub_id:
        events = dub().fetch_together(*_events_of(customer.id))
    return customer, _timeline(events, beside=answers[len(twice)] if beside else None)


def customer_to_delete(id: str) -> tuple[Customer, Timeline]:
    """One customer with every event, as the log keeps them when it is deleted (trap R8).

    Raises DubError, also when its events could not be read; where Dub refuses to show them at all
    (A3) that is in the timeline.
    """
    customer, timeline = customer_with_timeline(id)
    for error in timeline.errors:
        if not isinstance(error, Refused):
            raise error
    short = [event for event in timeline.events if f"{event.kind}s" not in timeline.cut]
    whole = [event for kind in timeline.cut for event in _all_events(kind, customer.id)]
    return customer, _timeline([short, whole, *timeline.errors], beside=None)


def _all_events(kind: str, customer_id: str) -> Iterator[Event]:
    for page in count(1):
        read = ListEvents(kind=kind, customer_id=customer_id, limit=MAX_EVENTS, page=page)
        events = dub().fetch(read)
        yield from events
        if len(events) < MAX_EVENTS:
            return


def _events_of(customer_id: str) -> list[ListEvents]:
    if not customer_id:
        return []
    return [
        ListEvents(kind=kind, customer_id=customer_id, limit=SHOWN_EVENTS) for kind in EVENT_KINDS
    ]


def _timeline(answers: Sequence[Any], *, beside: Any) -> Timeline:
    events = [event for answer in answers if isinstance(answer, list) for event in answer]
    events.sort(key=lambda event: event.at.timestamp() if event.at else 0, reverse=True)
    errors = [each for each in answers if isinstance(each, DubError)]
    return Timeline(events=events, errors=errors, beside=beside)


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Who a sale or lead would be credited to, read side by side before anything is sent.

    `customer` is None when Dub does not know the external ID. `link` is the customer's own link
    with its state, None when it has none or could not be read. `leads` and `sales` are its
    events, newest first; `leads_error` and `sales_error` say why they are missing.
    """

    customer: Customer | None
    link: Link | None = None
    leads: list[Event] = field(default_factory=list)
    sales: list[Event] = field(default_factory=list)
    leads_error: DubError | None = None
    sales_error: DubError | None = None


def attribution(external_id: str) -> Attribution:
    """What Dub knows about a customer before a lead or sale: one round trip when seen before.

    Raises DubError when the customer could not be looked up; an unknown customer is no error.
    """
    id = f"ext_{external_id}"
    hint = known(id)
    twice = _twice(id)
    answers = dub().fetch_together(*twice, *_around(hint))
    if is_unknown_customer(answers[0]):
        return Attribution(customer=None)
    customer, rest = _settled(*answers[: len(twice)]), answers[len(twice) :]
    if hint_of(customer) != hint:
        rest = dub().fetch_together(*_around(hint_of(customer)))
    leads, sales, *link = rest
    return Attribution(
        customer=customer,
        link=_same_link(link[0] if link else None, customer.link),
        leads=leads if isinstance(leads, list) else [],
        sales=sales if isinstance(sales, list) else [],
        leads_error=leads if isinstance(leads, DubError) else None,
        sales_error=sales if isinstance(sales, DubError) else None,
    )


def _same_link(answer: Any, link: Link | None) -> Link | None:
    """The link with its state when that is what Dub answered, else the link as it is known."""
    return answer if isinstance(answer, Link) and link and answer.id == link.id else link


def _around(hint: dict[str, str]) -> list[Any]:
    if not hint.get("id"):
        return []
    reads: list[Any] = [
        ListEvents(kind=kind, customer_id=hint["id"], limit=MAX_EVENTS)
        for kind in ("leads", "sales")
    ]
    return [*reads, GetLink(link_id=hint["link_id"])] if hint.get("link_id") else reads


_WITH_FOLLOW_UP = Joined(AuditEntry, FollowUp, "follow_up")
_ID = AuditEntry._meta.get_field("target_id")
_EXTERNAL_ID = AuditEntry._meta.get_field("target_external_id")
_WRITES = Prepared(
    lambda: (
        AuditEntry.objects.filter(
            Q(target_id=Given("id", _ID))
            | Q(target_external_id=Given("external_id", _EXTERNAL_ID)),
            action__in=sorted(WRITES),
        )
        .order_by("-id")
        .values_list(*_WITH_FOLLOW_UP.columns)[:HISTORY]
    )
)


def history_of(customer: Customer) -> list[AuditEntry]:
    """What dubadmin did to a customer, newest first, under either of its IDs."""
    return history(id=customer.id, external_id=customer.external_id)


def history(*, id: str, external_id: str) -> list[AuditEntry]:
    rows = _WRITES(id=storable(id), external_id=storable(external_id) or None)
    return [_WITH_FOLLOW_UP(row) for row in rows]


def ping() -> None:
    """Asks Dub for one customer without more. Raises DubError when that does not work."""
    dub().fetch(ListCustomers(page_size=1, expanded=False))


def deletion_of(id: str) -> AuditEntry | None:
    """The entry of our deletion of the customer with this `cus_…` or `ext_…`, if we deleted it."""
    deletions = _entries_of(id).filter(action="customer.delete", before__isnull=False)
    return deletions.filter(outcome__in=[Outcome.RECORDED, Outcome.UNKNOWN]).first()


def last_seen(id: str) -> AuditEntry | None:
    """The newest entry about the customer that had this `cus_…` or `ext_…`, if there was one.

    A look that failed or was not allowed tells nothing of a customer.
    """
    seen = _entries_of(id).exclude(outcome__in=[Outcome.BLOCKED, Outcome.FAILED])
    return seen.exclude(target_id="").first()


def _entries_of(id: str) -> QuerySet[AuditEntry]:
    known = storable(id)
    same = Q(target_external_id=known[4:]) if id.startswith("ext_") else Q(target_id=known)
    return AuditEntry.objects.filter(same).order_by("-id")
