"""Who somebody is, and what they may do."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission, User
from django.db.models import QuerySet


class ByRole(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Permissions come with a role. None is given to one person, so none is looked for."""

    def _get_user_permissions(self, user_obj: User) -> QuerySet[Permission]:
        return Permission.objects.none()

    def get_user(self, user_id: int) -> User | None:
        """Whose session it is, with their preferences: every page needs both."""
        user = User.objects.select_related("preferences").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
