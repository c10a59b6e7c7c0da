"""A customer's place in the list that it was opened from: it stands in the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from customers.addresses import customer_url
from customers.forms import CustomerListForm
from customers.queries import Neighbours
from customers.saved import list_address, query_of
from dubadmin.dub.reads import MAX_PAGE

LAST_ROW = MAX_PAGE * 100


def place_query(given: dict[str, Any]) -> str:
    """What a customer's address says of its list, before the number of the row (from 1)."""
    view = {"view": given["view"]} if given["view"] else {}
    kept = "&".join(filter(None, [query_of(given), urlencode(view)]))
    return f"?{kept}&row=" if kept else "?row="


def place_in(address: QueryDict) -> tuple[int, dict[str, Any]] | None:
    """The row (from 0) and the list's form, as the address says; None where it tells of no list."""
    row = address.get("row", "")
    form = CustomerListForm(address)
    if not (row.isascii() and row.isdecimal() and 0 < int(row) <= LAST_ROW and form.is_valid()):
        return None
    return int(row) - 1, form.cleaned_data | form.query()


def ways_on(given: dict[str, Any], *, row: int, found: Neighbours | None) -> dict[str, Any]:
    """The addresses of the neighbours, and of the page of the list that the customer is on."""
    row = found.row if found else row
    page = f"&page={row // given['size'] + 1}" if row >= given["size"] else ""
    ways = {"list_url": list_address(query_of(given), view=given["view"]) + page, "row": row + 1}
    kept = place_query(given)
    if found and found.before:
        ways["previous_url"] = f"{customer_url(found.before)}{kept}{row}"
    if found and found.behind:
        ways["next_url"] = f"{customer_url(found.behind)}{kept}{row + 2}"
    return ways
