"""The list of customers, one customer, and finding one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from customers import charts, queries
from customers.addresses import customer_url
from customers.columns import Column, Only, rows
from customers.entered import awaited, entered_here
from customers.facts import facts_of
from customers.forms import CustomerListForm, new_key
from customers.guard import page
from customers.http import Request, fail
from customers.notes import notes_about
from customers.problems import problem_of, problems_of
from customers.search import best_first, parse
from customers.services import target_of
from customers.templatetags.show import number
from customers.timeline import by_day
from customers.value import bars_of, rows_of
from dubadmin.dub.errors import DubError
from dubadmin.dub.reads import MAX_PAGE
from dubadmin.dub.records import Customer

from .gone import or_gone
from .notes import MAY_WRITE
from .place import place_in, place_query, ways_on
from .saved import bar, columns_of, opening
from .shared import address, pretty, render_part, tell_errors

HISTORY = 20
_KINDS = {
    "clicks": gettext_lazy("clicks"),
    "leads": gettext_lazy("leads"),
    "sales": gettext_lazy("sales"),
}


@require_safe
@page("customer.list", permission="customers.view_customers")
def customer_list(request: Request) -> HttpResponse:
    if to := opening(request):
        return redirect(to)
    form = CustomerListForm(request.GET)
    context: dict[str, Any] = {"form": form, "customers": [], "notes": []}
    if form.is_valid():
        query = form.query()
        listing, facets = queries.list_customers(**query)
        if found := _only_hit(request, listing, query) or _by_words(request, listing, query):
            return redirect(found)
        if listing.error:
            fail(request, problem_of(listing.error).title)
        form.offer(facets)
        columns = columns_of(request, form)
        places = _places(listing, place_query(form.cleaned_data))
        context |= _listed(request, listing, query, columns, places) | bar(request, form)
    else:
        tell_errors(request, form)
        form.offer(queries.Facets())
    return render_part(request, "customers/list.html", context, part="table")


def _only_hit(request: Request, listing: queries.Listing, query: dict[str, Any]) -> str:
    """Where a search that has one meaning leads: the link's customers, or the one customer.

    Only for an address with nothing else in it. The list's own addresses name their sorting too, so
    it stays a list while somebody types, and when it is reloaded or gone back to.
    """
    if listing.link:
        return address(request, q=None, page=None, after=None, link=listing.link.id)
    others = request.htmx or any(value for key, value in request.GET.items() if key != "q")
    hits = {match.customer.id for match in listing.exact}
    if "@" in query["q"]:
        hits |= {customer.id for customer in listing.customers}
    elif listing.customers and hits != {customer.id for customer in listing.customers}:
        return ""
    return customer_url(hits.pop()) if len(hits) == 1 and not others else ""


def _by_words(request: Request, listing: queries.Listing, query: dict[str, Any]) -> str:
    """Where a search for an e-mail that nobody has leads: to a search for the words in it."""
    words = parse(query["q"]).instead
    nobody = not (listing.customers or listing.exact or listing.error or listing.left_out)
    if not words or not nobody or query["page"] > 1:
        return ""
    return address(request, q=words, email=query["q"], page=None, after=None)


def _listed(
    request: Request,
    listing: queries.Listing,
    query: dict[str, Any],
    columns: list[Column],
    places: dict[str, str],
) -> dict[str, Any]:
    exact = [match.customer for match in listing.exact] if query["page"] == 1 else []
    ids = {customer.id for customer in exact}
    by_words = _in_order(listing, query)
    ranked = by_words != listing.customers
    customers = [*exact, *(each for each in by_words if each.id not in ids)]
    may_change = request.user.has_perm("customers.edit_customers")
    return {
        "customers": customers,
        "rows": rows(customers, columns, may_pick=may_change, only=_only(request, query, places)),
        "total": listing.total,  # of those that Dub's own search finds; what is shown may be more
        "in_all": _in_all(listing, len(customers) - len(listing.customers)),
        "page": _pages(request, listing, query),
        "columns": [_head(request, query, column, ranked=ranked) for column in columns],
        "notes": _notes(listing),
        "how": _how(listing, query["q"], ranked=ranked),
        "email": request.GET.get("email", "")[:200] if query["q"] else "",
        "export_url": _export_url(request),
        "may_change": may_change,
        "carried": [(name, query[name]) for name in ("q", "country", "link", "partner")],
        "may_be_stripe": parse(query["q"]).may_be_stripe,
        "filtered": any(query[name] for name in ("q", "country", "link", "partner")),
        "problem": listing.error and problem_of(listing.error, retry_url=request.get_full_path()),
    }


def _in_all(listing: queries.Listing, more: int) -> int | None:
    return None if listing.total is None else listing.total + more


def _in_order(listing: queries.Listing, query: dict[str, Any]) -> list[Customer]:
    """The first page of a search by date: who has all words comes first."""
    by_date = (query["sort"], query["order"], query["page"]) == ("createdAt", "desc", 1)
    return best_first(listing.customers, parse(query["q"]).words if by_date else "")


def _export_url(request: Request) -> str:
    names = ("q", "country", "link", "partner", "sort", "order", "columns")
    kept = {name: request.GET[name] for name in names if request.GET.get(name)}
    return f"{reverse('export_new')}?{urlencode(kept)}" if kept else reverse("export_new")


def _notes(listing: queries.Listing) -> list[str]:
    if not listing.left_out:
        return []
    left_out = ngettext(
        "%(n)s customer is left out: Dub cannot read the record itself. Dub’s support can mend it.",
        "%(n)s customers are left out: Dub cannot read the record itself. Dub’s support can mend "
        "it.",
        listing.left_out,
    )
    return [left_out % {"n": number(listing.left_out)}]


def _how(listing: queries.Listing, q: str, *, ranked: bool) -> str:
    """How it was searched, and how it matched (traps Q1, Q2)."""
    if not q:
        return ""
    others = {each.id for each in listing.customers} - {each.customer.id for each in listing.exact}
    if listing.exact and not others:
        return _("Found by %(how)s.") % {"how": listing.exact[0].how}
    search = parse(q)
    if not search.words:
        return _("Not found by %(how)s.") % {"how": search.ids[0][0]} if search.ids else ""
    if listing.exact:
        both = {"how": listing.exact[0].how, "others": search.how}
        return _("Found by %(how)s; others by %(others)s.") % both
    if ranked:
        return _("Searched by %(how)s; on this page the best hits come first.") % {
            "how": search.how
        }
    return _("Searched by %(how)s.") % {"how": search.how}


def _pages(request: Request, listing: queries.Listing, query: dict[str, Any]) -> dict[str, Any]:
    number, size, rows = query["page"], query["size"], len(listing.customers)
    first, end = listing.first, listing.first + rows
    more = end < listing.total if listing.total is not None else rows == size
    onward = {"page": (end - 1) // size + 2, "after": listing.customers[-1].id} if rows else {}
    return {
        "number": number,
        "first_row": first + 1 if rows else 0,
        "last_row": end,
        "previous_url": address(request, page=number - 1, after=None) if number > 1 else "",
        "next_url": address(request, **onward) if onward and more and number < MAX_PAGE else "",
    }


def _head(
    request: Request, query: dict[str, Any], column: Column, *, ranked: bool
) -> dict[str, Any]:
    """A column's head, with the address that sorts by it."""
    active = bool(column.sort) and query["sort"] == column.sort
    turned = "asc" if active and query["order"] == "desc" else "desc"
    sorting = {"sort": column.sort, "order": turned, "page": None, "after": None}
    words = {"asc": "ascending", "desc": "descending"}
    return {
        "name": column.name,
        "label": column.label,
        "numeric": column.is_number,
        "sort_url": address(request, **sorting) if column.sort else "",
        "aria_sort": words[query["order"]] if active and not ranked else "",
    }


def _places(listing: queries.Listing, kept: str) -> dict[str, str]:
    first = listing.first + 1
    return {each.id: f"{kept}{row}" for row, each in enumerate(listing.customers, start=first)}


def _only(request: Request, query: dict[str, Any], places: dict[str, str]) -> Only:
    def lacking(name: str) -> str:
        kept = address(request, page=None, after=None, **{name: None})
        return "" if query[name] else f"{kept}{'&' if '?' in kept else '?'}{name}="

    filters = {name: lacking(name) for name in ("country", "link", "partner")}
    return Only(**filters, places=places)


@require_safe
@page("customer.find", permission="customers.view_customers")
def customer_find(request: Request) -> HttpResponse:
    q = request.GET.get("q", "")[:200]
    context: dict[str, Any] = {"q": q, "matches": []}
    try:
        context["matches"] = queries.find_customers(q)
    except DubError as error:
        context["problem"] = problem = problem_of(error)
        fail(request, problem.title)
    return render(request, "record/find.html", context)


@require_safe
@page("customer.view", permission="customers.view_customers")
@or_gone
def customer_detail(request: Request, id: str) -> HttpResponse:
    place = place_in(request.GET) if "row" in request.GET else None
    around = queries.read_around(place[0], **place[1]) if place else None
    customer, timeline = queries.customer_with_timeline(id, beside=around)
    request.looked = target_of(customer)
    writes = queries.history_of(customer)
    entered = entered_here(timeline.events, writes)
    context = {
        "customer": customer,
        "events": timeline.events,
        "days": by_day(timeline.events, entered),
        "awaited": awaited(writes, entered),
        "cut": _(" and ").join(str(_KINDS[kind]) for kind in timeline.cut),
        "event_problems": problems_of(timeline.errors),
        "staff_notes": notes_about(customer.id),
        "note_key": new_key() if request.user.has_perm(MAY_WRITE) else "",
        "history": writes[:HISTORY],
        "more_history": len(writes) > HISTORY,
        "raw": pretty(facts_of(customer)),
        "warnings": _warnings(customer, timeline),
    }
    if timeline.sales:
        context |= _value(timeline)
    if place:
        found = queries.neighbours_of(customer.id, read=around, answer=timeline.beside)
        context["place"] = ways_on(place[1], row=place[0], found=found)
    return render_part(request, "customers/detail.html", context, part="timeline")


def _value(timeline: queries.Timeline) -> dict[str, Any]:
    """What was sold each month: bars, the table behind them, and what they leave out."""
    months = charts.by_month(timeline.sales, timezone.localdate())
    drawn = list(months)
    left_out = len(timeline.sales) - sum(each.sales for each in months.values())
    return {
        "value_bars": bars_of(months),
        "value_width": len(months) * charts.WIDE,
        "month_rows": rows_of(months),
        "first_month": drawn[0],
        "last_month": drawn[-1],
        "left_out": left_out,
        "unconverted": any(event.currency != "usd" for event in timeline.sales),
        "sales_shown": len(timeline.sales),
        "sales_are_cut": "sales" in timeline.cut,
    }


def _warnings(customer: Customer, timeline: queries.Timeline) -> list[str]:
    if customer.link is None:
        return [
            _(
                "This customer has no referral link and cannot gain one: Dub refuses every sale "
                "for it."
            )
        ]
    if any(event.link and event.link.disabled for event in timeline.events[:1]):
        return [_("The referral link is disabled: Dub refuses sales until it is enabled again.")]
    return []
