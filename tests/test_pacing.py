"""All of the deployment together keep to the rate of the Dub plan, people before background (A2).

Time stands still in these tests and moves on only by what `pace` sleeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import time_machine

from customers import services
from customers.models import Outcome, Pace
from customers.pacing import PATIENCE_SECONDS, hold, pace
from customers.preflight import check_sale
from dubadmin.connect import dub as dub_client
from dubadmin.connect import reserved
from dubadmin.dub.commands import TrackSale
from dubadmin.dub.errors import RateLimited
from dubadmin.dub.reads import GetCustomer, ListCustomers, ListEvents
from dubadmin.sandbox import Sandbox

from .at_once import AtOnce
from .conftest import ALICE

START = 1_800_000_000.0
BURST = {23, 24}  # 4 % of 600; the last may fall to rounding
HALF = {11, 12}


class Clock:
    def __init__(self, traveller: time_machine.Traveller) -> None:
        self.now = START
        self.traveller = traveller

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.traveller.move_to(self.now)


@pytest.fixture
def clock(settings: Any) -> Iterator[Clock]:
    settings.DUB_API_KEY = "dub_pacing"
    settings.DUB_RATE_LIMIT_PER_MINUTE = 600
    with time_machine.travel(START, tick=False) as traveller:
        yield Clock(traveller)


def no_sleep(seconds: float) -> None:
    raise RateLimited("would have to wait", wait=seconds)


def how_many_leave_now(n: int = 1, **options: Any) -> int:
    """How many requests may leave before the first would have to wait."""
    left = 0
    try:
        while left < 10_000:
            pace(n, sleep=no_sleep, **options)
            left += n
    except RateLimited:
        return left
    raise AssertionError("nothing ever waits")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rate", "page"), [(10, 1), (20, 8), (60, 1), (60, 8), (120, 3), (600, 8), (3000, 10)]
)
def test_a2_no_minute_has_more_requests_than_the_plan_allows(
    rate: int, page: int, clock: Clock, settings: Any
) -> None:
    settings.DUB_RATE_LIMIT_PER_MINUTE = rate
    left: list[float] = []
    while clock.now < START + 100:
        try:
            pace(page, background=bool(len(left) % 3), sleep=clock.sleep)
            left += [clock.now] * page
        except RateLimited as error:
            clock.sleep(error.wait)
    in_a_minute = [sum(start <= at < start + 60 for at in left) for start in left]
    assert max(in_a_minute) <= rate


@pytest.mark.django_db
def test_a2_the_rate_is_used_up_and_not_only_kept(clock: Clock) -> None:
    left = 0
    while clock.now < START + 60:
        pace(5, sleep=clock.sleep)
        left += 5
    assert left >= 0.98 * 600


@pytest.mark.django_db
def test_a2_one_page_never_waits_when_nobody_else_asks(clock: Clock, settings: Any) -> None:
    settings.DUB_RATE_LIMIT_PER_MINUTE = 60
    pace(10, sleep=no_sleep)


@pytest.mark.django_db
def test_a2_people_go_before_background_work(clock: Clock) -> None:
    background = how_many_leave_now(background=True)
    assert background in HALF
    assert background + how_many_leave_now() in BURST
    with pytest.raises(RateLimited):
        pace(1, background=True, sleep=no_sleep)


@pytest.mark.django_db
def test_a2_a_person_is_told_when_it_would_take_too_long(clock: Clock) -> None:
    hold(PATIENCE_SECONDS + 10)
    slept: list[float] = []
    with pytest.raises(RateLimited) as limited:
        pace(1, sleep=slept.append)
    assert not slept
    assert PATIENCE_SECONDS + 10 <= limited.value.wait <= PATIENCE_SECONDS + 11


@pytest.mark.django_db
def test_a2_patience_is_for_the_whole_wait_when_others_keep_being_quicker(clock: Clock) -> None:
    how_many_leave_now()

    def too_late(seconds: float) -> None:
        clock.sleep(seconds)
        how_many_leave_now()

    with pytest.raises(RateLimited):
        pace(1, sleep=too_late)
    assert clock.now <= START + PATIENCE_SECONDS


@pytest.mark.django_db
def test_a2_background_work_waits_as_long_as_it_takes(clock: Clock) -> None:
    hold(300)
    pace(1, background=True, sleep=clock.sleep)
    assert clock.now >= START + 300


@pytest.mark.django_db
def test_a2_a_clock_that_is_set_back_holds_nobody_up(clock: Clock) -> None:
    """A machine may boot with a wrong time and be put right later."""
    pace(1, sleep=no_sleep)
    clock.sleep(-7200)
    assert how_many_leave_now() in BURST


@pytest.mark.django_db
def test_a2_every_key_has_a_bucket_of_its_own(clock: Clock, settings: Any) -> None:
    assert how_many_leave_now() in BURST
    settings.DUB_API_KEY = "dub_another"
    assert how_many_leave_now() in BURST
    names = set(Pace.objects.values_list("name", flat=True))
    assert names == {hashlib.sha256(key).hexdigest() for key in (b"dub_pacing", b"dub_another")}


def test_a2_threads_and_processes_share_one_bucket(at_once: AtOnce, clock: Clock) -> None:
    left = at_once(*[how_many_leave_now] * 4)
    assert sum(left) in BURST


def test_a2_much_background_work_leaves_people_their_half(at_once: AtOnce, clock: Clock) -> None:
    background = at_once(*[lambda: how_many_leave_now(background=True)] * 3)
    people = at_once(how_many_leave_now)
    assert sum(background) in HALF
    assert sum(background) + sum(people) in BURST


@pytest.mark.django_db
@pytest.mark.parametrize("used", [0, 2, 5, 7])
def test_a2_what_was_reserved_and_not_used_is_there_for_others(
    used: int, dub: Sandbox, clock: Clock, settings: Any
) -> None:
    settings.DUB_API_KEY, settings.DUB_RATE_LIMIT_PER_MINUTE = dub.api_key, 600
    how_many_leave_now()
    clock.sleep(60)
    with reserved(5):
        for _ in range(used):
            dub_client().fetch(ListCustomers())
    assert used + how_many_leave_now() in {22, 23, 24}


READS: dict[str, Callable[[], Any]] = {
    "one read": lambda: dub_client().fetch(ListCustomers()),
    "several reads": lambda: dub_client().fetch_together(GetCustomer(id="ext_u1"), ListCustomers()),
}


@pytest.mark.django_db
@pytest.mark.parametrize("read", READS)
def test_a1_a2_a_pause_that_dub_asks_for_holds_everybody_back(
    read: str, dub: Sandbox, clock: Clock, settings: Any
) -> None:
    settings.DUB_API_KEY = dub.api_key
    dub.fault(status=429, times=0, headers={"Retry-After": str(int((START + 40) * 1000))})
    with suppress(RateLimited):
        READS[read]()
    asked = dub.count()
    with pytest.raises(RateLimited) as held:
        dub_client().fetch(ListCustomers())
    assert dub.count() == asked
    assert 40 <= held.value.wait <= 41
    clock.sleep(41)
    pace(1, sleep=no_sleep)


@pytest.mark.django_db
def test_a1_a2_a_pause_asked_of_a_write_holds_the_next_write_back(
    dub: Sandbox, clock: Clock, settings: Any
) -> None:
    settings.DUB_API_KEY = dub.api_key
    link = dub.add_link()
    dub.add_customer(external_id="u1", link=link, lead="Sign up")
    sale = TrackSale(customer_external_id="u1", amount=1, currency="usd", invoice_id="I")
    preflight = check_sale(sale)
    dub.fault(method="POST", status=429, headers={"Retry-After": "30"})
    for _ in range(2):
        entry = services.record_sale(sale, preflight=preflight, actor=ALICE)
        assert entry.outcome == Outcome.NOT_SENT
    assert dub.count("POST") == 1
    assert not dub.sales()


@pytest.mark.django_db
def test_a2_the_limit_on_events_is_their_own(dub: Sandbox, clock: Clock, settings: Any) -> None:
    settings.DUB_API_KEY = dub.api_key
    dub.fault(path="/events", status=429, times=0, headers={"Retry-After": "30"})
    answers = dub_client().fetch_together(ListEvents(kind="leads"), ListCustomers())
    assert [type(answer) for answer in answers] == [RateLimited, list]
    assert dub_client().fetch(ListCustomers()) == []
