"""Whose role asks for a second step at signing in, and has not set one up."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import User

from customers.audit import person

KINDS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def is_required(user: User) -> bool:
    """Whether MFA_REQUIRED_FOR names a role of theirs; a superuser is an administrator."""
    roles = {"Administrator"} if user.is_superuser else set(person(user)["role"].split(", "))
    return not roles.isdisjoint(settings.MFA_REQUIRED_FOR)


def is_missing(user: User) -> bool:
    return is_required(user) and not is_mfa_enabled(user, KINDS)
