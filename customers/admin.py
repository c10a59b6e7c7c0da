"""Users as an administrator sees them, with what they lose when a device is lost."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers.http import Request
from customers.signin import log

__all__ = ["People", "log"]  # every process loads this, and `log` listens to what happens to users
admin.site.unregister(User)


@admin.register(User)
class People(UserAdmin):  # type: ignore[type-arg]
    """Roles are groups: who may do what is not set person by person."""

    actions = ["remove_second_step"]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Access"), {"fields": ("is_active", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    filter_horizontal = ()
    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    readonly_fields = ("last_login", "date_joined")

    @admin.display(description=_("Role"))
    def role(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def get_queryset(self, request: Any) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.action(description=_("Remove the second step (device lost)"), permissions=["change"])
    def remove_second_step(self, request: Request, people: QuerySet[User]) -> None:
        """Passkeys, app and recovery codes go: the password alone signs them in again."""
        Authenticator.objects.filter(user__in=people).delete()
        words = ngettext(
            "Removed for %(number)s person. Ask them to set up a new one.",
            "Removed for %(number)s people. Ask them to set up a new one.",
            len(people),
        )
        messages.success(request, words % {"number": len(people)})
