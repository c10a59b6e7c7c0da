"""The dedupe clock: which lead names Dub swallows, for whom, and until when (traps L1 to L4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext

from dubadmin.dub.commands import DEDUPE_DAYS, lead_key
from dubadmin.dub.marks import _
from dubadmin.dub.records import Event

from . import formats
from .models import HAPPENED, AuditEntry, Outcome

DEDUPE_WINDOW = timedelta(days=DEDUPE_DAYS)
_AT_THE_LATEST = _("{end} at the latest")


@dataclass(frozen=True, kw_only=True)
class Window:
    """A running dedupe key at Dub: what set it, when it ends, and our entry if it was ours.

    `sure` is False when it may end sooner, or may never have been set: after an attempt whose
    answer was lost, or one that Dub took for the repeat of something we do not know.
    """

    because: str | Promise
    expires: datetime
    entry: AuditEntry | None = None
    sure: bool = True

    @property
    def until(self) -> str:
        """The end as a person reads it, after the word "until"."""
        end = timezone.localtime(self.expires)
        text = f"{formats.current().moment(end, 'short')} {end:%Z}"
        return text if self.sure else gettext(_AT_THE_LATEST).format(end=text)


def open_window(
    external_id: str, *, event_name: str, events: Iterable[Event] = (), at: datetime | None = None
) -> Window | None:
    """The dedupe key that swallows a lead of this name now, None when there is none (L1 to L3).

    Known from our own attempts, failed ones included, and from Dub's lead events. A repeat does
    not prolong a key, so the earliest attempt that found no running key counts, unless it may not
    have arrived and a later one proves that it set the key.
    """
    now = at or timezone.now()
    open_: Window | None = None
    for window in sorted(
        [*_attempts(external_id, event_name, now), *_recorded(events, event_name)],
        key=lambda window: window.expires,
    ):
        moment = window.expires - DEDUPE_WINDOW
        proven = window.sure and open_ is not None and not open_.sure
        if moment < now and (open_ is None or moment >= open_.expires or proven):
            open_ = window
    return open_ if open_ and open_.expires > now else None


def open_windows(external_id: str, *, events: Iterable[Event] = ()) -> list[str]:
    """A sentence for each lead name whose key still runs; a deletion does not end it (R8)."""
    leads = [event for event in events if event.kind == "lead"]
    tried = AuditEntry.objects.filter(
        action="lead.record",
        target_external_id=external_id,
        at__gte=timezone.now() - DEDUPE_WINDOW,
    ).values_list("lead_key", flat=True)
    names = {lead_key(event.name) for event in leads} | set(tried)
    windows = {
        name: open_window(external_id, event_name=name, events=leads) for name in sorted(names)
    }
    return [
        gettext("A new lead named “%(name)s” is swallowed until %(end)s, even for a new customer.")
        % {"name": name, "end": window.until}
        for name, window in windows.items()
        if window
    ]


def _attempts(external_id: str, event_name: str, now: datetime) -> list[Window]:
    entries = AuditEntry.objects.filter(
        action="lead.record",
        target_external_id=external_id,
        lead_key=stored_key(event_name),
        at__gte=now - 2 * DEDUPE_WINDOW,
    )
    return [
        Window(
            because=lazy(_attempt_text, str)(entry),
            expires=entry.at + DEDUPE_WINDOW,
            entry=entry,
            sure=entry.outcome in _SURE,
        )
        for entry in entries
        if _may_have_set_the_key(entry)
    ]


def stored_key(event_name: str) -> str:
    """The name's key, cut to what the log's column holds."""
    return lead_key(event_name)[:300]


_SURE = HAPPENED | {Outcome.REFUSED}


def _may_have_set_the_key(entry: AuditEntry) -> bool:
    """Dub sets the key before it looks up the click, so a 404 has set it too (L1)."""
    if entry.outcome == Outcome.NOT_SENT or entry.body.get("mode") == "deferred":
        return False
    answered = entry.answered or {}
    refused_late = answered.get("status") == 404 and "Workspace" not in answered.get("message", "")
    return entry.outcome != Outcome.REFUSED or refused_late


_TRIED = {
    Outcome.RECORDED: _("A lead of this name was recorded here on {when}."),
    Outcome.DIFFERS: _("A lead of this name was recorded here on {when}."),
    Outcome.REFUSED: _("A lead of this name was tried, and refused by Dub, here on {when}."),
    Outcome.NOT_RECORDED: _(
        "A lead of this name was tried, and taken by Dub for a repeat, here on {when}."
    ),
    Outcome.UNKNOWN: _("A lead of this name was sent, with an unknown result, here on {when}."),
    Outcome.PENDING: _("A lead of this name was tried here on {when}."),
}
_RECORDED = _("Dub recorded a lead of this name on {when}.")


def _attempt_text(entry: AuditEntry) -> str:
    said = _TRIED.get(Outcome(entry.shown_outcome), _TRIED[Outcome.PENDING])
    return gettext(said).format(when=_when(entry.at))


def _recorded_text(at: datetime) -> str:
    return gettext(_RECORDED).format(when=_when(at))


def _when(moment: datetime) -> str:
    return formats.current().moment(timezone.localtime(moment), "short")


def _recorded(events: Iterable[Event], event_name: str) -> list[Window]:
    key = lead_key(event_name)
    return [
        Window(
            because=lazy(_recorded_text, str)(e.at),
            expires=e.at + DEDUPE_WINDOW,
        )
        for e in events
        if e.at and lead_key(e.name) == key
    ]
