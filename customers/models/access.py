"""The permissions that the roles are made of, and who holds them."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import models

from .prepared import Given, Prepared


class Access(models.Model):  # noqa: DJ008  nothing to print, there is no row
    """No table: the permissions that the five roles are made of."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("view_customers", "Can look at customers"),
            ("edit_customers", "Can correct customers"),
            ("record_events", "Can record leads and sales"),
            ("delete_customers", "Can delete customers"),
            ("move_files", "Can import and export"),
            ("view_audit", "Can read the audit log"),
        ]


@dataclass(frozen=True)
class Held:
    """`roles` are a person's groups by name; `permissions` are "app.codename"."""

    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()


_GROUPS = Prepared(
    lambda: (
        Group.objects.filter(user=Given("person", User._meta.pk))
        .order_by("id")
        .values_list("name", "permissions__content_type__app_label", "permissions__codename")
    )
)


def held_by(user: User | AnonymousUser) -> Held:
    """What a person's groups are and allow: one query for each user object, kept on it."""
    if isinstance(user, AnonymousUser):
        return Held()
    held: Held | None = getattr(user, "_held", None)
    if held is None:
        found = _GROUPS(person=user.pk)
        held = Held(
            roles=tuple(dict.fromkeys(name for name, _, _ in found)),
            permissions=frozenset(f"{app}.{codename}" for _, app, codename in found if codename),
        )
        setattr(user, "_held", held)  # noqa: B010  on the user itself, also behind request.user
    return held
