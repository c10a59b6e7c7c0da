"""Django's admin, kept to users and groups, for people who may change users."""

from django.contrib.admin.apps import AdminConfig


class DubadminAdmin(AdminConfig):
    default_site = "dubadmin.admin.UsersOnlySite"
