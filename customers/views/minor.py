"""The number that a typed amount is sent as."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.amounts import NotAnAmount, parse_amount, split_currency
from customers.forms import currencies_differ, why_no_amount
from customers.guard import page
from customers.http import Request
from customers.templatetags.show import money
from dubadmin.dub.money import NotRepresentable, to_minor


@require_safe
@page("sale.minor", permission="customers.record_events", logged=False)
def sale_minor(request: Request) -> HttpResponse:
    """The number that a typed amount is sent as, while it is typed (trap S12)."""
    text, currency = request.GET.get("amount", "")[:40], request.GET.get("currency", "USD")[:3]
    context: dict[str, Any] = {"sentence": "", "ok": True}
    try:
        if text.strip():
            digits, named = split_currency(text)
            if named and named != currency.upper():
                raise currencies_differ(named, currency.upper())
            major = parse_amount(digits)
            minor = to_minor(major, currency=currency)
            amount = money(minor, currency)
            sentence = _("%(amount)s, sent as %(minor)s")
            context["sentence"] = sentence % {"amount": amount, "minor": minor}
    except (NotAnAmount, NotRepresentable) as error:
        context = {"sentence": why_no_amount(error), "ok": False}
    except ValidationError as error:
        context = {"sentence": error.messages[0], "ok": False}
    return render(request, "record/minor.html", context)
