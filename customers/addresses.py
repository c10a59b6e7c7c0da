"""Customers' addresses: the ID is `cus_…` or `ext_…`, percent-encoded as one segment (trap R13).

Servers hand on a decoded path, in which a `/` of the ID looks like the one behind it. So customers'
pages are found by the path as it was sent, where the server tells it; gunicorn does.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, unquote_to_bytes

from django.http import HttpRequest
from django.urls import reverse
from django.urls.converters import StringConverter
from django.utils.encoding import iri_to_uri, repercent_broken_unicode


class CustomerId(StringConverter):
    """An ID in a path that is still percent-encoded; what is not UTF-8 is nobody's."""

    regex = "(?s:.+)"

    def to_python(self, value: str) -> str:
        return unquote(value, errors="strict")


def customer_url(id: str, page: str = "") -> str:
    """The address of a customer, or of its page "edit", "delete" or "notes"."""
    whole = f"{reverse('customer_list')}{quote(id, safe='', errors='replace')}/"
    return f"{whole}{page}/" if page else whole


def path_as_sent(request: HttpRequest) -> str:
    """The percent-encoded path; without the server's word for it, every `/` separates."""
    sent = str(request.META.get("RAW_URI", "")).partition("?")[0]
    decoded = str(request.META["PATH_INFO"])
    if repercent_broken_unicode(unquote_to_bytes(sent)).decode() == decoded:
        return sent
    return quote(decoded, safe="/")


def address_as_sent(request: HttpRequest) -> str:
    """Path and query, to come back to."""
    query = iri_to_uri(request.META.get("QUERY_STRING", ""))
    return f"{path_as_sent(request)}?{query}" if query else path_as_sent(request)
