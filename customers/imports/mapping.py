"""Which column is which field: guessed from the header, corrected by a person, remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.audit import Actor, note
from customers.facts import LABELS
from customers.models import Import, NamedMapping

from .fields import FORMS, OLD, form_field, names_of
from .words import currency_of, field_of, metadata_key_of

# What many rows can share, so that it may be given once instead of in a column.
SHAREABLE = {
    Import.Kind.SALES: (
        "currency",
        "event_name",
        "payment_processor",
        "lead_event_name",
        "amount",
        "metadata",
    ),
    Import.Kind.LEADS: ("event_name", "mode", "event_quantity", "metadata"),
    Import.Kind.CORRECTIONS: (),
}
_WHO = {"id", "external_id", OLD + "external_id"}


def label_of(kind: str, name: str) -> str:
    """What a field is called on the page."""
    if name == "id":
        return _("Dub’s customer ID")
    label = str(form_field(kind, name).label or name)
    return _("%(field)s before") % {"field": label} if name.startswith(OLD) else label


def guess(kind: str, header: list[str]) -> dict[str, Any]:
    """A mapping by the names of the columns; of two that name a field, the first."""
    columns: dict[str, int] = {}
    metadata: dict[str, int] = {}
    fixed: dict[str, str] = {}
    has_metadata = "metadata" in names_of(kind)
    for at, title in enumerate(header):
        key, name = metadata_key_of(title), field_of(kind, title)
        if has_metadata and key:
            metadata.setdefault(key, at)
        elif name and name not in columns:
            columns[name] = at
            if name == "amount" and (currency := currency_of(title)):
                fixed["currency"] = currency
    if "currency" in columns:
        fixed = {}
    if kind == Import.Kind.LEADS and "event_name" not in columns:
        fixed["event_name"] = str(form_field(kind, "event_name").initial)
    return {"columns": columns, "metadata": metadata, "fixed": fixed, "empty": "keep"}


def metadata_key(title: str, at: int) -> str:
    """The key under which a column's values are kept as metadata."""
    return metadata_key_of(title) or title or f"column {at + 1}"


def problems_of(kind: str, mapping: Mapping[str, Any]) -> list[Any]:
    """What keeps a mapping from being used at all, in lazy sentences: the log gets them, too."""
    given = {*mapping["columns"], *mapping["fixed"]}
    if kind == Import.Kind.CORRECTIONS:
        return _problems_of_corrections(given)
    required = [name for name in names_of(kind) if form_field(kind, name).required]
    return [
        format_lazy(
            _CHOOSE_OR_GIVE if name in SHAREABLE[Import.Kind(kind)] else _CHOOSE,
            field=form_field(kind, name).label,
        )
        for name in required
        if name not in given
    ]


_CHOOSE_OR_GIVE = gettext_lazy("{field}: choose the column, or give a value for all rows.")
_CHOOSE = gettext_lazy("{field}: choose the column.")


def _problems_of_corrections(given: set[str]) -> list[Any]:
    found: list[Any] = []
    if not given & _WHO:
        found.append(_WHO_IS_MEANT)
    identifies_only = {"external_id"} if not given & (_WHO - {"external_id"}) else set()
    changeable = set(FORMS[Import.Kind.CORRECTIONS].base_fields) & given
    if not changeable - identifies_only - {"id", "reason"}:
        found.append(lazy(_nothing_to_correct, str)())
    return found


_WHO_IS_MEANT = gettext_lazy(
    "Choose the column that says which customer: the external ID or Dub’s own ID."
)


def _nothing_to_correct() -> str:
    fields = ", ".join(map(str, LABELS.values()))
    return _("Choose at least one column to correct: %(fields)s.") % {"fields": fields}


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which of two ways of writing a column follows. `answer` is "" where only a person can say."""

    answer: str
    examples: list[str]

    @property
    def said(self) -> str:
        examples = ", ".join(_("“%(text)s”") % {"text": each} for each in self.examples)
        return _("In this file: %(examples)s.") % {"examples": examples}


def number_question(file: Import, mapping: Mapping[str, Any]) -> Question | None:
    """How amounts are written; None where no cell could be read in two ways."""
    return _question(file, mapping, "amount", ("point", "comma"), "either")


def date_question(file: Import, mapping: Mapping[str, Any]) -> Question | None:
    """Whether the day or the month comes first; None where there are no such days."""
    return _question(file, mapping, "subscription_canceled_at", ("dmy", "mdy"), "day")


def _question(
    file: Import, mapping: Mapping[str, Any], field: str, ways: tuple[str, str], unclear: str
) -> Question | None:
    columns = [mapping["columns"].get(name) for name in (field, OLD + field)]
    hints = [file.hints[at] for at in columns if at is not None and at < len(file.hints)]
    seen = {way for hint in hints for way in (*ways, unclear) if hint.get(way)}
    if not seen:
        return None
    decided = [way for way in ways if way in seen]
    examples = [hint[f"{way} example"] for hint in hints for way in sorted(seen) if way in hint]
    return Question(answer=decided[0] if len(decided) == 1 else "", examples=examples[:4])


def match(
    file: Import,
    *,
    mapping: Mapping[str, Any],
    number_format: str,
    date_format: str,
    time_zone: str,
    actor: Actor,
) -> bool:
    """Takes the mapping for good and lets the dry run begin. False when the import moved on.

    The uploaded bytes are not needed any more.
    """
    settled = {
        "mapping": dict(mapping),
        "number_format": number_format,
        "date_format": date_format,
        "time_zone": time_zone,
    }
    with transaction.atomic():
        mine = Import.objects.filter(
            pk=file.pk, state__in=(Import.State.MAPPING, Import.State.CHECKED)
        ).update(
            **settled,
            state=Import.State.CHECKING,
            place=None,
            counts=None,
            note="",
            beat=timezone.now(),
        )
        if mine:
            file.parts.all().delete()
            checked = Q(problems__isnull=False) | Q(sendable__isnull=False)
            file.rows.filter(checked).update(problems=None, sendable=None)
            note("import.map", actor=actor, asked={"import": file.pk, **settled})
    return bool(mine)


def remember(person: User, *, name: str, file: Import, mapping: Mapping[str, Any]) -> NamedMapping:
    """Keeps a mapping (with its formats) under a name; one of the same name gives way."""
    return NamedMapping.objects.update_or_create(
        person=person,
        kind=file.kind,
        name=name,
        defaults={"header": file.header, "mapping": dict(mapping), "used_at": timezone.now()},
    )[0]


def remembered_for(person: User, file: Import) -> NamedMapping | None:
    """The mapping that this person used last for the same header."""
    known = NamedMapping.objects.filter(person=person, kind=file.kind, header=file.header)
    return known.order_by("-used_at").first()


def rename(saved: NamedMapping, name: str) -> bool:
    """False when its person has another one of this name."""
    saved.name = name
    try:
        with transaction.atomic():
            saved.save(update_fields=["name"])
    except IntegrityError:
        return False
    return True


def applied(saved: NamedMapping, header: list[str]) -> dict[str, Any]:
    """A remembered mapping for another header: columns of the same name, wherever they stand."""
    if saved.header == header:
        return dict(saved.mapping)
    moved = {
        at: header.index(title)
        for at, title in reversed(list(enumerate(saved.header)))
        if title in header
    }
    fitting = {
        part: {name: moved[at] for name, at in saved.mapping[part].items() if at in moved}
        for part in ("columns", "metadata")
    }
    return {**saved.mapping, **fitting}


def delete(file: Import, *, actor: Actor) -> bool:
    """Deletes an import of which no row was begun, with its rows. False when one was."""
    with transaction.atomic():
        mine = Import.objects.filter(pk=file.pk, started_at=None).select_for_update()
        if not mine.exists():
            return False
        told = {"import": file.pk, "kind": file.kind, "file": file.name, "sha256": file.sha256}
        note("import.delete", actor=actor, asked=told)
        mine.delete()
    return True
