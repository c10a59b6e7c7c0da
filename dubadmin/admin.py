"""The admin site at /admin/: users and groups, for whoever may change users, staff flag or not."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.views import logout
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from customers.guard import page
from customers.http import Request

_guarded = page("users.view", posted="users.form", permission="auth.change_user", confirm=True)


class UsersOnlySite(admin.AdminSite):
    site_header = site_title = _("dubadmin users")
    index_title = _("Users and roles")

    def get_urls(self) -> list[Any]:
        """Without the way to a record's page on the site: users and roles have none."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        """Users and groups only: what allauth would show here has secrets."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        super().register({User, Group}.intersection(models), *args, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return _guarded(super().admin_view(view, cacheable))

    def has_permission(self, request: HttpRequest) -> bool:
        return True  # the guard has asked

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one place to sign in, and who comes from there may go on."""
        onward: Any = _guarded(lambda request: redirect("admin:index"))(cast(Request, request))
        return cast(HttpResponse, onward)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return logout(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("mfa_index")
