"""How far an import is, for whoever looks on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from customers import formats, work
from customers.models import HAPPENED, FollowUp, Import, ImportRow

from .asking import sendable
from .kinds import KINDS

PHASES = {
    "read": _("reading each row"),
    "ask": _("asking Dub about each customer"),
    "compare": _("looking for rows that would count once"),
}
_UNITS = {"read": "row", "ask": "customer", "compare": ""}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`done` of `of` things called `unit`; `per_minute` and `seconds_left` are 0 when not known.

    `outcomes` are (machine value, words, number).
    """

    doing: str | Promise
    unit: str
    done: int
    of: int
    per_minute: float = 0
    seconds_left: int = 0
    outcomes: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def to_go(self) -> int:
        return max(self.of - self.done, 0)


def progress(file: Import) -> Progress:
    return _of_run(file) if file.started_at else _of_check(file)


def _of_check(file: Import) -> Progress:
    place: dict[str, Any] = file.place or {}
    phase = place.get("phase", "read")
    since = parse_datetime(place.get("since", "")) or timezone.now()
    done, of = place.get("done", 0), place.get("of", file.rows_found)
    passed = (file.beat - since).total_seconds()
    per_minute = 60 * done / passed if passed > 1 else 0
    return Progress(
        doing=PHASES[phase],
        unit=_UNITS[phase],
        done=done,
        of=of,
        per_minute=per_minute,
        seconds_left=_seconds(of - done, per_minute) if phase == "ask" else 0,
    )


def _of_run(file: Import) -> Progress:
    counted = work.progress(sendable(file, with_doubts=file.with_doubts))
    done, of = counted["ended"], counted["rows"]
    per_minute = float((file.place or {}).get("rate", 0)) if file.is_open else 0
    return Progress(
        doing="",
        unit="row",
        done=done,
        of=of,
        per_minute=per_minute,
        seconds_left=_seconds(of - done, per_minute),
        outcomes=counted["outcomes"],
    )


def _seconds(to_go: int, per_minute: float) -> int:
    return round(60 * to_go / per_minute) if per_minute else 0


def summary(file: Import) -> str:
    """Where an import stands, in a few words."""
    number = formats.current().number
    if file.started_at:
        told = _of_run(file)
        ended = [f"{number(n)} {called.lower()}" for value, called, n in told.outcomes]
        to_go = gettext("%(n)s to go") % {"n": number(told.to_go)}
        return ", ".join([*ended, *([to_go] if told.to_go else [])])
    if file.state == Import.State.CHECKED:
        counted = verdicts(file)
        found = [f"{number(counted[each])} {each.label.lower()}" for each in _TOLD if counted[each]]
        return ", ".join(found)
    rows = ngettext("%(n)s row", "%(n)s rows", file.rows_found)
    return rows % {"n": number(file.rows_found)}


_TOLD = tuple(ImportRow.Verdict)


def confirmed(file: Import) -> tuple[int, int]:
    """Of how many accepted rows the event is seen at Dub, and how many are accepted (trap D1)."""
    if not KINDS[file.kind].events:
        return 0, 0
    found = FollowUp.objects.filter(entry__file=file).values("state").annotate(n=Count("id"))
    states = {each["state"]: each["n"] for each in found.order_by()}
    return states.get(FollowUp.State.CONFIRMED, 0), sum(states.values())


def missing(file: Import) -> int:
    """How many that Dub accepted have not appeared in time."""
    return FollowUp.objects.filter(entry__file=file, state=FollowUp.State.MISSING).count()


def amounts(file: Import) -> list[dict[str, Any]]:
    """Per currency, how many sales of which verdict there are, and what they come to."""
    told: dict[str, dict[str, Any]] = {}
    for each in (file.counts or {}).get("amounts", []):
        row = told.setdefault(each["currency"], {"currency": each["currency"]})
        row[each["verdict"]] = {"n": each["n"], "total": each["total"]}
    for each in _recorded(file) if file.started_at else []:
        total = {"n": each["n"], "total": int(each["total"])}
        told.setdefault(each["currency"], {"currency": each["currency"]})["recorded"] = total
    return list(told.values())


def _recorded(file: Import) -> Any:
    rows = file.rows.filter(outcome__in=HAPPENED).exclude(amount=None)
    return rows.values("currency").annotate(n=Count("id"), total=Sum("amount")).order_by("currency")


def verdicts(file: Import) -> dict[str, int]:
    """How many rows the dry run found ready, in doubt, wrong and unchanged."""
    counted = (file.counts or {}).get("verdicts", {})
    return {each.value: counted.get(each.value, 0) for each in ImportRow.Verdict}
