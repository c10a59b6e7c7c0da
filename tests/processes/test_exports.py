"""An export whose process dies: the worker's is made all the same, a download is known as half."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable

import pytest
import requests
from django.conf import settings as site_settings
from django.contrib.auth.models import User

from customers import exports
from customers.audit import Actor, person
from customers.models import AuditEntry, Export
from dubadmin.sandbox import Sandbox

from .conftest import Browser, Site, eventually
from .workers import Deaths, Workers

pytestmark = pytest.mark.django_db(transaction=True)

State = Export.State
ADDRESS = "/customers/export/"


@pytest.fixture
def crowd(dub: Sandbox) -> list[str]:
    dub.rate_limit = 0
    return [dub.add_customer(f"C{n}", f"c{n}@x.example")["id"] for n in range(300)]


def test_a_worker_that_is_killed_is_followed_by_another(
    dub: Sandbox, crowd: list[str], workers: Workers, deaths: Deaths, people: dict[str, User]
) -> None:
    actor = Actor(**person(people["max"]))
    export = exports.ask(actor=actor, state=State.WALKING, format="csv", columns=["id"])
    deaths.path = "/customers"
    deaths.at |= {3: "lost"}
    killed = 0
    while Export.objects.get(pk=export.pk).is_open:
        killed += workers.run() != 0
    assert killed == 1
    data = b"".join(exports.kept_file(export)).decode("utf-8-sig")
    ids = Counter(row["id"] for row in csv.DictReader(io.StringIO(data)))
    assert ids == Counter(crowd)
    assert AuditEntry.objects.filter(action="export.end").count() == 1


def test_a_download_that_breaks_off_has_no_proper_end(
    dub: Sandbox,
    crowd: list[str],
    start_site: Callable[[], Site],
    sign_in_at: Callable[[Site, str], Browser],
) -> None:
    site = start_site()
    browser = sign_in_at(site, "max")
    browser.get(ADDRESS)
    token = browser.session.cookies.get(site_settings.CSRF_COOKIE_NAME) or ""
    for how in ("Dub", "kill"):
        dub.clear_faults()
        fault = {"status": 503} if how == "Dub" else {"delay_ms": 20_000}
        dub.fault("GET", "/customers", nth=3, times=0, **fault)
        with browser.session.post(
            site.url + ADDRESS,
            {"format": "jsonl", "preset": "all"},
            headers={"X-CSRFToken": token},
            stream=True,
        ) as response:
            assert response.status_code == 200
            pieces = response.iter_content(None)
            came = next(pieces)
            if how == "kill":
                site.kill_worker()
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                came += b"".join(pieces)
        assert came.count(b"cus_") > 0
    broken, lost = Export.objects.order_by("pk")
    eventually(lambda: Export.objects.get(pk=broken.pk).state == State.BROKEN, "telling it")
    assert lost.state == State.STREAMING  # until nobody was at it for some minutes
