"""The admin site at /admin/: open to whoever may change users, staff flag or not."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


class UsersOnlySite(admin.AdminSite):
    site_header = site_title = "dubadmin users"
    index_title = "Users and roles"

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one place to sign in; whoever is signed in already may not come in here."""
        if request.user.is_authenticated:
            raise PermissionDenied("Your role does not allow this. It is for: Administrator.")
        return redirect_to_login(request.GET.get("next", request.get_full_path()))

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.has_perm("auth.change_user")
