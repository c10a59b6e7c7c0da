"""Which step of its life an import takes next (see `models.imports`)."""

from __future__ import annotations

from customers.models import Import

from .staging import stage


def carry_on(number: int) -> float | None:
    """A slice of what is to be done. The seconds until the next one, None when there is none."""
    file = Import.objects.filter(pk=number).first()
    if file is None or file.state != Import.State.STAGING:
        return None
    return 0.0 if stage(file) else None
