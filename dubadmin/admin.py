"""The admin site at /admin/: open to whoever may change users, staff flag or not."""

from django.contrib import admin
from django.http import HttpRequest


class UsersOnlySite(admin.AdminSite):
    site_header = site_title = "dubadmin users"
    index_title = "Users and roles"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.has_perm("auth.change_user")
