"""How the list of customers is shown: its columns, and its saved views."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers import saved
from customers.audit import actor_of
from customers.columns import COLUMNS, Column, columns_called
from customers.forms import CustomerListForm, DisplayForm, ViewForm
from customers.guard import page, require
from customers.http import Request, signed_in
from customers.models import SavedView, preferences_of
from customers.preferences import change
from customers.saved import list_address

from .shared import FORM_AND_POST, tell_errors

LOOK = "customers.view_customers"


def opening(request: Request) -> str:
    """Where the list's bare address leads: to the view that the person wants it to open with."""
    user = signed_in(request)
    if request.GET or request.htmx or not (view := preferences_of(user).view):
        return ""
    return saved.address_of(view) if view.is_shared or view.owner_id == user.pk else ""


def columns_of(request: Request, form: CustomerListForm) -> list[Column]:
    """Those of the address, else those that the person chose."""
    asked: str = form.cleaned_data["columns"]
    return columns_called(asked.split(",") if asked else preferences_of(signed_in(request)).columns)


def bar(request: Request, form: CustomerListForm) -> dict[str, Any]:
    """The tabs over the list, and what its two menus say."""
    user = signed_in(request)
    query = saved.query_of(form.cleaned_data)
    views = saved.shown_to(user)
    shown = next((each for each in views if str(each.pk) == form.cleaned_data["view"]), None)
    columns = columns_of(request, form)
    return {
        "tabs": [(each, saved.address_of(each), each == shown) for each in views],
        "all_url": list_address(),
        "view": shown,
        "view_differs": shown is not None and shown.query != query,
        "may_change_view": shown is not None and saved.may_change(user, shown),
        "list_query": query,
        "choices": [(each, each in columns) for each in COLUMNS if each.name != "customer"],
    }


@require_POST
@page("customer.list", posted="view.form", permission=LOOK)
def list_display(request: Request) -> HttpResponse:
    """Columns chosen within a view go into its address; elsewhere they are the person's own."""
    user = signed_in(request)
    query, view = _list_of(request), request.POST.get("view", "")
    form = DisplayForm(request.POST, views=saved.views_for(user))
    if not form.is_valid():
        tell_errors(request, form)
        messages.error(request, _("Nothing was changed: this choice makes no sense."))
        return redirect(list_address(saved.query_of(query), view=view))
    given = form.cleaned_data
    opens_with = given["opens_with"]
    values = {"density": given["density"], "view_id": opens_with.pk if opens_with else None}
    if view.isdecimal():
        query["columns"] = ",".join(each.name for each in columns_called(given["columns"]))
    else:
        query["columns"] = ""
        values["columns"] = given["columns"]
    change(user, values, actor=actor_of(request))
    return redirect(list_address(saved.query_of(query), view=view))


def _list_of(request: Request) -> dict[str, Any]:
    """What the list behind the menu is filtered and sorted by; nothing where that is broken."""
    asked = CustomerListForm(QueryDict(request.POST.get("query", "")))
    return asked.cleaned_data if asked.is_valid() else {}


@FORM_AND_POST
@page("view.form", permission=LOOK)
def view_new(request: Request) -> HttpResponse:
    view = SavedView(owner=signed_in(request), query=request.GET.get("query", "")[:1500])
    return _form(request, view)


@FORM_AND_POST
@page("view.form", permission=LOOK)
def view_edit(request: Request, number: int) -> HttpResponse:
    return _form(request, _changeable(request, number))


def _form(request: Request, view: SavedView) -> HttpResponse:
    form = ViewForm(request.POST if request.method == "POST" else None, instance=view)
    if form.is_valid():
        saved.save(view, actor=actor_of(request))
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
        return redirect(saved.address_of(view))
    tell_errors(request, form)
    return render(request, "customers/view.html", {"form": form, "view": view})


@require_POST
@page("view.form", permission=LOOK)
def view_delete(request: Request, number: int) -> HttpResponse:
    view = _changeable(request, number)
    saved.delete(view, actor=actor_of(request))
    gone = _("The view “%(name)s” is deleted. No customer was changed.")
    messages.success(request, gone % {"name": view.name})
    return redirect(list_address())


def _changeable(request: Request, number: int) -> SavedView:
    """A view that this person may change; there is no such page for another's own."""
    user = signed_in(request)
    view = get_object_or_404(SavedView, pk=number)
    if not view.is_shared and view.owner_id != user.pk:
        raise Http404
    require(request, None if saved.may_change(user, view) else "auth.change_user")
    return view
