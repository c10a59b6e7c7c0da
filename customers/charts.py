"""What was sold, by day, month and person, as figures and as bars to draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from dubadmin.dub.records import Event

from . import formats
from .models import FollowUp

DAYS = 30
MONTHS, AT_LEAST = 36, 12
WIDE, HIGH = 10, 100  # of a bar with its gap, and of the highest, in the units of the drawing


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was recorded on one day, in one month or by one person. `cents` are of US dollars.

    A sale in a currency without a rate counts as a sale and adds nothing to `cents` (trap S11).
    """

    sales: int = 0
    cents: int = 0
    leads: int = 0

    @property
    def dollars(self) -> str:
        return formats.current().number(Decimal(self.cents).scaleb(-2))

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            sales=self.sales + other.sales,
            cents=self.cents + other.cents,
            leads=self.leads + other.leads,
        )


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The last DAYS days, oldest first and without gaps, and who recorded most, by name."""

    days: dict[date, Figures]
    people: dict[str, Figures]

    @property
    def total(self) -> Figures:
        return sum(self.days.values(), Figures())


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The bar of one day, or of the month that begins with it, from the top left of its box."""

    day: date
    value: int
    x: int
    y: int
    height: int


def recorded(today: date) -> Recorded:
    """What was accepted and is not missing at Dub, by the days of the current time zone."""
    first = today - timedelta(days=DAYS - 1)
    days = {first + timedelta(days=n): Figures() for n in range(DAYS)}
    people: dict[str, Figures] = {}
    since = timezone.make_aware(datetime.combine(first, time.min))
    for day, person, figures in _groups(since):
        if day in days:  # not from a clock that is ahead
            days[day] += figures
            people[person] = people.get(person, Figures()) + figures
    by_most = sorted(people, key=lambda name: (-people[name].cents, -people[name].leads, name))
    return Recorded(days=days, people={name: people[name] for name in by_most})


def _groups(since: datetime) -> Iterable[tuple[date, str, Figures]]:
    """One row for every day, person and kind: a single query, answered by one index."""
    rows = (
        FollowUp.objects.filter(at__gte=since)
        .exclude(state=FollowUp.State.MISSING)
        .values_list(TruncDate("at"), "person", "is_sale")
        .annotate(events=Sum("expected"), cents=Sum("usd_cents"))
    )
    for day, person, is_sale, events, cents in rows:
        kind = {"sales": events, "cents": cents or 0} if is_sale else {"leads": events}
        yield day, person, Figures(**kind)


def by_month(sales: Iterable[Event], today: date) -> dict[date, Figures]:
    """A customer's sales by the months of the current time zone, oldest first and without gaps.

    At least a year and at most MONTHS, up to the present one; each by its first day.
    """
    sold: dict[date, Figures] = {}
    for event in sales:
        if event.at is not None:
            month = timezone.localdate(event.at).replace(day=1)
            cents = event.amount or 0 if event.currency == "usd" else 0
            sold[month] = sold.get(month, Figures()) + Figures(sales=1, cents=cents)
    months = [today.replace(day=1)]
    while len(months) < MONTHS and (
        len(months) < AT_LEAST or months[-1] > min(sold, default=today)
    ):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return {month: sold.get(month, Figures()) for month in reversed(months)}


def bars(days: Sequence[date], values: Sequence[int]) -> list[Bar]:
    """The highest value takes the whole height, and whatever is above 0 can be seen."""
    most = max([*values, 1])
    drawn = []
    for number, (day, value) in enumerate(zip(days, values, strict=True)):
        height = max(round(HIGH * value / most), 2) if value > 0 else 1
        drawn.append(Bar(day=day, value=value, x=number * WIDE + 1, y=HIGH - height, height=height))
    return drawn
