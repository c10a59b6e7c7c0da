"""Corrections from a file: what a row would change, compared three ways, and sending it.

`sendable` is {"id": Dub's ID, "seen": what the file's author saw, "wanted": what is to change,
"changes": rows of {"key", "before", "after"}, "reason": the row's own}. `seen` holds the values of
the `old_…` columns, and Dub's own at the time of the dry run where there is none (trap R7).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from customers import queries, services
from customers.audit import Actor, AlreadyAsked, Target
from customers.facts import FIELDS, editable, facts_of
from customers.forms import EditForm
from customers.kept import in_words
from customers.merge import Conflict, merge
from customers.models import AuditEntry, ImportRow, Relation
from customers.services import Overtaken, target_of
from dubadmin.dub.errors import Refused
from dubadmin.dub.explain import explain
from dubadmin.dub.records import Customer

from . import findings, shared
from .fields import OLD, Fields, fields_of
from .shared import NO_KEY, own_reason, reason_of

GONE = gettext_lazy("Dub has no customer with this ID.")
_WHO = ("id", f"{OLD}external_id", "external_id")  # in this order


def read(row: ImportRow) -> None:
    """Finds out whom the row is about."""
    given = fields_of(row)
    findings.begin(row, given)
    who = _who(given)
    about = given.values.get(who, "").strip()
    row.customer = about if who == "id" else f"ext_{about}" if about else ""
    row.identity, row.sendable = "", None
    if not row.customer:
        if not findings.fields_with_problems(row) & set(_WHO):
            findings.add(row, "external_id", _("It is not said which customer this is about."))
        _changes(row, given, None)
        findings.judge(row)


def _who(given: Fields) -> str:
    """The field that says who is meant; the last one when none does."""
    said = [name for name in _WHO if given.values.get(name) and name not in given.problems]
    return said[0] if said else _WHO[-1]


def ask(ids: Sequence[str]) -> dict[str, Customer | Refused | None]:
    return queries.get_customers(ids)


def judge(row: ImportRow, known: Customer | Refused | None) -> None:
    """Compares what the file's author saw, what the file wants, and what Dub has now."""
    given = fields_of(row)
    if isinstance(known, Customer):
        _changes(row, given, known)
    else:
        why = explain(known, translate=in_words).cause if known else GONE
        findings.add(row, _who(given), why)
        _changes(row, given, None)
    nothing = row.sendable is not None and not row.told["changes"]
    findings.judge(row, otherwise=ImportRow.Verdict.SAME if nothing else ImportRow.Verdict.READY)


def _changes(row: ImportRow, given: Fields, customer: Customer | None) -> None:
    """The problems of the new values and, where the customer is known, what would change."""
    present = editable(facts_of(customer) if customer else {})
    seen = present | _seen(given)
    form = EditForm(_typed(given, seen))
    form.is_valid()
    findings.add_errors(row, form)
    if customer is None:
        return
    wanted = {
        key: value
        for key, value in form.changes().items()
        if not findings.fields_with_problems(row)
        & {name for name, of in FIELDS.items() if of == key}
    }
    merged = merge(seen=seen, wanted=wanted, present=present)
    for conflict in merged.conflicts:
        findings.add(row, conflict.name, conflict_text(conflict))
    if "externalId" in merged.asked:
        findings.add(row, "external_id", _NEW_ID, findings.DOUBT)
    row.identity = customer.id if merged.changes or merged.conflicts else ""
    row.sendable = {
        "id": customer.id,
        "seen": seen,
        "wanted": wanted,
        "changes": [asdict(change) for change in merged.changes],
        "reason": own_reason(row, given.values.get("reason", "")),
    }


_NEW_ID = gettext_lazy(
    "Your app's next events must use the new external ID. Events that still carry the old one no "
    "longer reach this customer."
)


def conflict_text(conflict: Conflict) -> str:
    return _(
        "It has changed: the file says that it was “%(was)s”, Dub has “%(now)s” now, and the file "
        "wants “%(wanted)s”."
    ) % {
        "was": conflict.base or _("empty"),
        "now": conflict.theirs or _("empty"),
        "wanted": conflict.mine or _("empty"),
    }


def _seen(given: Fields) -> dict[str, Any]:
    """What the file's author saw, by Dub's key."""
    old = {FIELDS[name]: given.values.get(OLD + name) for name in FIELDS}
    return {
        key: value.strip() or None
        for name, key in FIELDS.items()
        if (value := old[key]) is not None and OLD + name not in given.problems
    }


def _typed(given: Fields, seen: Mapping[str, Any]) -> dict[str, str]:
    """The edit form as somebody would send it who saw `seen` and changed what the row says."""
    shown = EditForm.of(seen)
    untouched = {name: _text(shown[name]) for name in FIELDS}
    new = {
        name: value
        for name, value in given.values.items()
        if (name in FIELDS or name == "reason") and name != _who(given)
    }
    hidden = {"seen": json.dumps(dict(seen)), "key": NO_KEY}
    return untouched | new | hidden


def _text(bound: Any) -> str:
    shown = bound.field.widget.format_value(bound.value())
    return str((shown[0] if isinstance(shown, list) else shown) or "")  # a select has a list


def send(row: ImportRow, *, actor: Actor) -> AuditEntry:
    """Compares once more and sends what changes. Raises AlreadyAsked, DubError."""
    if begun := AuditEntry.objects.filter(key=row.key).first():
        raise AlreadyAsked(begun)
    told, since = row.told, timezone.now()
    customer = queries.get_customers([told["id"]])[told["id"]]
    if not isinstance(customer, Customer):
        why = explain(customer).cause if customer else GONE
        return leave_out(row, f"{why} Nothing was sent.", actor=actor)
    merged = merge(seen=told["seen"], wanted=told["wanted"], present=facts_of(customer))
    if merged.conflicts:
        why = " ".join(f"{each.label}: {conflict_text(each)}" for each in merged.conflicts)
        return leave_out(row, f"{why} Nothing was sent.", actor=actor, customer=customer)
    if not merged.changes:
        why = gettext_noop("Dub has these values already.")
        return leave_out(row, why, actor=actor, customer=customer)
    try:
        return services.update_customer(
            customer,
            changes=merged.asked,
            actor=actor,
            reason=reason_of(row),
            key=row.key,
            file=row.file,
            earlier=row.entry,
            relation=Relation.RESEND if row.entry else "",
            since=since,
        )
    except Overtaken:
        why = gettext_noop(
            "Somebody else saved this customer in the same moment. Nothing was sent."
        )
        return leave_out(row, why, actor=actor, customer=customer)


def leave_out(
    row: ImportRow, why: str, *, actor: Actor, customer: Customer | None = None
) -> AuditEntry:
    """Logs that the row is not sent after all."""
    about = target_of(customer) if customer else Target(id=row.told["id"])
    asked = row.told["wanted"]
    return shared.leave_out(row, "customer.update", actor=actor, target=about, why=why, asked=asked)
