"""/metrics: what the processes counted, and what is open in the database, for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from customers import chain, followup, heartbeat
from customers.http import Request
from customers.models import Batch, BatchRow, Import, ImportRow


@require_safe
def metrics(request: Request) -> HttpResponse:
    """For who sends METRICS_TOKEN as the bearer. For all others there is no such page."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, expected):
        raise Http404
    figures = generate_latest(_counted()) + generate_latest(_Open())
    return HttpResponse(figures, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _counted() -> CollectorRegistry:
    """Of all web processes of this machine, where they share a folder for it."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class _Open(CollectorRegistry):
    """The same for whichever process is asked, since it is in the database."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        tasks = DBTaskResult.objects.ready()
        oldest = tasks.order_by("enqueued_at").values_list("enqueued_at", flat=True).first()
        waits = (timezone.now() - oldest).total_seconds() if oldest else 0.0
        batch_rows = BatchRow.objects.filter(batch__state__in=Batch.OPEN, state="waiting")
        import_rows = ImportRow.objects.filter(file__state__in=Import.OPEN, state="waiting")
        for name, words, value in (
            ("dubadmin_workers", "Workers heard of lately", heartbeat.alive()),
            ("dubadmin_queue_tasks", "Tasks that a worker may take now", tasks.count()),
            ("dubadmin_queue_oldest_seconds", "How long the oldest of them has waited", waits),
            ("dubadmin_batch_rows_waiting", "Customers of open batches", batch_rows.count()),
            ("dubadmin_import_rows_waiting", "Rows of open imports", import_rows.count()),
            (
                "dubadmin_unsettled_entries",
                "Writes and events that need a person",
                followup.all_unsettled().count(),
            ),
            ("dubadmin_unlinked_seals", "Entries not yet in the chain", chain.unlinked()),
        ):
            yield GaugeMetricFamily(name, words, value=value)
