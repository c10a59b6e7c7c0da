"""A customer who came by a link, and a clock that stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from dubadmin.sandbox import Sandbox

Json = dict[str, Any]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def link(dub: Sandbox) -> Json:
    return dub.add_link(key="go")


@pytest.fixture
def una(dub: Sandbox, link: Json) -> Json:
    """Una has the external ID u1, came by the link and signed up a month ago."""
    customer = dub.add_customer("Una", email="una@example.com", external_id="u1", link=link)
    dub.add_lead(customer, "Sign up", at=datetime.now(UTC) - timedelta(days=30))
    return customer
