"""What becomes of an export: asked for, complete, incomplete, stopped, removed. All is logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from customers import formats
from customers.audit import Actor, note, storable
from customers.language import in_english
from customers.models import Export, ExportPart, Outcome
from customers.models.exports import LOST
from dubadmin.connect import reserved
from dubadmin.dub.errors import DubError
from dubadmin.dub.records import parse_time

from .columns import Layout
from .visiting import count

State = Export.State
PERMISSION = "customers.move_files"
EVENTS_COST = 300  # reading the events of one customer takes the requests of 300 without


def fits_a_request(expected: int | None, *, with_events: bool) -> bool:
    """Whether so many customers can be downloaded while they are read."""
    if expected is None:
        return False
    return expected <= most_at_once(with_events=with_events)


def most_at_once(*, with_events: bool) -> int:
    most: int = settings.EXPORT_AT_ONCE
    return most // EVENTS_COST if with_events else most


def ask(
    *,
    actor: Actor,
    state: str,
    format: str,
    columns: Sequence[str],
    with_events: bool = False,
    filters: Mapping[str, str] | None = None,
    sort: str = "",
    order: str = "",
    reason: str = "",
    expected: int | None = None,
    key: str | None = None,
) -> Export:
    """A new export, STREAMING or WALKING; or the one that the form with this `key` asked for."""
    export = Export(
        actor=asdict(actor),
        state=state,
        format=format,
        columns=[*columns],
        with_events=with_events,
        filters=storable({name: text for name, text in (filters or {}).items() if text}),
        sort=sort,
        order=order,
        reason=storable(reason),
        expected=expected,
        key=key,
        place={},
    )
    try:
        with transaction.atomic():
            export.save(force_insert=True)
            export.entry = _note("export.start", export, actor)
            export.save(update_fields=["entry"])
    except IntegrityError:
        if key is None:
            raise
        return Export.objects.get(key=key)
    return export


def _note(action: str, export: Export, actor: Actor, **details: Any) -> Any:
    asked = {
        "export": export.pk,
        "format": export.format,
        "columns": export.columns,
        "events": export.with_events,
        "filters": export.filters,
        "sort": f"{export.sort} {export.order}".strip(),
        "counted": export.expected,
    }
    given = {"asked": asked, "reason": export.reason, "earlier": export.entry, **details}
    return note(action, actor=actor, **given)


def layout_of(export: Export) -> Layout:
    return Layout(format=export.format, columns=export.columns, with_events=export.with_events)


def actor_of(export: Export) -> Actor:
    return Actor(**export.actor)


def complete(export: Export, *, kept: bool, claim: Callable[[Export], None] | None = None) -> None:
    """The file is whole: says what is in it, and how that compares with what Dub counts now.

    `claim` runs in the transaction that says so, and may raise to stop it.
    """
    now = timezone.now()
    export.counted, export.state, export.ended_at, export.note = (
        _counted(export),
        State.DONE,
        now,
        "",
    )
    export.expires_at = now + timedelta(days=settings.EXPORT_KEEP_DAYS) if kept else None
    with transaction.atomic():
        if claim:
            claim(export)
        export.save()
        with in_english():
            said = told(export)
        _note("export.end", export, actor_of(export), after=_made(export), explanation=said)


def _counted(export: Export) -> int | None:
    try:
        with reserved(1):
            return count(export.filters)
    except DubError:
        return None


def _made(export: Export) -> dict[str, Any]:
    names = ("customers", "rows", "left_out", "expected", "counted", "size", "sha256")
    return {name: getattr(export, name) for name in names}


def told(export: Export) -> str:
    """In a sentence what a complete file holds."""
    if export.rows == export.customers:
        said = [ngettext("%(n)s customer.", "%(n)s customers.", export.customers)]
    else:
        said = [
            ngettext(
                "%(n)s customer in %(rows)s rows.",
                "%(n)s customers in %(rows)s rows.",
                export.customers,
            )
        ]
    if export.left_out:
        said.append(_("At least %(left_out)s left out: Dub cannot read the record itself."))
    if agrees(export) is False:
        said.append(
            _(
                "Dub counted %(before)s before and %(after)s after, which does not agree: "
                "customers "
                "came or went meanwhile, or Dub’s count is off."
            )
        )
    number = formats.current().number
    return " ".join(said) % {
        "n": number(export.customers),
        "rows": number(export.rows),
        "left_out": number(export.left_out),
        "before": number(export.expected or 0),
        "after": number(export.counted or 0),
    }


def agrees(export: Export) -> bool | None:
    """Whether the file holds as many customers as Dub counted; None where it did not count.

    Dub's count changes while customers come and go, and leaves out whom an ID has found.
    """
    if export.expected is None or export.counted is None:
        return None
    least, most = sorted((export.expected, export.counted))
    by_id = 2 if export.filters.get("q") else 0
    return least <= export.customers + export.left_out and export.customers <= most + by_id


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How many customers are done, of how many where that is known, and the seconds left."""

    done: int
    of: int | None
    left: int | None = None


def progress(export: Export) -> Progress:
    since, done, of = export.at, export.customers, export.expected
    if export.state == State.READING and export.place:
        since = parse_time(export.place["since"]) or export.at
        done, of = export.place["read"], export.customers
    if not export.is_open or not of or done < max(of / 50, 1):
        return Progress(done=done, of=of)
    pace = (timezone.now() - since).total_seconds() / done
    return Progress(done=done, of=of, left=round(pace * max(of - done, 0)))


def break_off(export: Export, why: str) -> None:
    """The file is not whole, and says so wherever it is told of."""
    export.state, export.ended_at, export.note = State.BROKEN, timezone.now(), storable(why)
    with transaction.atomic():
        export.save()
        _note(
            "export.end",
            export,
            actor_of(export),
            outcome=Outcome.FAILED,
            after=_made(export),
            explanation=f"Incomplete: {why}",
        )


def settle_lost() -> None:
    """Downloads whose process has died are incomplete."""
    since = timezone.now() - LOST
    for export in Export.objects.filter(state=State.STREAMING, beat__lt=since):
        if _take(export, state=State.STREAMING, beat=export.beat).update(beat=timezone.now()):
            break_off(export, gettext_noop("dubadmin stopped while it was being downloaded."))


def _take(export: Export, **as_seen: Any) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, **as_seen)


def stop(export: Export, *, actor: Actor | None = None, why: str = "") -> None:
    """The worker leaves it at that. What was visited stays, so that it can go on."""
    if _take(export, state__in=Export.OPEN).update(state=State.STOPPED, note=storable(str(why))):
        outcome = Outcome.FAILED if why else Outcome.DONE
        _note("export.stop", export, actor or actor_of(export), outcome=outcome, explanation=why)


def resume(export: Export, *, actor: Actor) -> None:
    stopped = _take(export, state=State.STOPPED, steps=export.steps)
    if stopped.update(state=_phase(export), note="", writer="", beat=timezone.now()):
        _note("export.resume", export, actor)


def _phase(export: Export) -> str:
    if export.place is None:
        return State.WRITING
    return State.READING if "read" in export.place else State.WALKING


def remove(export: Export, *, actor: Actor, why: str = "") -> None:
    """Deletes what is kept of it. The log, and what was in the file, stay."""
    now = timezone.now()
    with transaction.atomic():
        given_up = _take(export, state=State.STOPPED)
        given_up.update(state=State.BROKEN, ended_at=now, note=gettext_noop("It was given up."))
        done = _take(export, state=State.DONE, expires_at__isnull=False).update(expires_at=now)
        is_open = _take(export, state__in=Export.OPEN).exists()
        rows = 0 if is_open else _delete(export)
        if done or rows:
            _note("export.remove", export, actor, explanation=why)


def _delete(export: Export) -> int:
    return export.parts.all().delete()[0] + export.visited.all().delete()[0]


def expire() -> None:
    """Removes the files whose days are over, and what stopped exports have left."""
    now = timezone.now()
    kept = ExportPart.objects.values("export")
    over = Q(state=State.DONE, expires_at__lte=now, pk__in=kept)
    left = Q(state=State.STOPPED, beat__lt=now - timedelta(days=settings.EXPORT_KEEP_DAYS))
    for export in Export.objects.filter(over | left):
        remove(export, actor=Actor(), why="Its days are over.")
