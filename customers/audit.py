"""The audit log: `perform` writes to Dub and tells the truth about it, `note` logs all else.

`perform` is the only caller of `send`. It commits the intent before the request leaves and the
outcome after, so that no write can happen without a trace, whatever dies in between.
"""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise

from dubadmin.connect import dub
from dubadmin.dub.client import Receipt
from dubadmin.dub.commands import Command
from dubadmin.dub.errors import Answer, DubError, Refused, Unavailable, Uncertain
from dubadmin.dub.explain import explain

from . import chain
from .language import in_english
from .models import OUTCOME, AuditEntry, Batch, Import, Outcome, held_by
from .turns import in_turn

_SERVER = "Server"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts, copied at the time: it must still be readable when the account is gone."""

    id: str = ""
    name: str = ""
    role: str = ""
    ip: str = ""
    user_agent: str = ""
    request_id: str = ""

    @property
    def is_operator(self) -> bool:
        """Whether it is somebody on the server's command line, not an account."""
        return not self.id and self.role == _SERVER


WORKER = Actor(name="dubadmin", role="Worker")  # where nobody asked for it


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is acted on. `label` is how a person would call it."""

    id: str = ""
    external_id: str = ""
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a write: one of the six outcomes, in a sentence, with what was compared.

    `comparison` holds rows of {label, asked, stored, same}.
    """

    outcome: Outcome
    explanation: str
    after: Mapping[str, Any] | None = None
    comparison: list[dict[str, Any]] = field(default_factory=list)


class AlreadyAsked(Exception):
    """This form was sent before; `entry` is what became of it (trap S7)."""

    def __init__(self, entry: AuditEntry) -> None:
        super().__init__(f"already asked as {entry}")
        self.entry = entry


Judge = Callable[[Receipt | Uncertain], Verdict]


def perform(
    command: Command,
    *,
    actor: Actor,
    target: Target,
    judge: Judge,
    key: str | None = None,
    reason: str = "",
    asked: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    lead_key: str = "",
    earlier: AuditEntry | None = None,
    relation: str = "",
    batch: Batch | None = None,
    file: Import | None = None,
    claim: Callable[[AuditEntry], None] | None = None,
    follow: Callable[[AuditEntry], None] | None = None,
) -> AuditEntry:
    """Sends `command` once and returns its settled entry, with one of the six outcomes.

    `judge` says what a 2xx or a lost answer means, by reading back. `claim` runs in the
    transaction that commits the intent and may raise to stop it, `follow` in the one that commits
    the outcome. Raises AlreadyAsked when an entry with this `key` exists: then nothing is sent.
    """
    entry = _entry(
        command.action,
        actor=actor,
        target=target,
        outcome=Outcome.PENDING,
        reason=reason,
        asked=asked,
        before=before,
        key=key,
        lead_key=lead_key,
        earlier=earlier,
        relation=relation,
        batch=batch,
        file=file,
        sent={"method": command.method, "path": command.path, "body": command.body},
    )
    _commit_intent(entry, claim)
    _tell(entry)
    with _settling(entry), in_english():
        result = _send(command, entry)
        verdict = result if isinstance(result, Verdict) else judge(result)
        with in_turn(), transaction.atomic():
            _apply(entry, verdict)
            if follow:
                follow(entry)
    return entry


def note(
    action: str,
    *,
    actor: Actor,
    target: Target | None = None,
    outcome: Outcome = Outcome.DONE,
    **details: Any,
) -> AuditEntry:
    """Logs something that is over already: a look, a sign-in, a blocked attempt."""
    entry = _entry(action, actor=actor, target=target or Target(), outcome=outcome, **details)
    entry.settled_at = entry.at
    chain.seal(entry)
    entry.save(force_insert=True)
    _tell(entry)
    return entry


def operator() -> Actor:
    """Whoever works on the server's command line."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())  # a container's user without a name
    return Actor(name=name, role=_SERVER)


_told: ContextVar[list[str] | None] = ContextVar("told", default=None)
_acting: ContextVar[Callable[[], Actor]] = ContextVar("acting", default=operator)


@contextmanager
def noticing() -> Iterator[list[str]]:
    """The actions of the entries that are written in the block."""
    told: list[str] = []
    before = _told.set(told)
    try:
        yield told
    finally:
        _told.reset(before)


def _tell(entry: AuditEntry) -> None:
    told = _told.get()
    if told is not None:
        told.append(entry.action)


@contextmanager
def acting(who: Callable[[], Actor]) -> Iterator[None]:
    """Who acts in the block, for what is noticed only by its change in the database."""
    before = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(before)


def whoever_acts() -> Actor:
    """Who acts, as `acting` said; the operator where nobody did."""
    return _acting.get()()


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person behind a request, with role and address as of now."""
    return Actor(
        **person(getattr(request, "user", AnonymousUser())),
        ip=getattr(request, "client_ip", ""),
        user_agent=request.headers.get("User-Agent", "")[:300],
        request_id=getattr(request, "request_id", ""),
    )


def person(user: User | AnonymousUser) -> dict[str, str]:
    """ID, name and role of an account, as text."""
    if isinstance(user, AnonymousUser):
        return {}
    role = ", ".join(held_by(user).roles) or ("Superuser" if user.is_superuser else "")
    return {"id": str(user.pk), "name": user.get_username(), "role": role}


def _entry(action: str, *, actor: Actor, target: Target, **fields: Any) -> AuditEntry:
    return AuditEntry(
        action=action,
        at=timezone.now(),
        actor_id=actor.id,
        actor_name=_text(actor.name, 200),
        role=actor.role[:200],
        ip=actor.ip[:45],
        user_agent=_text(actor.user_agent, 300),
        request_id=actor.request_id,
        target_id=_text(target.id, 300),
        target_external_id=_text(target.external_id, 300),
        target_label=_text(target.label, 300),
        **{name: storable(value) for name, value in fields.items()},
    )


def _commit_intent(entry: AuditEntry, claim: Callable[[AuditEntry], None] | None) -> None:
    try:
        with in_turn(), transaction.atomic(durable=True):
            entry.save(force_insert=True)
            if claim:
                claim(entry)
    except IntegrityError:
        earlier = AuditEntry.objects.filter(key=entry.key).first() if entry.key else None
        if earlier is None:
            raise
        raise AlreadyAsked(earlier) from None


def _send(command: Command, entry: AuditEntry) -> Receipt | Uncertain | Verdict:
    started = time.monotonic()
    result: Receipt | Uncertain | Verdict
    try:
        result = receipt = dub().send(command)
        answer: Answer | None = receipt.answer
    except (Refused, Unavailable) as error:
        result, answer = _nothing_happened(error, command), error.answer
    except Uncertain as error:
        result, answer = error, error.answer
    entry.duration_ms = round((time.monotonic() - started) * 1000)
    entry.answered = storable(asdict(answer)) if answer else None
    return result


def _nothing_happened(error: DubError, command: Command) -> Verdict:
    outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.NOT_SENT
    changed = tuple(command.body or ()) if command.action == "customer.update" else ()
    words = explain(error, action=command.action, changed=changed)
    return Verdict(outcome=outcome, explanation=f"{words.cause} {words.next_step}".strip())


@contextmanager
def _settling(entry: AuditEntry) -> Iterator[None]:
    """Whatever happens inside, the entry ends settled: at worst as unknown."""
    try:
        yield
    except BaseException as error:
        stopped = f"dubadmin stopped while this was on its way ({type(error).__name__})."
        _apply(entry, Verdict(outcome=Outcome.UNKNOWN, explanation=stopped))
        raise


def _apply(entry: AuditEntry, verdict: Verdict) -> None:
    entry.outcome = verdict.outcome
    entry.explanation = storable(verdict.explanation)
    entry.after = storable(verdict.after)
    entry.comparison = storable(verdict.comparison) or None
    entry.settled_at = timezone.now()
    chain.seal(entry)
    entry.save(update_fields=OUTCOME)


def storable(value: Any) -> Any:
    """`value` as the log keeps it: lazy texts in its language, and nothing that a database or UTF-8
    cannot hold (NUL, half a surrogate pair).
    """
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(storable(key)): storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, Promise):
        with in_english():
            return storable(str(value))
    return value


def _text(value: str, limit: int) -> str:
    return str(storable(value))[:limit]
