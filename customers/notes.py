"""Notes about customers. They are kept here, logged like all else, and never sent to Dub."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from .audit import Actor, Target, note, storable
from .models import Note


def notes_about(customer_id: str) -> list[Note]:
    """The notes about the customer with this Dub ID, newest first."""
    return list(Note.objects.filter(customer_id=storable(customer_id)))


def add(text: str, *, about: Target, actor: Actor, key: str) -> bool:
    """Keeps a note and logs it; False when the form with this one-time `key` was sent before."""
    try:
        with transaction.atomic():
            note("note.add", actor=actor, target=about, after={"text": text}, key=key)
            Note.objects.create(
                customer_id=storable(about.id), text=storable(text), person=actor.name
            )
    except IntegrityError:
        return False
    return True


def remove(row: Note, *, about: Target, actor: Actor) -> None:
    """Removes a note; the log keeps what it said."""
    with transaction.atomic():
        removed, _ = Note.objects.filter(pk=row.pk).delete()
        if removed:
            written = {"text": row.text, "person": row.person, "at": row.at.isoformat()}
            note("note.remove", actor=actor, target=about, before=written)
