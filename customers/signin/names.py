"""Whom a typed name means."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q


def account_name(typed: str) -> str:
    """The user name of the one account with this user name or e-mail address; "" for nobody's."""
    typed = typed.strip()
    like = Q(username__iexact=typed) | Q(email__iexact=typed)
    found = [user.get_username() for user in User.objects.filter(like)[:3]]
    named = [name for name in found if name.lower() == typed.lower()] or found
    return named[0] if typed and len(named) == 1 else ""
