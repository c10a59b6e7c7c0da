"""The permissions that the roles are made of."""

from __future__ import annotations

from django.db import models


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
