"""The five roles. Dub's key scopes protect nothing here (trap A6), so these do."""

from __future__ import annotations

from typing import Any

_LOOK = ["view_customers"]
_EDIT = [*_LOOK, "edit_customers", "record_events"]
_MANAGE = [*_EDIT, "delete_customers", "move_files"]
_USERS = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in ("user",)]

# An administrator can give any role to anybody, so withholding pages from one protects nothing.
ROLES = {
    "Viewer": _LOOK,
    "Editor": _EDIT,
    "Manager": _MANAGE,
    "Auditor": [*_LOOK, "view_audit"],
    "Administrator": [*_MANAGE, "view_audit", *_USERS, "view_group"],
}


def install(apps: Any) -> None:
    """Makes the groups and gives them their permissions; safe to call again."""
    content_type = apps.get_model("contenttypes", "ContentType")
    permission = apps.get_model("auth", "Permission")
    group = apps.get_model("auth", "Group")

    def find(codename: str) -> Any:
        app, model = (
            ("auth", codename.split("_")[1]) if codename in _OF_AUTH else ("customers", "access")
        )
        kind, _ = content_type.objects.get_or_create(app_label=app, model=model)
        return permission.objects.get_or_create(
            codename=codename,
            content_type=kind,
            defaults={"name": "Can " + codename.replace("_", " ")},
        )[0]

    for name, codenames in ROLES.items():
        role, _ = group.objects.get_or_create(name=name)
        role.permissions.set([find(codename) for codename in codenames])


_OF_AUTH = {*_USERS, "view_group"}
