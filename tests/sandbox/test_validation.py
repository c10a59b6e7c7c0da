"""The 422 texts of contract section 5, and the 400 for what is not JSON."""

import pytest

from .conftest import message

STRING = "Invalid input: expected string, received "
PROCESSORS = '"stripe"|"shopify"|"polar"|"paddle"|"apple"|"revenuecat"|"dub"|"custom"'
METADATA = "custom: metadata: Metadata must be less than 10,000 characters when stringified"
LONG = {"text": "x" * 10_000}

PATCH = [
    ({"email": "nonsense"}, "invalid_format: email: Invalid email address"),
    ({"email": 5}, "invalid_type: email: Invalid input: expected string, received number"),
    ({"email": ""}, "invalid_format: email: Invalid email address"),
    ({"avatar": "nonsense"}, "invalid_format: avatar: Invalid URL"),
    ({"externalId": None}, "invalid_type: externalId: External ID is required"),
    ({"country": None}, f"invalid_type: country: {STRING}null"),
    ({"name": True}, f"invalid_type: name: {STRING}boolean"),
    ({"email": "x", "country": 1}, "invalid_format: email: Invalid email address"),
    ([], "invalid_type: : Invalid input: expected object, received array"),
    ("text", "invalid_type: : Invalid input: expected object, received string"),
]
CREATE = [
    ({"country": "US"}, "invalid_type: externalId: External ID is required"),
    ({"externalId": "x"}, f"invalid_type: country: {STRING}undefined"),
]
LEAD = [
    ({"eventName": None}, f"invalid_type: eventName: {STRING}null"),
    ({"eventName": "  "}, "too_small: eventName: eventName is required"),
    (
        {"eventName": "x" * 256},
        "too_big: eventName: Too big: expected string to have <=255 characters",
    ),
    (
        {"customerName": "x" * 101},
        "too_big: customerName: Too big: expected string to have <=100 characters",
    ),
    ({"customerEmail": "x"}, "invalid_format: customerEmail: Invalid email address"),
    (
        {"customerEmail": "x" * 90 + "@example.com"},
        "too_big: customerEmail: Too big: expected string to have <=100 characters",
    ),
    ({"metadata": LONG}, METADATA),
    (
        {"metadata": "text"},
        "invalid_type: metadata: Invalid input: expected record, received string",
    ),
    (
        {"mode": "later"},
        'invalid_value: mode: Invalid option: expected one of "async"|"wait"|"deferred"',
    ),
    ({"eventQuantity": 0}, "too_small: eventQuantity: Too small: expected number to be >0"),
    (
        {"eventQuantity": 1.5},
        "invalid_type: eventQuantity: Invalid input: expected int, received number",
    ),
    ({"eventQuantity": 101}, "too_big: eventQuantity: Too big: expected number to be <=100"),
]
SALE = [
    ({"amount": -1}, "too_small: amount: amount cannot be negative"),
    ({"amount": None}, "invalid_type: amount: amount is required"),
    ({"amount": "100"}, "invalid_type: amount: amount is required"),
    ({"amount": True}, "invalid_type: amount: amount is required"),
    ({"amount": 1.5}, "invalid_type: amount: Invalid input: expected int, received number"),
    (
        {"paymentProcessor": "cash"},
        f"invalid_value: paymentProcessor: Invalid option: expected one of {PROCESSORS}",
    ),
    ({"metadata": LONG}, METADATA),
    (
        {"customerName": "🦊" * 51},
        "too_big: customerName: Too big: expected string to have <=100 characters",
    ),
    ({"customerEmail": "x"}, "invalid_format: customerEmail: Invalid email address"),
    (
        {"eventName": "x" * 256},
        "too_big: eventName: Too big: expected string to have <=255 characters",
    ),
]
QUERIES = [
    ("/customers?pageSize=101", "too_big: pageSize: Max page size is 100."),
    ("/customers?page=0", "too_small: page: Page must be greater than 0."),
    ("/customers?page=abc", "invalid_type: page: Page must be a number."),
    ("/customers?page=1.5", "invalid_type: page: Page must be an integer."),
    (
        "/customers?sortBy=bad",
        "invalid_value: sortBy: Invalid option: expected one of "
        '"createdAt"|"saleAmount"|"firstSaleAt"|"subscriptionCanceledAt"',
    ),
    (
        "/customers?sortOrder=bad",
        'invalid_value: sortOrder: Invalid option: expected one of "asc"|"desc"',
    ),
    (
        "/customers?includeExpandedFields=1",
        'invalid_value: includeExpandedFields: Invalid option: expected one of "true"|"false"',
    ),
    (
        "/events?event=clickz",
        'invalid_value: event: Invalid option: expected one of "clicks"|"leads"|"sales"',
    ),
    (
        "/events?event=composite",
        'invalid_value: event: Invalid option: expected one of "clicks"|"leads"|"sales"',
    ),
    (
        "/events?interval=2d",
        "invalid_value: interval: Invalid option: expected one of "
        '"24h"|"7d"|"30d"|"90d"|"1y"|"mtd"|"qtd"|"ytd"|"all"',
    ),
    (
        "/events?start=2020-01-01",
        "custom: start: The start date cannot be earlier than September 22, 2022.",
    ),
    ("/events?start=garbage", "custom: start: Invalid date"),
    ("/events?limit=1001", "too_big: limit: Max page size is 1000."),
    ("/commissions?pageSize=101", "too_big: pageSize: Max page size is 100."),
    (
        "/commissions?status=bad",
        'invalid_value: status: Invalid option: expected one of "pending"|"processed"|"paid"|'
        '"refunded"|"duplicate"|"fraud"|"canceled"|"hold"',
    ),
]


def check(answer, expected):
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"] == {
        "code": "unprocessable_entity",
        "message": expected,
        "doc_url": "https://dub.co/docs/api-reference/errors#unprocessable-entity",
    }


@pytest.mark.parametrize(("body", "expected"), PATCH)
def test_patch(api, alice, body, expected):
    check(api.patch("/customers/ext_alice", json=body), expected)


@pytest.mark.parametrize(("body", "expected"), CREATE)
def test_create(api, body, expected):
    check(api.post("/customers", json=body), expected)


@pytest.mark.parametrize(("body", "expected"), LEAD)
def test_lead(dub, api, click, body, expected):
    check(api.lead("x", click, **body), expected)
    assert api.lead("x", click).json()["link"] is not None, "a 422 burns no dedupe key"


@pytest.mark.parametrize(("body", "expected"), SALE)
def test_sale(api, alice, body, expected):
    check(api.sale("alice", **{"amount": 1} | body), expected)


@pytest.mark.parametrize(("path", "expected"), QUERIES)
def test_queries(api, path, expected):
    check(api.get(path), expected)


@pytest.mark.parametrize("body", [{}, {"name": "x" * 180}, {"avatar": None}, {"unknown": 1}])
def test_accepted_by_patch(api, alice, body):
    assert api.patch("/customers/ext_alice", json=body).status_code == 200


def test_missing_keys(api, click):
    body = {"customerExternalId": "x", "clickId": click}
    check(api.post("/track/lead", json=body), f"invalid_type: eventName: {STRING}undefined")
    check(api.post("/track/sale", json=body), "invalid_type: amount: amount is required")


def test_missing_external_id_is_a_400(api, click):
    for path, body in (("lead", {"eventName": "x", "clickId": click}), ("sale", {"amount": 1})):
        answer = api.post(f"/track/{path}", json=body)
        assert (answer.status_code, message(answer)) == (400, "customerExternalId is required")


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"a": NaN}', b"\xff"])
def test_what_is_not_json(api, body):
    answer = api.post("/track/lead", data=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "bad_request",
        "message": "Invalid JSON format in request body. "
        "Please ensure the request body is a valid JSON object.",
        "doc_url": "https://dub.co/docs/api-reference/errors#bad-request",
    }


@pytest.mark.parametrize(
    "address", ["ada@example.com", "o'brien+x@mail.example.co.uk", "A.B_c-1@x-y.io"]
)
def test_good_emails(api, alice, address):
    assert api.patch("/customers/ext_alice", json={"email": address}).status_code == 200


@pytest.mark.parametrize(
    "address", ["a@b", ".a@example.com", "a..b@example.com", "a@exa mple.com", "köln@example.com"]
)
def test_bad_emails(api, alice, address):
    assert api.patch("/customers/ext_alice", json={"email": address}).status_code == 422
