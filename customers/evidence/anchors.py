"""The head of the chain, written outside the database.

Whoever can change the log can also make its chain anew. What they cannot change is what was written
elsewhere before: to the log of the process, and by settings to a file or an address.
"""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from customers import chain
from customers.audit import Actor, note
from customers.chain import Head
from customers.models import AuditEntry, Outcome
from dubadmin.outside import NotTaken, post_json

logger = logging.getLogger("dubadmin.audit")
FILE, ADDRESS = "AUDIT_ANCHOR_FILE", "AUDIT_ANCHOR_URL"
WRITTEN = {
    (): gettext_noop("Written to the log."),
    (FILE,): gettext_noop("Written to the log and AUDIT_ANCHOR_FILE."),
    (ADDRESS,): gettext_noop("Written to the log and AUDIT_ANCHOR_URL."),
    (FILE, ADDRESS): gettext_noop("Written to the log and AUDIT_ANCHOR_FILE and AUDIT_ANCHOR_URL."),
}


def last() -> AuditEntry | None:
    """The entry of the last anchor."""
    return AuditEntry.objects.filter(action="audit.anchor").order_by("-pk").first()


def write_if_due(*, actor: Actor) -> None:
    """An anchor each AUDIT_ANCHOR_MINUTES, unless nothing has happened since the last one."""
    before = last()
    if not settings.AUDIT_ANCHOR_MINUTES or (before and not _is_old(before)):
        return
    known = 0
    if before and before.after:
        known = before.after["place"] + 1  # its own entry is nothing that has happened
    if chain.head().place + chain.unlinked() > known:
        write(actor=actor)


def _is_old(anchor: AuditEntry) -> bool:
    return timezone.now() - anchor.at >= timedelta(minutes=settings.AUDIT_ANCHOR_MINUTES)


def write(*, actor: Actor) -> AuditEntry:
    """Writes the head wherever the settings say. The entry tells what has worked and what not."""
    chain.link_all()
    head = chain.head()
    logger.info("The head of the audit log is %s", head)
    written: list[str] = []
    failed: list[str] = []
    for name, put in ((FILE, _to_file), (ADDRESS, _to_address)):
        if where := getattr(settings, name):
            try:
                put(where, head)
                written.append(name)
            except (OSError, NotTaken) as error:
                failed.append(f"Not to {name}: {_words(error)}.")
                logger.warning("The head was not written to %s: %s", name, _words(error))
    return note(
        "audit.anchor",
        actor=actor,
        outcome=Outcome.FAILED if failed else Outcome.DONE,
        explanation=" ".join([WRITTEN[tuple(written)], *failed]),
        after=asdict(head),
    )


def _to_file(name: str, head: Head) -> None:
    with open(name, "a") as file:  # noqa: PTH123  Path has no way to append
        file.write(f"{timezone.now().isoformat(timespec='seconds')} {head}\n")
        file.flush()
        os.fsync(file.fileno())


def _to_address(url: str, head: Head) -> None:
    at = timezone.now().isoformat(timespec="seconds")
    text = f"The head of dubadmin's audit log is {head}"
    post_json(url, {"at": at, "place": head.place, "link": head.link, "text": text})


def _words(error: OSError | NotTaken) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
