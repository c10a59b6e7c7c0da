"""GET /customers and /customers/count: traps Q1 to Q10."""

import pytest

from .conftest import message

CURSOR = "Invalid cursor: the provided ID does not exist."


def external_ids(answer):
    assert answer.status_code == 200, answer.text
    return [customer["externalId"] for customer in answer.json()]


def search(api, words):
    return sorted(external_ids(api.get("/customers", params={"search": words})))


@pytest.fixture
def people(dub):
    dub.add_customer("Ada Lovelace", "ada@example.com", "a-1", "GB", created_at="2026-01-01")
    dub.add_customer("Jean-Luc Picard", "jl@enterprise.fr", "jl-2", "FR", created_at="2026-02-01")
    dub.add_customer("Zoë Ada Müller", "zoe@ada.org", "z-3", "DE", created_at="2026-03-01")
    dub.add_customer(None, "nobody@example.com", "n-4", None, created_at="2026-04-01")


@pytest.fixture
def nine(dub):
    """Made in the order 0 to 8, but 6, 7 and 8 were imported with older dates."""
    dates = [f"2026-01-{day:02}" for day in (10, 11, 12, 13, 14, 15, 1, 2, 3)]
    for index, date in enumerate(dates):
        dub.add_customer(
            f"Number {index}", external_id=str(index), id=f"cus_{index}", created_at=date
        )


def test_it_works(api, people):
    assert external_ids(api.get("/customers")) == ["n-4", "z-3", "jl-2", "a-1"]


@pytest.mark.parametrize("words", ["ADA@example.com", "ada@example.com"])
def test_q1_search_with_an_at_is_an_exact_email(api, people, words):
    assert search(api, words) == ["a-1"]
    assert search(api, "da@example.com") == []


def test_q1_email_and_external_id_compare_without_regard_to_case(api, people):
    assert external_ids(api.get("/customers?email=ADA@EXAMPLE.COM")) == ["a-1"]
    assert external_ids(api.get("/customers?externalId=A-1")) == ["a-1"]
    assert api.get("/customers/ext_A-1").status_code == 200


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ada", ["a-1", "z-3"]),
        ("ADA", ["a-1", "z-3"]),
        ("lovelace picard", ["a-1", "jl-2"]),
        ("love", []),
        ("example", ["a-1", "n-4"]),
        ("enterprise nothing", ["jl-2"]),
        ("zoe muller", ["z-3"]),
        ("***", []),
    ],
)
def test_q1_search_is_any_of_the_whole_words_of_name_and_email(api, people, words, found):
    assert search(api, words) == found


def test_q2_search_never_looks_at_the_external_id(api, people):
    assert search(api, "z-3") == []


def test_q3_hyphens_are_deleted_from_the_words(api, people):
    assert search(api, "jean-luc") == []
    assert search(api, "jean luc") == ["jl-2"]
    assert search(api, '"lovelace" (+ada*)') == ["a-1", "z-3"]


def test_search_follows_changes_and_deletions(dub, api, people):
    api.patch("/customers/ext_a-1", json={"name": "Augusta King"})
    assert search(api, "lovelace") == []
    assert search(api, "augusta") == ["a-1"]
    api.delete("/customers/ext_a-1")
    assert search(api, "augusta") == []


def test_email_goes_before_external_id_before_search(api, people):
    by = {"email": "ada@example.com", "externalId": "jl-2", "search": "zoe"}
    assert external_ids(api.get("/customers", params=by)) == ["a-1"]
    del by["email"]
    assert external_ids(api.get("/customers", params=by)) == ["jl-2"]


def test_filters(dub, api, people, link):
    dub.add_customer(external_id="linked", link=link, country="DE")
    assert external_ids(api.get("/customers?country=DE")) == ["linked", "z-3"]
    assert external_ids(api.get(f"/customers?linkId={link['id']}")) == ["linked"]
    partner = link["partnerId"]
    assert external_ids(api.get(f"/customers?partnerId={partner}&programId=other")) == ["linked"]
    ids = ",".join(dub.customer(name)["id"] for name in ("a-1", "z-3"))
    assert external_ids(api.get(f"/customers?customerIds={ids}")) == ["z-3", "a-1"]


def test_partner_filter_without_a_program(dub, api):
    dub.has_program = False
    assert message(api.get("/customers?partnerId=pn_1")) == "Program not found"


def test_sorting(dub, api):
    dub.add_customer(external_id="none", created_at="2026-01-03")
    dub.add_customer(
        external_id="some", sale_amount=5, first_sale_at="2026-02-01", created_at="2026-01-02"
    )
    dub.add_customer(
        external_id="most",
        sale_amount=9,
        first_sale_at="2026-01-31",
        subscription_canceled_at="2026-03-01",
        created_at="2026-01-01",
    )
    by = "/customers?sortBy="
    assert external_ids(api.get(by + "saleAmount")) == ["most", "some", "none"]
    assert external_ids(api.get(by + "saleAmount&sortOrder=asc")) == ["none", "some", "most"]
    assert external_ids(api.get(by + "firstSaleAt")) == ["some", "most", "none"]
    assert external_ids(api.get(by + "subscriptionCanceledAt"))[0] == "most"


def test_q4_first_page_is_by_date_and_cursor_pages_are_by_id(api, nine):
    first = external_ids(api.get("/customers?pageSize=3"))
    assert first == ["5", "4", "3"]
    rest = external_ids(api.get("/customers?pageSize=100&startingAfter=cus_3"))
    assert rest == ["2", "1", "0"], "the imported 6, 7 and 8 are never seen"


def test_q4_from_any_customer_both_directions_cover_all_others(api, nine):
    after = external_ids(api.get("/customers?startingAfter=cus_4"))
    before = external_ids(api.get("/customers?endingBefore=cus_4"))
    assert after == ["3", "2", "1", "0"]
    assert before == ["8", "7", "6", "5"]


def test_q4_pages_before_a_cursor_are_the_nearest_ones(api, nine):
    assert external_ids(api.get("/customers?endingBefore=cus_2&pageSize=2")) == ["4", "3"]
    ascending = "/customers?sortOrder=asc&pageSize=2&"
    assert external_ids(api.get(ascending + "startingAfter=cus_2")) == ["3", "4"]
    assert external_ids(api.get(ascending + "endingBefore=cus_2")) == ["0", "1"]


def test_q4_cursor_row_that_does_not_match_costs_one_result(dub, api, nine):
    for index in (1, 2, 3):
        dub.change_customer(f"cus_{index}", country="DE")
    by = "/customers?country=DE&startingAfter="
    assert external_ids(api.get(by + "cus_3")) == ["2", "1"]
    assert external_ids(api.get(by + "cus_4")) == ["2", "1"], "3 is lost"


def test_q4_walking_by_page_number_visits_everyone_once(api, nine):
    seen = [
        name
        for page in (1, 2, 3)
        for name in external_ids(api.get(f"/customers?pageSize=4&page={page}"))
    ]
    assert sorted(seen) == list("012345678")


def test_q5_cursor_of_a_deleted_customer(api, nine):
    api.delete("/customers/cus_4")
    for way in ("startingAfter", "endingBefore"):
        answer = api.get(f"/customers?{way}=cus_4")
        assert (answer.status_code, message(answer)) == (422, CURSOR)


def test_q6_deep_pages_and_large_ones(api):
    assert external_ids(api.get("/customers?page=1000&pageSize=100")) == []
    assert message(api.get("/customers?page=1001")) == (
        "Page is too big (cannot be more than 1000), "
        "recommend using cursor-based pagination instead."
    )
    assert message(api.get("/customers?pageSize=101")) == (
        "too_big: pageSize: Max page size is 100."
    )


def test_cursors_go_with_nothing_else(api, nine):
    cursor = "/customers?startingAfter=cus_4&"
    assert message(api.get(cursor + "endingBefore=cus_4")) == (
        "You cannot use both startingAfter and endingBefore at the same time."
    )
    assert message(api.get(cursor + "sortBy=saleAmount")).startswith("Cursor-based pagination only")
    assert message(api.get(cursor + "page=1")).startswith("You cannot use both page and")


def test_q7_a_stripe_id_is_not_found(dub, api):
    dub.add_customer(external_id="s", stripe_customer_id="cus_NffrFeUfNV2Hib")
    assert api.get("/customers/cus_NffrFeUfNV2Hib").status_code == 404
    assert external_ids(api.get("/customers?stripeCustomerId=nonsense")) == ["s"]


def test_q8_count(dub, api, people, link):
    dub.add_customer(external_id="linked", link=link, country="DE")
    assert api.get("/customers/count").text == "5"
    assert api.get("/customers/count?search=ada").json() == 2
    assert api.get("/customers/count?country=DE&pageSize=9999").json() == 2
    counted = api.get("/customers/count?groupBy=country&country=FR").json()
    assert counted[0] == {"_count": 2, "country": "DE"}
    assert counted[-1] == {"_count": 1, "country": None}
    assert api.get("/customers/count?groupBy=linkId").json() == [
        {
            "_count": 1,
            "linkId": link["id"],
            "shortLink": "https://go.example.com/ada",
            "url": "https://example.com/pricing",
        }
    ]


def test_q8_a_server_without_count(dub, api):
    dub.count_answers = False
    answer = api.get("/customers/count")
    assert answer.status_code == 404
    assert message(answer).startswith("Customer not found.")


def test_q10_one_bad_row_spoils_the_whole_page(dub, api, people):
    bad = dub.add_customer("Broken", external_id=None, created_at="2026-02-15")
    answer = api.get("/customers?pageSize=3")
    assert answer.status_code == 422
    assert message(answer) == (
        "invalid_type: [2].externalId: Invalid input: expected string, received null"
    )
    assert external_ids(api.get("/customers?pageSize=2")) == ["n-4", "z-3"]
    assert message(api.get(f"/customers/{bad['id']}")) == (
        "invalid_type: externalId: Invalid input: expected string, received null"
    )
    assert api.get("/customers/count").json() == 5


def test_expanded_fields_are_absent_unless_asked_for(dub, api, link):
    dub.add_customer("Linked", external_id="linked", link=link)
    (plain,) = api.get("/customers").json()
    (expanded,) = api.get("/customers?includeExpandedFields=true").json()
    assert set(expanded) - set(plain) == {"link", "programId", "partner", "discount"}
    assert {key: expanded[key] for key in plain} == plain
    assert expanded["discount"]["couponId"] == "XZuejd0Q"
