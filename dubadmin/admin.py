"""The admin site at /admin/: open to whoever may change users, staff flag or not."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from customers.http import Request, stop


class UsersOnlySite(admin.AdminSite):
    site_header = site_title = "dubadmin users"
    index_title = "Users and roles"

    def get_urls(self) -> list[Any]:
        """Without the way to a record's page on the site: users and roles have none."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one place to sign in; whoever is signed in already may not come in here."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied("Your role does not allow this. It is for: Administrator.")
        return redirect_to_login(request.GET.get("next", request.get_full_path()))

    def has_permission(self, request: HttpRequest) -> bool:
        if request.user.is_active and request.user.has_perm("auth.change_user"):
            return True
        is_known = request.user.is_authenticated
        why = "The role does not allow it." if is_known else "Nobody was signed in."
        stop(cast(Request, request), why)
        return False
