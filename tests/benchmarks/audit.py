"""How long a page of the audit log takes at a million entries on PostgreSQL, by each filter.

    DATABASE_URL=postgres://… nice -n -15 .venv/bin/python -m pytest tests/benchmarks/audit.py -s

Prints the medians of the queries behind a page of 50 and of the whole page, and the indexes that
were used. Whoever has left, the words of a campaign, and a batch are old: a plan that goes through
the newest entries first pays for that. With `--reuse-db` the entries stay for the next run.
"""

from __future__ import annotations

import logging
import re
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.audit import Actor, note
from customers.forms import AuditListForm
from customers.models import AuditEntry, Batch, lifted
from customers.views import log

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL's plans"),
]

ENTRIES = 1_000_000
RUNS = 20
LIMIT_MS = 50
PEOPLE = 40
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ENTRY = """
INSERT INTO customers_auditentry (salt, at, settled_at, duration_ms, request_id, actor_id,
    actor_name, role, ip, user_agent, action, target_id, target_external_id, target_label, reason,
    asked, sent, answered, before, after, outcome, explanation, lead_key, relation, batch_id,
    digest)
SELECT gen_random_uuid(), at, at, 40, md5(n::text), who::text,
    CASE WHEN n < %(entries)s / 10 AND n %% 5 = 0 THEN 'gone' ELSE 'person' || who END,
    'Editor', '198.51.100.' || n %% 250, 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0',
    action, id, external, external || '@example.com',
    CASE WHEN is_write THEN
        (ARRAY['Asked by phone', 'Typing mistake', 'Bank transfer', ''])[1 + n %% 4]
        || ' w' || floor(9000 * random() ^ 4) || ' w' || floor(9000 * random() ^ 4)
        || ' ticket ' || n %% 90000 || CASE WHEN n < %(entries)s / 10 THEN ' campaign' ELSE '' END
        || CASE WHEN n %% 33333 = 0 THEN ' giraffe' ELSE '' END
    ELSE '' END,
    jsonb_build_object('method', 'GET', 'path', '/customers/' || id || '/'),
    CASE WHEN is_write THEN jsonb_build_object('method', 'POST', 'path', '/track/sale', 'body',
        jsonb_build_object('invoiceId', 'INV-' || n, 'amount', n, 'customerExternalId', external,
            'eventName', 'Purchase', 'currency', 'usd')) END,
    CASE WHEN is_write THEN jsonb_build_object('status', 200, 'content_type', 'application/json',
        'code', '', 'message', '', 'body', repeat('{"customer": "' || external || '"}', 20)) END,
    CASE WHEN is_write THEN jsonb_build_object('id', id, 'name', 'Ada', 'country', 'DE') END,
    CASE WHEN is_write THEN jsonb_build_object('id', id, 'name', 'Eve', 'country', 'DE') END,
    CASE WHEN NOT is_write THEN CASE WHEN n %% 50 = 0 THEN 'blocked' ELSE 'done' END
        ELSE (ARRAY['recorded', 'recorded', 'recorded', 'recorded', 'differs', 'not_recorded',
            'refused', 'not_sent', 'unknown', 'recorded'])[1 + n / 7 %% 10] END,
    CASE WHEN is_write THEN 'Dub stored every change as asked.' ELSE '' END, '', '',
    CASE WHEN is_write AND n > %(entries)s / 5 AND n < %(entries)s / 4
        THEN (SELECT min(id) FROM customers_batch) END, ''
FROM (
    SELECT n, %(now)s - (%(entries)s - n) * interval '25 seconds' AS at,
        floor(%(people)s * random() ^ 2)::int AS who,
        'cus_' || customer AS id, 'user_' || customer AS external,
        (ARRAY['customer.view', 'customer.list', 'customer.view', 'home.view', 'customer.find',
            'result.view', 'audit.list', 'customer.update', 'sale.record', 'lead.record'])
            [1 + (n * 7919 + n / 10) %% 10] AS action,
        (n * 7919 + n / 10) %% 10 >= 7 AS is_write
    FROM (SELECT n, CASE WHEN n %% 40 = 0 THEN 7 ELSE floor(60000 * random())::int END AS customer
        FROM generate_series(1, %(entries)s::bigint) AS n) AS numbers
) AS made
"""


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        if AuditEntry.objects.filter(actor_name="gone").exists():
            return
        Batch.objects.create(action="customer.update", actor={}, total=1, key="bench")
        started = time.monotonic()
        with lifted(), connection.cursor() as cursor:
            cursor.execute(ENTRY, {"entries": ENTRIES, "people": PEOPLE, "now": NOW})
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"\n{ENTRIES:,} entries made in {time.monotonic() - started:.0f} s")


def addresses() -> list[str]:
    day, month, month_end = (f"{NOW - timedelta(days=days):%Y-%m-%d}" for days in (0, 200, 170))
    batch = Batch.objects.get(key="bench").pk
    return [
        "",
        "after=0",
        f"before={ENTRIES // 2}",
        "person=person0",
        "person=gone",
        "person=nobody",
        "action=customer.update",
        "action=writes",
        "action=looks",
        "action=session.fail",
        "outcome=recorded",
        "outcome=unknown",
        "outcome=pending",
        "outcome=failed",
        "customer=cus_7",
        "customer=ext_user_4711",
        "customer=User_4711@Example.com",
        f"since={day}",
        f"since={month}&until={month_end}",
        f"until={NOW - timedelta(days=280):%Y-%m-%d}",
        f"batch={batch}",
        "text=giraffe",
        "text=INV-4711",
        "text=ticket",
        "text=campaign",
        "text=stored every",
        "text=user_4711@example.com",
        "text=zebra",
        "person=person0&action=customer.update",
        "person=gone&action=customer.update",
        "person=gone&outcome=blocked",
        "person=person0&outcome=not_recorded",
        "action=sale.record&outcome=unknown",
        "action=writes&outcome=refused",
        f"person=person0&since={month}&until={month_end}",
        f"person=gone&since={day}",
        f"action=customer.update&since={month}&until={month_end}",
        f"outcome=unknown&since={month}&until={month_end}",
        "customer=cus_7&action=writes",
        "customer=cus_7&action=looks&person=person39",
        f"batch={batch}&outcome=refused",
        "text=giraffe&person=person0",
        "text=ticket&person=gone",
        "text=campaign&action=customer.update",
        "text=ticket&outcome=unknown",
        f"text=ticket&since={month}&until={month_end}",
        f"person=person0&action=customer.update&outcome=differs&since={month}&text=ticket",
    ]


def test_a_page_of_the_log(filled: None) -> None:
    user, _ = User.objects.get_or_create(username="bench")
    user.groups.add(Group.objects.get(name="Auditor"))
    client = Client()
    client.force_login(user)
    logging.disable()
    print(f"\n{ENTRIES:,} entries, {RUNS} runs each; medians in ms")
    print(f"{'filters':<58}{'queries':>9}{'page':>8}  indexes")
    slowest = max(measure(query, client) for query in addresses())
    print(f"slowest: {slowest:.1f} ms")
    print(f"needs attention: {_median(lambda: client.get('/attention/')):.1f} ms")
    print(f"one more entry: {_median(lambda: note('customer.view', actor=Actor())):.1f} ms")


def measure(query: str, client: Client) -> float:
    form = AuditListForm(dict(pair.split("=") for pair in query.split("&")) if query else {})
    assert form.is_valid(), form.errors
    queries = _median(lambda: log.page_of(form))
    page = _median(lambda: client.get(f"/audit/?{query}"))
    slow = " SLOW" if max(queries, page) > LIMIT_MS else ""
    print(f"{query or '(none)':<58}{queries:>9.1f}{page:>8.1f}  {_indexes(form)}{slow}")
    return max(queries, page)


def _median(call: Callable[[], Any]) -> float:
    times = []
    for number in range(RUNS + 2):
        started = time.perf_counter()
        call()
        if number >= 2:
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _indexes(form: Any) -> str:
    with CaptureQueriesContext(connection) as captured:
        log.page_of(form)
    used, scans = set[str](), False
    for each in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {each['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        used |= set(re.findall(r"(?:using|Bitmap Index Scan on) (\w+)", plan))
        scans |= "Seq Scan" in plan
    short = {name.replace("customers_auditentry_", "") for name in used}
    return ", ".join(sorted(short)) + (" SCANS THE TABLE" if scans else "")
