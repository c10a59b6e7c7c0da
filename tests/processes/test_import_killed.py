"""An import whose worker is killed while it sends: every sale is at Dub, and none twice.

Twenty times, of a thousand rows: tests/benchmarks/imports.py.
"""

from __future__ import annotations

from collections import Counter

import pytest
from django.contrib.auth.models import User

from customers import imports
from customers.audit import Actor, person
from customers.models import Outcome
from dubadmin.sandbox import Sandbox

from ..imports.rows import SALE, checked, import_of, now, outcomes
from .workers import Deaths, Workers

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 60


def test_every_row_is_one_sale(
    dub: Sandbox, workers: Workers, deaths: Deaths, people: dict[str, User]
) -> None:
    workers.environment["FOLLOW_UP_SECONDS"] = "5"
    max_acts = Actor(**person(people["max"]))
    link = dub.add_link()
    for n in range(ROWS):
        dub.add_customer(email=f"c{n}@x.com", external_id=f"u{n}", link=link, lead="Sign up")
    rows = [(f"u{n}", f"{n + 1}.00", "USD", f"INV-{n}") for n in range(ROWS)]
    file = checked(import_of("sales", SALE, *rows, actor=max_acts))
    assert imports.start(file, actor=max_acts)

    deaths.path, deaths.at = "/track/sale", {15: "lost", 40: "done"}
    assert workers.run_while(lambda: now(file).is_open) == 2

    assert outcomes(file) == {Outcome.RECORDED: ROWS}
    sales = Counter((sale["invoice_id"], sale["amount"]) for sale in dub.sales())
    assert sales == {(f"INV-{n}", 100 * (n + 1)): 1 for n in range(ROWS)}
