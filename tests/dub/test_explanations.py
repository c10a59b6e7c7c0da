"""Every error body of Dub's, and every failure without one, in plain words (A3 to A7, R2, R3)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dubadmin.dub.causes import CAUSES
from dubadmin.dub.errors import (
    Answer,
    DubError,
    RateLimited,
    Refused,
    Unavailable,
    Uncertain,
    is_database_text,
)
from dubadmin.dub.explain import Explanation, explain

ACTIONS = ["", "customer.update", "customer.delete", "lead.record", "sale.record"]


def says(status: int, code: str, message: str) -> Answer:
    return Answer(
        status=status, content_type="application/json", body="", code=code, message=message
    )


def refused(status: int, code: str, message: str) -> Refused:
    return Refused("Dub refused.", answer=says(status, code, message))


def invalid(message: str) -> Refused:
    return refused(422, "unprocessable_entity", message)


# Contract, section 4: status, code, message, kind, form field, and words that must be there.
BODIES: list[tuple[int, str, str, str, str, str]] = [
    (
        400,
        "bad_request",
        "Invalid JSON format in request body. Please ensure the request body is a valid JSON "
        "object.",
        "invalid",
        "",
        "damaged",
    ),
    (
        400,
        "bad_request",
        "Misconfigured authorization header. Did you forget to add 'Bearer '? Learn more: "
        "https://d.to/auth",
        "key",
        "",
        "API key",
    ),
    (
        400,
        "bad_request",
        "The `clickId` property was not provided in the request, and no existing customer with "
        "the provided `customerExternalId` was found.",
        "customer_unknown",
        "click_id",
        "Without a click ID",
    ),
    (
        400,
        "bad_request",
        "customerExternalId is required",
        "invalid",
        "customer_external_id",
        "external ID",
    ),
    (401, "unauthorized", "Missing Authorization header.", "key", "", "saw no API key"),
    (401, "unauthorized", "Unauthorized: Invalid API key.", "key", "", "wrong"),
    (401, "unauthorized", "Unauthorized: Access token expired.", "key", "", "expired"),
    (403, "forbidden", "Unauthorized: Need higher plan.", "plan", "", "plan"),
    (
        403,
        "forbidden",
        "You don't have the required role to access this endpoint. Required role(s): owner, "
        "member.",
        "role",
        "",
        "owner, member",
    ),
    (
        403,
        "forbidden",
        "The provided key does not have the required permissions for this endpoint on the "
        "workspace 'ws_clrei1gld0002vs9mzn93p8ik'. Having the 'analytics.read' permission would "
        "allow this request to continue.",
        "scope",
        "",
        "analytics.read",
    ),
    (
        404,
        "not_found",
        "Customer not found. Make sure you're using the correct customer ID (e.g. "
        "`cus_3TagGjzRzmsFJdH8od2BNCsc`) or external ID (has to be prefixed with `ext_`).",
        "customer_unknown",
        "",
        "No customer",
    ),
    (
        404,
        "not_found",
        "Click event not found for clickId: zzz",
        "click_unknown",
        "click_id",
        "No click",
    ),
    (
        409,
        "conflict",
        "A customer with this external ID already exists.",
        "conflict",
        "",
        "already has",
    ),
    (409, "invite_pending", "Workspace invite pending.", "access_lost", "", "lost access"),
    (410, "invite_expired", "Workspace invite expired.", "access_lost", "", "lost access"),
    (
        422,
        "unprocessable_entity",
        "invalid_format: email: Invalid email address",
        "invalid",
        "email",
        "e-mail",
    ),
    (
        422,
        "unprocessable_entity",
        "Invalid cursor: the provided ID does not exist.",
        "cursor",
        "",
        "deleted",
    ),
    (429, "rate_limit_exceeded", "Too many requests.", "rate", "", "Wait 42 seconds"),
    (
        500,
        "internal_server_error",
        "An internal server error occurred. Please contact our support if the problem persists.",
        "internal",
        "",
        "failed",
    ),
]


def error_of(status: int, code: str, message: str) -> DubError:
    answer = says(status, code, message)
    if status == 429:
        return RateLimited("Slow down.", wait=42, answer=answer)
    return (Refused if status < 500 else Uncertain)("Dub said no.", answer=answer)


def whole(words: Explanation) -> str:
    return f"{words.title}. {words.cause} {words.next_step}"


def test_it_works() -> None:
    words = explain(error_of(*BODIES[10][:3]))

    assert words.kind == "customer_unknown"
    assert words.title == "Dub does not know this customer"
    assert words.field == ""


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[2][:40])
def test_a3_to_a7_every_error_body_of_the_contract(
    body: tuple[int, str, str, str, str, str], action: str
) -> None:
    *said, kind, field, words = body
    explained = explain(error_of(*said), action=action)

    assert (explained.kind, explained.field) == (kind, field)
    assert words in whole(explained)
    fit_to_show(explained)


def fit_to_show(words: Explanation) -> None:
    text = whole(words)
    assert words.title
    assert words.cause.endswith((".", "”"))
    assert words.next_step.endswith(".")
    assert not re.search(r"[\n`{}\[\]]|prisma|undefined|null|None|dub_\w|Bearer|  ", text), text


TOO_LONG = "Too big: expected string to have <=100 characters"

# Contract, section 5: message, action, form field, and a word of the sentence.
MESSAGES: list[tuple[str, str, str, str]] = [
    ("invalid_format: email: Invalid email address", "customer.update", "email", "e-mail"),
    (
        "invalid_type: email: Invalid input: expected string, received number",
        "customer.update",
        "email",
        "e-mail",
    ),
    ("invalid_format: avatar: Invalid URL", "customer.update", "avatar", "https://"),
    (
        "invalid_type: externalId: External ID is required",
        "customer.update",
        "external_id",
        "external ID",
    ),
    (
        "invalid_type: country: Invalid input: expected string, received null",
        "customer.update",
        "country",
        "country",
    ),
    (
        "invalid_type: : Invalid input: expected object, received array",
        "customer.update",
        "",
        "understand",
    ),
    (
        "invalid_type: eventName: Invalid input: expected string, received undefined",
        "lead.record",
        "event_name",
        "missing",
    ),
    ("too_small: eventName: eventName is required", "lead.record", "event_name", "missing"),
    (
        "too_big: eventName: Too big: expected string to have <=255 characters",
        "sale.record",
        "event_name",
        "255 characters",
    ),
    (
        f"too_big: customerExternalId: {TOO_LONG}",
        "lead.record",
        "customer_external_id",
        "100 characters",
    ),
    (
        "invalid_type: clickId: Invalid input: expected string, received undefined",
        "lead.record",
        "click_id",
        "click ID",
    ),
    (f"too_big: customerName: {TOO_LONG}", "lead.record", "customer_name", "100 characters"),
    (
        "invalid_format: customerEmail: Invalid email address",
        "sale.record",
        "customer_email",
        "e-mail",
    ),
    (f"too_big: customerEmail: {TOO_LONG}", "lead.record", "customer_email", "100 characters"),
    (
        "custom: metadata: Metadata must be less than 10,000 characters when stringified",
        "sale.record",
        "metadata",
        "10,000",
    ),
    (
        "invalid_type: metadata: Invalid input: expected record, received string",
        "lead.record",
        "metadata",
        "metadata",
    ),
    (
        'invalid_value: mode: Invalid option: expected one of "async"|"wait"|"deferred"',
        "lead.record",
        "mode",
        "async, wait, deferred",
    ),
    (
        "too_small: eventQuantity: Too small: expected number to be >0",
        "lead.record",
        "event_quantity",
        "above zero",
    ),
    (
        "invalid_type: eventQuantity: Invalid input: expected int, received number",
        "lead.record",
        "event_quantity",
        "whole number",
    ),
    (
        "too_big: eventQuantity: Too big: expected number to be <=100",
        "lead.record",
        "event_quantity",
        "at most 100",
    ),
    ("too_small: amount: amount cannot be negative", "sale.record", "amount", "above zero"),
    ("invalid_type: amount: amount is required", "sale.record", "amount", "missing"),
    (
        "invalid_type: amount: Invalid input: expected int, received number",
        "sale.record",
        "amount",
        "whole number",
    ),
    (
        'invalid_value: paymentProcessor: Invalid option: expected one of "stripe"|"shopify"',
        "sale.record",
        "payment_processor",
        "stripe, shopify",
    ),
    ("too_big: pageSize: Max page size is 100.", "", "page_size", "at most 100"),
    ("too_small: page: Page must be greater than 0.", "", "page", "above zero"),
    ("invalid_type: page: Page must be a number.", "", "page", "whole number"),
    (
        'invalid_value: sortBy: Invalid option: expected one of "createdAt"|"saleAmount"',
        "",
        "sort_by",
        "createdAt, saleAmount",
    ),
    (
        "custom: start: The start date cannot be earlier than September 22, 2022.",
        "",
        "start",
        "September 22, 2022",
    ),
    ("custom: start: Invalid date", "", "start", "date"),
    ("too_big: limit: Max page size is 1000.", "", "limit", "at most 1000"),
    ("brand_new: stripeCustomerId: Something new", "customer.update", "stripe_customer_id", "ID"),
]


@pytest.mark.parametrize(("message", "action", "field", "word"), MESSAGES)
def test_r3_a_422_names_its_form_field(message: str, action: str, field: str, word: str) -> None:
    words = explain(invalid(message), action=action)

    assert (words.kind, words.field) == ("invalid", field)
    assert word in whole(words)
    fit_to_show(words)


PRISMA = "\nInvalid `prisma.customer.update()` invocation:\n\n\n"


@pytest.mark.parametrize(
    ("message", "kind", "field"),
    [
        (
            PRISMA + "The provided value for the column is too long for the column's type. "
            "Column: stripeCustomerId",
            "invalid",
            "stripe_customer_id",
        ),
        (
            PRISMA + "The provided value for the column is too long for the column's type. "
            "Column: (not available)",
            "invalid",
            "",
        ),
        (PRISMA + "Argument `email`: Invalid value provided.", "invalid", ""),
        (PRISMA + "No record was found for an update.", "customer_unknown", ""),
        ("Raw query failed. Code: `1406`", "invalid", ""),
    ],
)
def test_r3_database_text_is_never_shown(message: str, kind: str, field: str) -> None:
    words = explain(invalid(message), action="customer.update")

    assert (words.kind, words.field) == (kind, field)
    fit_to_show(words)


def test_a_customer_deleted_meanwhile_is_gone_not_a_trace() -> None:
    message = PRISMA + "Record to delete does not exist."

    words = explain(refused(404, "not_found", message), action="customer.delete")

    assert words.kind == "customer_unknown"
    fit_to_show(words)


@pytest.mark.parametrize(
    "message",
    [
        "invalid_type: [0].externalId: Invalid input: expected string, received null",
        "invalid_format: [17].email: Invalid email address",
        "invalid_type: externalId: Invalid input: expected string, received null",
    ],
)
def test_q10_a_record_that_breaks_dubs_rules_is_not_the_askers_fault(message: str) -> None:
    words = explain(invalid(message))

    assert (words.kind, words.field) == ("record", "")
    fit_to_show(words)


@pytest.mark.parametrize(
    ("changed", "field", "word"),
    [
        ({"externalId"}, "external_id", "this external ID."),
        ({"externalId", "name", "email"}, "external_id", "this external ID."),
        ({"stripeCustomerId"}, "stripe_customer_id", "this Stripe customer ID."),
        ({"externalId", "stripeCustomerId"}, "", "external ID or this Stripe customer ID"),
        ({"name"}, "", "one of these IDs"),
        (set(), "", "one of these IDs"),
    ],
)
def test_r2_a_conflict_names_what_was_changed(changed: set[str], field: str, word: str) -> None:
    error = refused(409, "conflict", "A customer with this external ID already exists.")

    words = explain(error, action="customer.update", changed=changed)

    assert (words.kind, words.field) == ("conflict", field)
    assert word in words.cause


LATER = "trying again later can succeed"
NOT_FOUND: list[tuple[str, str, str, str]] = [
    ("Click event not found for clickId: abc", "click_unknown", "click_id", LATER),
    ("Link not found for clickId: abc", "link_missing", "click_id", "deleted"),
    (
        "Link link_1 for clickId abc does not belong to the workspace",
        "link_foreign",
        "click_id",
        "link_1",
    ),
    (
        "Link link_1 for clickId abc is disabled, lead not tracked",
        "link_disabled",
        "click_id",
        "disabled",
    ),
    (
        "Link link_1 for clickId abc is disabled, sale not tracked",
        "link_disabled",
        "click_id",
        "disabled",
    ),
    (
        "Link not found for customer cus_1",
        "link_missing",
        "customer_external_id",
        "no referral link",
    ),
    (
        "Link link_1 for customer cus_1 does not belong to the workspace",
        "link_foreign",
        "customer_external_id",
        "link_1",
    ),
    (
        "Link link_1 for customer cus_1 is disabled, sale not tracked",
        "link_disabled",
        "customer_external_id",
        "Enable the link",
    ),
    (
        "Lead event not found for externalId: u1 and leadEventName: undefined",
        "lead_missing",
        "customer_external_id",
        LATER,
    ),
    (
        "Lead event not found for externalId: u1 and leadEventName: Sign up",
        "lead_missing",
        "lead_event_name",
        "“Sign up”",
    ),
    (
        "Lead event data not found for the customer cus_1",
        "lead_missing",
        "customer_external_id",
        LATER,
    ),
    ("Link not found.", "link_missing", "", "No link"),
    ("Program not found", "program", "", "no partner program"),
    ("Workspace not found.", "workspace", "", "workspace"),
    (
        "Workspace ID not found. Did you forget to include a `workspaceId` query parameter?",
        "workspace",
        "",
        "dub_.",
    ),
]


@pytest.mark.parametrize(("message", "kind", "field", "word"), NOT_FOUND)
def test_s3_a5_every_404_is_told_apart(message: str, kind: str, field: str, word: str) -> None:
    words = explain(refused(404, "not_found", message), action="sale.record")

    assert (words.kind, words.field) == (kind, field)
    assert word in whole(words)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("message", ["Workspace not found.", "Workspace ID not found. Did you"])
def test_a5_a_lost_workspace_is_not_a_lost_customer(message: str, action: str) -> None:
    words = explain(refused(404, "not_found", message), action=action)

    assert words.kind == "workspace"
    assert "customer" not in whole(words)


@pytest.mark.parametrize(
    "message", [message for message, _, field, _ in NOT_FOUND if field == "click_id"]
)
def test_l1_a_lead_that_failed_has_used_up_its_event_name(message: str) -> None:
    lead = explain(refused(404, "not_found", message), action="lead.record")
    sale = explain(refused(404, "not_found", message), action="sale.record")

    assert "another event name" in lead.next_step
    assert "another event name" not in sale.next_step


@pytest.mark.parametrize(
    ("code", "message", "kind", "word"),
    [
        ("forbidden", "Unauthorized: Beta feature.", "plan", "plan"),
        ("forbidden", "Analytics API is only available on paid plans.", "plan", "plan"),
        (
            "forbidden",
            "You've reached your monthly limit of 1000 clicks on the Pro plan. Go yearly for 12x "
            "usage upfront, or upgrade for higher limits.",
            "usage",
            "1000 clicks on Dub's Pro plan",
        ),
        ("exceeded_limit", "You have reached something.", "usage", "used up"),
        (
            "forbidden",
            "You don't have the necessary permissions to complete this request.",
            "scope",
            "permission",
        ),
        (
            "forbidden",
            "You don't have access to Dub Partners in this workspace. Please contact your "
            "workspace admin to get access.",
            "role",
            "partners",
        ),
        ("forbidden", "Program p_1 does not belong to workspace ws_1.", "program", "program"),
        ("forbidden", "Something new.", "forbidden", "“Something new.”"),
    ],
)
def test_a3_every_403_is_told_apart(code: str, message: str, kind: str, word: str) -> None:
    words = explain(refused(403, code, message))

    assert words.kind == kind
    assert word in whole(words)
    fit_to_show(words)


def test_a_link_of_another_workspace_is_not_a_wrong_key() -> None:
    words = explain(refused(401, "unauthorized", "Link does not belong to workspace ws_1."))

    assert words.kind == "link_foreign"


UNANSWERED: list[tuple[DubError, str, str]] = [
    (Unavailable("Dub could not be reached: no connection."), "unreachable", "No connection"),
    (Unavailable("Dub could not be reached.", timed_out=True), "unreachable", "in time"),
    (Unavailable("The address of Dub's API is not valid."), "unreachable", "DUB_API_URL"),
    (Unavailable("Dub's certificate could not be verified."), "unreachable", "prove"),
    (Unavailable("The request could not be put together, so."), "invalid", "characters"),
    (RateLimited("dubadmin is at the rate.", wait=7.4), "rate", "Wait 7 seconds"),
    (RateLimited("dubadmin is at the rate.", wait=0.2), "rate", "Wait 1 second,"),
    (RateLimited("dubadmin is at the rate.", wait=599), "rate", "Wait 10 minutes"),
    (Uncertain("Dub did not answer in time.", timed_out=True), "timeout", "in time"),
    (Uncertain("The connection broke."), "broken", "broke"),
    (Uncertain("Not Dub.", answer=says(502, "", "")), "not_dub", "status 502"),
    (Uncertain("Not Dub.", answer=says(404, "", "")), "not_dub", "status 404"),
    (Uncertain("Not Dub.", answer=says(200, "", "")), "not_dub", "status 200"),
    (Uncertain("Half way.", answer=says(422, "unprocessable_entity", "[{")), "broken", "half way"),
    (DubError("Something else."), "other", "does not know"),
]


@pytest.mark.parametrize("action", ["customer.update", "lead.record", "sale.record"])
@pytest.mark.parametrize(("error", "kind", "word"), UNANSWERED)
def test_a7_a_call_without_an_answer(error: DubError, kind: str, word: str, action: str) -> None:
    words = explain(error, action=action)

    assert words.kind == kind
    assert word in whole(words)
    fit_to_show(words)
    if isinstance(error, Uncertain):
        assert "before you send it again" in words.next_step


@pytest.mark.parametrize("error", [error for error, *_ in UNANSWERED])
def test_a7_a_read_may_simply_be_asked_again(error: DubError) -> None:
    words = explain(error)

    assert "send" not in words.next_step
    fit_to_show(words)


def test_an_unknown_refusal_is_given_in_dubs_own_words() -> None:
    words = explain(refused(418, "teapot", "I am a teapot."))

    assert words.kind == "other"
    assert "“I am a teapot.”" in words.cause


def test_what_a_person_typed_cannot_pass_for_another_error() -> None:
    message = "Click event not found for clickId: Workspace not found. {wait} {0} %s"

    words = explain(refused(404, "not_found", message), action="sale.record")

    assert words.kind == "click_unknown"
    fit_to_show(words)


@given(
    status=st.sampled_from([400, 401, 403, 404, 409, 410, 418, 422, 451]),
    code=st.sampled_from(["bad_request", "not_found", "unprocessable_entity", "forbidden", "new"]),
    message=st.text() | st.from_regex(r"[a-z_]+: [\w.\[\]]*: .*", fullmatch=True),
    action=st.sampled_from(ACTIONS),
    error_type=st.sampled_from([Refused, Uncertain, DubError]),
)
def test_any_message_is_explained(
    status: int, code: str, message: str, action: str, error_type: Any
) -> None:
    words = explain(error_type("Failed.", answer=says(status, code, message)), action=action)

    assert words.kind
    assert words.title
    assert words.cause
    assert words.next_step
    if is_database_text(message):
        assert message not in words.cause or len(message) < 3


def test_each_row_of_the_table_can_be_reached() -> None:
    """A row that none of these errors reaches is dead, or its test is missing."""
    errors: list[DubError] = [error_of(*body[:3]) for body in BODIES]
    errors += [invalid(message) for message, *_ in MESSAGES]
    errors += [refused(404, "not_found", message) for message, *_ in NOT_FOUND]
    errors += [error for error, *_ in UNANSWERED]
    errors += [
        refused(403, "forbidden", "Unauthorized: Beta feature."),
        refused(403, "forbidden", "You've reached your monthly limit of 9 clicks on the Pro plan."),
        refused(403, "exceeded_limit", "Over."),
        refused(403, "forbidden", "You don't have the necessary permissions."),
        refused(403, "forbidden", "You don't have access to Dub Partners in this workspace."),
        refused(403, "forbidden", "New."),
        refused(401, "unauthorized", "Link does not belong to workspace ws_1."),
        refused(404, "not_found", "New."),
        refused(404, "not_found", PRISMA + "Record to delete does not exist."),
        refused(400, "bad_request", "New."),
        refused(418, "teapot", "New."),
        invalid("[0]"),
        invalid("a: [0].b: c"),
        invalid(PRISMA),
        invalid(PRISMA + "too long for the column's type. Column: name"),
    ]
    changes: list[set[str]] = [
        set(),
        {"externalId"},
        {"stripeCustomerId"},
        {"externalId", "stripeCustomerId"},
    ]
    reached = {
        explain(error, action=action, changed=changed).title
        for error in errors
        for action in ACTIONS
        for changed in changes
    }

    assert {cause.title for cause in CAUSES} <= reached
