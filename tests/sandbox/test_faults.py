"""Faults on request: traps A7 and A8."""

import time

import pytest
import requests


def test_status_answers_without_the_effect(dub, api, alice):
    dub.fault(method="POST", path="/track/sale", status=500)
    answer = api.sale("alice")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_server_error"
    assert dub.sales() == []
    assert api.sale("alice").status_code == 200


def test_status_with_the_effect(dub, api, alice):
    dub.fault(method="POST", path="/track/sale", status=503, effect=True)
    assert api.sale("alice").status_code == 503
    assert len(dub.sales()) == 1


def test_code_and_message(dub, api):
    dub.fault(status=403, code="exceeded_limit", message="No more.")
    answer = api.get("/customers")
    assert answer.status_code == 403
    assert answer.json()["error"] == {
        "code": "exceeded_limit",
        "message": "No more.",
        "doc_url": "https://dub.co/docs/api-reference/errors#exceeded-limit",
    }
    dub.fault(code="invite_pending")
    assert api.get("/customers").status_code == 409


def test_nth_and_times(dub, api):
    dub.fault(path="/customers", nth=2, times=2, status=500)
    assert [api.get("/customers").status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_times_zero_never_ends(dub, api):
    dub.fault(path="/customers", times=0, status=500)
    assert {api.get("/customers").status_code for _ in range(5)} == {500}
    dub.clear_faults()
    assert api.get("/customers").status_code == 200


def test_method_and_path_select(dub, api, alice):
    dub.fault(method="PATCH", path="/customers/*", times=0, status=500)
    assert api.customer("alice").status_code == 200
    assert api.patch("/customers/ext_alice", json={}).status_code == 500
    dub.fault(method="GET", path="/customers/ext_a%2Fb", status=418)
    assert api.customer("a/b").status_code == 418


def test_a1_a_429_says_when_to_come_back(dub, api):
    dub.fault(status=429)
    answer = api.get("/customers")
    assert answer.json()["error"]["message"] == "Too many requests."
    assert 0 < int(answer.headers["Retry-After"]) - time.time() * 1000 < 2000
    dub.fault(status=429, headers={"Retry-After": "7"})
    assert api.get("/customers").headers["Retry-After"] == "7"


def test_a7_html_from_a_proxy(dub, api):
    dub.fault(status=502)
    answer = api.get("/customers")
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>502</h1>" in answer.text


def test_a7_any_body(dub, api):
    dub.fault(status=200, body="<html>sign in</html>")
    assert api.get("/customers").text == "<html>sign in</html>"
    dub.fault(status=200, body="", content_type="application/json")
    assert api.get("/customers").content == b""
    dub.fault(body={"a": 1}, status=200)
    assert api.get("/customers").json() == {"a": 1}
    dub.fault(body=b"\xff\xfe", status=200)
    assert api.get("/customers").content == b"\xff\xfe"


def test_a7_truncated(dub, api, alice):
    dub.fault(truncate=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.customer("alice")
    assert api.customer("alice").status_code == 200


def test_a8_hanging_up_before_the_effect(dub, api, alice):
    dub.fault(method="POST", path="/track/sale", hang_up="before")
    with pytest.raises(requests.exceptions.ConnectionError):
        api.sale("alice")
    assert dub.sales() == []
    assert dub.requests[-1].status == 0


def test_a8_hanging_up_after_the_effect(dub, api, alice):
    dub.fault(method="POST", path="/track/sale", hang_up="after")
    with pytest.raises(requests.exceptions.ConnectionError):
        api.sale("alice", invoiceId="INV_1")
    assert len(dub.sales()) == 1
    assert api.sale("alice", invoiceId="INV_1").json()["sale"]["amount"] == 4900
    assert len(dub.sales()) == 1


def test_a8_delay_comes_after_the_effect(dub, api, alice):
    dub.fault(delay_ms=300)
    with pytest.raises(requests.exceptions.ReadTimeout):
        api.post("/track/sale", json={"customerExternalId": "alice", "amount": 1}, timeout=0.1)
    assert len(dub.sales()) == 1


def test_latency(dub, api):
    dub.latency_ms = 60
    start = time.monotonic()
    api.get("/customers")
    assert time.monotonic() - start >= 0.06


def test_reset_clears_faults(dub, api):
    dub.fault(times=0, status=500)
    dub.reset()
    assert api.get("/customers").status_code == 200


def test_nonsense_is_refused(dub):
    with pytest.raises(ValueError, match="hang_up"):
        dub.fault(hang_up="sideways")
    with pytest.raises(ValueError, match="nth"):
        dub.fault(nth=0)
    with pytest.raises(TypeError):
        dub.fault(nonsense=1)
