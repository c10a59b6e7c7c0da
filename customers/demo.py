"""The demo accounts: one per role, and only where the local sandbox stands in for Dub."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from .roles import ROLES

_DOMAIN = "demo.invalid"
DEMO_LOGINS = [
    {"role": role, "username": role.lower(), "password": f"{role.lower()}-demo"} for role in ROLES
]


def install() -> None:
    """Makes the demo accounts that are missing; what somebody changed about them stays."""
    users = get_user_model().objects
    for login in DEMO_LOGINS:
        email = f"{login['username']}@{_DOMAIN}"
        user, made = users.get_or_create(username=login["username"], defaults={"email": email})
        if made:
            user.set_password(login["password"])
            user.save()
            user.groups.add(Group.objects.get(name=login["role"]))


def remove() -> int:
    """Deletes the demo accounts before a real workspace is opened; their passwords are public."""
    names = [login["username"] for login in DEMO_LOGINS]
    demo = get_user_model().objects.filter(username__in=names, email__endswith=f"@{_DOMAIN}")
    return demo.delete()[0]
