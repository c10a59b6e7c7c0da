"""Who somebody is, and what they may do."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import AnonymousUser, User

from customers.models import Given, Joined, Preferences, Prepared, held_by

_WITH_PREFERENCES = Joined(User, Preferences, "preferences")
_BY_ID = Prepared(
    lambda: User.objects.filter(pk=Given("id", User._meta.pk)).values_list(
        *_WITH_PREFERENCES.columns
    )
)


class ByRole(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Permissions come with a role. None is given to one person, so none is looked for."""

    def get_user_permissions(self, user_obj: User | AnonymousUser, obj: object = None) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: User | AnonymousUser, obj: object = None) -> set[str]:
        if not user_obj.is_active or obj is not None:
            return set()
        if user_obj.is_superuser:
            every: set[str] = super().get_group_permissions(user_obj)
            return every
        return set(held_by(user_obj).permissions)

    def get_user(self, user_id: int) -> User | None:
        """Whose session it is, with their preferences: every page needs both."""
        found = _BY_ID(id=user_id)
        user: User | None = _WITH_PREFERENCES(found[0]) if found else None
        return user if user and self.user_can_authenticate(user) else None
