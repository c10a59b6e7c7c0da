"""By which IDs and e-mail addresses the log knows a customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower

from .models import AuditEntry, Backwards

LATEST = 500  # entries under one ID or label that are asked for the others
MOST = 20  # IDs and labels of each kind: each is looked for on its own


@dataclass(frozen=True, kw_only=True)
class Aliases:
    """What one text stands for. `ids` and `external_ids` are those that the log is searched for.

    `labels` are what their entries call the customer: mostly e-mail addresses, the latest first.
    `is_cut` tells that there may be more than these.
    """

    ids: list[str]
    external_ids: list[str]
    labels: list[str]
    is_cut: bool = False

    @property
    def every_id(self) -> list[str]:
        return [*self.ids, *self.external_ids]

    def __bool__(self) -> bool:
        return bool(self.every_id or self.labels)


def aliases_of(called: str) -> Aliases:
    """A Dub ID, an external ID (with or without `ext_`) or a label, as the latest entries know it.

    An e-mail address, in any capitals, leads to the IDs of whoever had it, a Dub ID to its external
    IDs. Looks into indexes only, at `MOST` IDs and `LATEST` entries of each, whatever the size of
    the log.
    """
    labelled = _latest(target_label__lower=Lower(Value(called)))
    wanted = _each([called, *(id for id, _, _ in labelled)])
    identified = [row for id in wanted[: MOST + 1] for row in _latest(target_id=id)]
    external_id = called.removeprefix("ext_")
    external = _latest(target_external_id=external_id)
    ids = _each(id for id, _, _ in [*labelled, *identified])
    external_ids = _each(
        [external_id if external else "", *(each for _, each, _ in [*labelled, *identified])]
    )
    labels = _each(label for _, _, label in [*labelled, *identified, *external])
    known = {*ids, *external_ids}
    return Aliases(
        ids=ids[:MOST],
        external_ids=external_ids[:MOST],
        labels=[label for label in labels if label not in known][:MOST],
        is_cut=max(map(len, (ids, external_ids, labels))) > MOST,
    )


def _latest(**filters: Any) -> list[tuple[str, str, str]]:
    """Dub ID, external ID and label of the latest entries, each combination once."""
    entries = AuditEntry.objects.filter(**filters).alias(place=Backwards("pk")).order_by("place")
    rows = entries.values_list("target_id", "target_external_id", "target_label")[:LATEST]
    return list(dict.fromkeys(rows))


def _each(texts: Iterable[str]) -> list[str]:
    """Each text once, without those that are empty."""
    return list(dict.fromkeys(filter(None, texts)))
