"""The Sandbox class: start, reset, journal, knobs, a store that persists."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dubadmin.sandbox import Sandbox
from dubadmin.sandbox.store import Store

from .conftest import Api


def test_ready_at_once():
    start = time.monotonic()
    with Sandbox() as dub, Api(dub) as api:
        assert api.get("/customers").json() == []
    assert time.monotonic() - start < 1


def test_reset_goes_back_to_the_start():
    with Sandbox(customers=40, latency_ms=1, plan="advanced") as dub, Api(dub) as api:
        before = dub.state()
        dub.add_customer(external_id="x", link=dub.add_link("x"), lead="Sign up")
        api.delete("/customers/ext_script")
        dub.rate_limit, dub.plan, dub.latency_ms = 5, "free", 0
        dub.advance(100)
        dub.reset()
        assert dub.state() == before
        assert dub.requests == []
        assert (dub.rate_limit, dub.plan, dub.latency_ms) == (None, "advanced", 1)
        assert dub.clock_offset == 0
        assert dub.customer("script") is not None


def test_reset_is_fast(dub):
    start = time.perf_counter()
    for _ in range(10):
        dub.reset()
    assert (time.perf_counter() - start) / 10 < 0.01


def test_reset_clears_keys(dub, api, click):
    api.lead("new", "zzz")
    dub.reset()
    click = dub.add_click(dub.add_link("again"))
    assert api.lead("new", click).json()["link"] is not None


def test_journal(dub, api):
    api.get("/customers/ext_a%2Fb%20c?includeExpandedFields=true")
    api.post("/track/sale", json={"amount": 2**60})
    api.post("/track/sale", data="nonsense")
    read, sale, nonsense = dub.requests
    assert (read.method, read.path, read.status) == ("GET", "/customers/ext_a%2Fb%20c", 404)
    assert read.query == {"includeExpandedFields": "true"}
    assert read.body is None
    assert sale.body == {"amount": 2**60}
    assert nonsense.body == "nonsense"
    assert read.at <= sale.at <= time.time()
    assert dub.count() == 3
    assert dub.count("POST", "/track/sale") == 2
    assert dub.count(path="/customers/*") == 1


def test_background_work_settles_on_demand(dub, api, alice):
    dub.background_ms = 60_000
    api.sale("alice")
    assert dub.sales() == []
    dub.settle()
    assert len(dub.sales()) == 1


def test_unknown_knobs_are_refused():
    with pytest.raises(ValueError, match="no setting named 'latency'"):
        Sandbox(latency=5)
    with pytest.raises(ValueError, match="does not fit"):
        Sandbox(latency_ms="5")


def test_many_clients(dub, alice):
    def one(number):
        with Api(dub) as api:
            return {api.customer("alice").status_code for _ in range(5)}

    with ThreadPoolExecutor(30) as pool:
        assert set.union(*pool.map(one, range(30))) == {200}


def test_a_closed_sandbox_answers_nothing(dub):
    with Sandbox() as other:
        api = Api(other)
        assert api.get("/customers").status_code == 200
    with api, pytest.raises(requests.exceptions.ConnectionError):
        api.get("/customers")


class TestFile:
    def test_it_persists_keys_and_pending_work(self, tmp_path):
        path = tmp_path / "dub.sqlite3"
        with Sandbox(path=path, customers=40, background_ms=60_000) as dub, Api(dub) as api:
            click = dub.add_click(dub.add_link("x"))
            assert api.lead("new", click).json()["link"] is not None
            before = dub.state()
        with Sandbox(path=path, customers=40) as dub, Api(dub) as api:
            after = dub.state()
            assert after["customers"] == before["customers"] == 41
            assert after["leads"] == before["leads"] + 1
            assert api.lead("new", click).json()["link"] is None

    def test_it_resets_too(self, tmp_path):
        with Sandbox(path=tmp_path / "dub.sqlite3", customers=5) as dub:
            dub.add_customer(external_id="x")
            dub.reset()
            assert dub.state()["customers"] == 5

    def test_without_a_way_back_there_is_no_reset(self, tmp_path):
        with (
            Sandbox(path=tmp_path / "dub.sqlite3", resettable=False) as dub,
            pytest.raises(RuntimeError),
        ):
            dub.reset()

    def test_many_clients_write_at_once(self, tmp_path):
        with Sandbox(path=tmp_path / "dub.sqlite3") as dub:
            dub.add_customer(external_id="a", link=dub.add_link("x"), lead="Sign up")

            def one(number):
                with Api(dub) as api:
                    return api.sale("a", 1).status_code

            with ThreadPoolExecutor(12) as pool:
                assert set(pool.map(one, range(36))) == {200}
            assert dub.customer("a")["saleAmount"] == 36

    def test_a_failed_seeding_is_done_again(self, tmp_path):
        path = tmp_path / "dub.sqlite3"
        Store(path).close()
        with Sandbox(path=path, customers=3) as dub:
            assert dub.state()["customers"] == 3


class TestControl:
    """/sandbox/…, which needs no key."""

    def test_state(self, dub, api, alice):
        state = requests.get(dub.url + "/sandbox/state", timeout=5).json()
        assert (state["customers"], state["leads"], state["requests"]) == (1, 1, 0)

    def test_faults(self, dub, api):
        fault = {"method": "GET", "path": "/customers", "status": 500, "times": 0}
        answer = requests.post(dub.url + "/sandbox/faults", json=fault, timeout=5)
        assert answer.status_code == 200
        assert api.get("/customers").status_code == 500
        requests.delete(dub.url + "/sandbox/faults", timeout=5)
        assert api.get("/customers").status_code == 200

    def test_settings(self, dub):
        knobs = {"plan": "free", "rate_limit": None, "clock_offset": 5}
        answer = requests.post(dub.url + "/sandbox/settings", json=knobs, timeout=5)
        assert answer.json()["plan"] == dub.plan == "free"
        again = requests.get(dub.url + "/sandbox/settings", timeout=5).json()
        assert again["clock_offset"] == 5

    def test_reset(self, dub, alice):
        assert requests.post(dub.url + "/sandbox/reset", timeout=5).json()["customers"] == 0

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("settings", b'{"nonsense": 1}'),
            ("settings", b'{"latency_ms": "5"}'),
            ("settings", b"[]"),
            ("faults", b'{"hang_up": "sideways"}'),
            ("faults", b"nonsense"),
        ],
    )
    def test_nonsense(self, dub, path, body):
        answer = requests.post(f"{dub.url}/sandbox/{path}", data=body, timeout=5)
        assert answer.status_code == 400
        assert answer.json()["error"]

    def test_no_such_switch(self, dub):
        assert requests.get(dub.url + "/sandbox/nonsense", timeout=5).status_code == 404
