"""Keys, plans, roles, scopes, membership, rate limits: traps A1 to A6, contract section 1."""

import time

import pytest
import requests

from dubadmin.sandbox.limits import Limiter

from .conftest import message

SCOPE = (
    "The provided key does not have the required permissions for this endpoint on the workspace "
    "'ws_clsandbox0002vs9mzn93p8ik'. Having the '{}' permission would allow this request to "
    "continue."
)
ROLE = "You don't have the required role to access this endpoint. Required role(s): owner, member."
PLAN = "Unauthorized: Need higher plan."
DOCS = "https://dub.co/docs/api-reference/errors#"


def ask(dub, authorization=None, path="/customers"):
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.get(dub.url + path, headers=headers, timeout=5)


def test_without_a_header(dub):
    answer = ask(dub)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": {
            "code": "unauthorized",
            "message": "Missing Authorization header.",
            "doc_url": DOCS + "unauthorized",
        }
    }


def test_without_bearer(dub):
    answer = ask(dub, dub.api_key)
    assert answer.status_code == 400
    assert message(answer) == (
        "Misconfigured authorization header. Did you forget to add 'Bearer '? "
        "Learn more: https://d.to/auth"
    )


def test_wrong_and_expired_keys(dub, api):
    answer = ask(dub, "Bearer dub_wrong")
    assert (answer.status_code, message(answer)) == (401, "Unauthorized: Invalid API key.")
    assert "X-RateLimit-Limit" not in answer.headers
    dub.key_expired = True
    answer = api.get("/customers")
    assert (answer.status_code, message(answer)) == (401, "Unauthorized: Access token expired.")


def test_a5_a_key_that_does_not_begin_with_dub(dub):
    answer = ask(dub, "Bearer sk_live_123")
    assert answer.status_code == 404
    assert message(answer).startswith("Workspace ID not found. Did you forget to include")


def test_a5_personal_keys_need_the_workspace_and_go_by_the_free_plan(dub):
    path = "/customers?workspaceId="
    assert ask(dub, "Bearer nonsense", path + "ws_x").status_code == 401
    wrong = ask(dub, f"Bearer {dub.personal_key}", path + "ws_x")
    assert (wrong.status_code, message(wrong)) == (404, "Workspace not found.")
    assert wrong.headers["X-RateLimit-Limit"] == "60"
    right = ask(dub, f"Bearer {dub.personal_key}", path + "ws_clsandbox0002vs9mzn93p8ik")
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("membership", "code", "text"),
    [
        ("pending", "invite_pending", "Workspace invite pending."),
        ("expired", "invite_expired", "Workspace invite expired."),
        ("none", "not_found", "Workspace not found."),
    ],
)
def test_a4_a5_the_keys_user_has_left(dub, api, membership, code, text):
    dub.membership = membership
    answer = api.get("/customers")
    assert answer.status_code == {"pending": 409, "expired": 410, "none": 404}[membership]
    assert answer.json()["error"] == {
        "code": code,
        "message": text,
        "doc_url": DOCS + code.replace("_", "-"),
    }


@pytest.mark.parametrize("plan", ["free", "pro"])
def test_a3_plan(dub, api, plan):
    dub.plan = plan
    for path in ("/customers", "/customers/x", "/events", "/partners"):
        answer = api.get(path)
        assert (answer.status_code, message(answer)) == (403, PLAN)
    assert message(api.sale("x")) == PLAN
    assert api.get("/links").status_code == 200
    assert api.get("/customers/count").status_code == 200


@pytest.mark.parametrize("plan", ["business", "business max", "advanced", "enterprise"])
def test_plans_that_suffice(dub, api, plan):
    dub.plan = plan
    assert api.get("/customers").status_code == 200


@pytest.mark.parametrize("role", ["viewer", "billing"])
def test_a3_role(dub, api, alice, role):
    dub.role = role
    for answer in (
        api.post("/customers", json={}),
        api.patch("/customers/ext_alice", json={}),
        api.delete("/customers/ext_alice"),
        api.lead("alice"),
        api.sale("alice"),
    ):
        assert (answer.status_code, message(answer)) == (403, ROLE)
    assert api.customer("alice").status_code == 200


@pytest.mark.parametrize(
    ("path", "permission"), [("/events", "analytics.read"), ("/links", "links.read")]
)
def test_a3_scope(dub, api, path, permission):
    dub.scopes = "domains.read"
    answer = api.get(path)
    assert (answer.status_code, message(answer)) == (403, SCOPE.format(permission))
    for scopes in (permission, "apis.read", "apis.all"):
        dub.scopes = scopes
        assert api.get(path).status_code == 200


def test_a3_click_usage(dub, api):
    dub.usage_exceeded = True
    answer = api.get("/events")
    assert answer.status_code == 403
    assert message(answer).startswith("You've reached your monthly limit of")
    assert api.get("/customers").status_code == 200


def test_a6_scopes_do_not_protect_customers(dub, api, alice):
    dub.scopes = "links.read"
    assert api.sale("alice").status_code == 200
    assert api.delete("/customers/ext_alice").status_code == 200


def test_a1_rate_limit(dub, api):
    dub.rate_limit = 3
    assert [api.get("/customers").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = api.get("/customers")
    assert answer.json()["error"] == {
        "code": "rate_limit_exceeded",
        "message": "Too many requests.",
        "doc_url": DOCS + "rate-limit_exceeded",
    }
    reset = int(answer.headers["Retry-After"])
    assert answer.headers["X-RateLimit-Reset"] == str(reset)
    assert answer.headers["X-RateLimit-Limit"] == "3"
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert 0 < reset - time.time() * 1000 <= 60_000


def test_a1_every_error_carries_the_headers(dub, api):
    for answer in (api.get("/customers/x"), api.get("/customers?page=x"), api.lead("")):
        assert answer.status_code >= 400
        assert int(answer.headers["Retry-After"]) > 1e12
        assert answer.headers["X-RateLimit-Limit"] == "1200"


def test_a2_success_carries_none_but_links_do(dub, api, alice):
    for answer in (
        api.get("/customers"),
        api.customer("alice"),
        api.get("/events"),
        api.get("/commissions"),
        api.sale("alice"),
    ):
        assert answer.status_code == 200
        assert not [name for name in answer.headers if "rate" in name.lower() or "Retry" in name]
    assert int(api.get("/links").headers["X-RateLimit-Remaining"]) < 1200
    assert "Retry-After" in api.get("/links/info?domain=go.example.com&key=ada").headers


@pytest.mark.parametrize(
    ("plan", "trial", "limit"),
    [("business", False, 1200), ("advanced", False, 3000), ("business", True, 120)],
)
def test_limits_by_plan(dub, api, plan, trial, limit):
    dub.plan, dub.trial = plan, trial
    assert api.get("/links").headers["X-RateLimit-Limit"] == str(limit)


def test_no_limit_at_all(dub, api):
    dub.rate_limit = 0
    assert int(api.get("/links").headers["X-RateLimit-Limit"]) == 10**9


def test_events_go_by_the_second(dub, api):
    dub.events_rate_limit = 1
    statuses = [api.get("/events").status_code for _ in range(6)]
    assert 429 in statuses
    assert api.get("/customers").status_code == 200


def test_events_have_the_plans_limit_on_request(dub, api):
    assert {api.get("/events").status_code for _ in range(10)} == {200}
    dub.enforce_plan_limits = True
    assert 429 in {api.get("/events").status_code for _ in range(20)}


def test_window_slides(monkeypatch):
    now = 1_000_020.0
    monkeypatch.setattr("dubadmin.sandbox.limits.time.time", lambda: now)
    limiter = Limiter()
    allowed = [limiter.ask("k", limit=10, window_ms=60_000).allowed for _ in range(12)]
    assert allowed == [True] * 10 + [False] * 2
    now = 1_000_020.0 + 30 + 60
    monkeypatch.setattr("dubadmin.sandbox.limits.time.time", lambda: now)
    again = [limiter.ask("k", limit=10, window_ms=60_000).allowed for _ in range(12)]
    assert 0 < sum(again) < 10


def test_wrong_method(api):
    assert api.put("/customers").status_code == 405
    assert api.get("/track/lead").status_code == 405


def test_without_a_program(dub, api):
    dub.has_program = False
    for path in ("/partners", "/commissions"):
        answer = api.get(path)
        assert (answer.status_code, message(answer)) == (404, "Program not found")
