"""Inviting people: the only way to an account, besides Django's admin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from customers.audit import Actor, Target, actor_of, note, person
from customers.models import Invitation

_SIGNER = Signer(salt="customers.invitation")


class AlreadyInvited(Exception):
    """There is an open invitation for this e-mail address."""


class NotOpen(Exception):
    """The invitation was accepted or withdrawn, or is too old."""


def invite(email: str, *, name: str, role: str, actor: Actor) -> Invitation:
    """Makes an open invitation; one that is too old gives way to it. Raises AlreadyInvited."""
    now = timezone.now()
    same = Invitation.objects.unanswered().filter(email__iexact=email)
    try:
        with transaction.atomic():
            same.filter(expires_at__lte=now).update(withdrawn_at=now)
            made = Invitation.objects.create(
                email=email,
                name=name,
                role=role,
                made_by=actor.name,
                expires_at=now + timedelta(hours=settings.INVITATION_HOURS),
            )
            _note("make", made, actor)
    except IntegrityError:
        raise AlreadyInvited from None
    return made


def withdraw(invitation: Invitation, *, actor: Actor) -> bool:
    """False when there was nothing left to withdraw."""
    with transaction.atomic():
        mine = Invitation.objects.unanswered().filter(pk=invitation.pk)
        withdrawn = mine.update(withdrawn_at=timezone.now())
        if withdrawn:
            _note("withdraw", invitation, actor)
    return bool(withdrawn)


def token_of(invitation: Invitation) -> str:
    """What its link ends with."""
    return _SIGNER.sign(str(invitation.pk))


def by_token(token: str) -> Invitation:
    """Raises NotOpen."""
    try:
        found = Invitation.objects.open().filter(pk=int(_SIGNER.unsign(token))).first()
    except (BadSignature, ValueError):
        found = None
    if found is None:
        raise NotOpen
    return found


def future_user(invitation: Invitation) -> User:
    """The account that it leads to, not saved yet."""
    first, _, last = invitation.name.partition(" ")
    return User(
        username=_free_name(invitation.email),
        email=invitation.email.lower(),
        first_name=first,
        last_name=last,
    )


def _free_name(email: str) -> str:
    """A user name from an e-mail address that nobody has yet."""
    stem = re.sub(r"[^\w.@+-]", "", email.lower())[:140]
    taken = set(User.objects.filter(username__istartswith=stem).values_list("username", flat=True))
    taken = {name.lower() for name in taken}
    return next(name for n in range(len(taken) + 1) if (name := f"{stem}{n or ''}") not in taken)


def accept(invitation: Invitation, *, user: User, request: HttpRequest) -> User:
    """Saves `user` with the role of the invitation, once. Raises NotOpen."""
    with transaction.atomic():
        mine = Invitation.objects.open().filter(pk=invitation.pk)
        if not mine.update(accepted_at=timezone.now()):
            raise NotOpen
        user.save()
        user.groups.add(Group.objects.get(name=invitation.role))
        _note("accept", invitation, replace(actor_of(request), **person(user)))
    return user


def person_of(emails: Iterable[str], *, request: HttpRequest) -> User | None:
    """The one account with one of these addresses, or a new one for who was invited by it."""
    for email in emails:
        users = User.objects.filter(email__iexact=email)[:2]
        if len(users) == 1:
            return users[0]
        invitation = Invitation.objects.open().filter(email__iexact=email).first()
        if invitation and not users:
            user = future_user(invitation)
            user.set_unusable_password()
            return accept(invitation, user=user, request=request)
    return None


def _note(verb: str, invitation: Invitation, actor: Actor) -> None:
    target = Target(label=str(invitation))
    note(f"invitation.{verb}", actor=actor, target=target, asked={"role": invitation.role})
