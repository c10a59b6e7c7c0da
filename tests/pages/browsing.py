"""What a person does on a page without JavaScript: fill a form, press a button, read."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from customers.models import AuditEntry

from ..conftest import outcome_of, text_of

SALE = "/sales/new/"
LEAD = "/leads/new/"


class _Fields(HTMLParser):
    """The fields of a page's forms with the values that a browser would send."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = self._textarea = ""
        self._first = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name:
            self.values[name] = given.get("value", "")
        elif tag == "select":
            self._select, self._first = name, True
        elif tag == "option" and self._select and (self._first or "selected" in given):
            self.values[self._select], self._first = given.get("value", ""), False
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._textarea = ""


def fields_of(page: Any) -> dict[str, str]:
    reader = _Fields()
    reader.feed(page.content.decode())
    reader.values.pop("csrfmiddlewaretoken", None)
    reader.values.pop("q", None)
    return reader.values


def fill(client: Client, address: str, **given: str) -> Any:
    """Opens the form, fills it in and asks for the checks: the summary, or the form again."""
    form = client.get(address)
    assert form.status_code == 200
    return client.post(address, fields_of(form) | given | {"step": "check"})


def press_send(client: Client, summary: Any, **confirmed: str) -> Any:
    """Presses the summary's button: where it leads, or the summary again."""
    address = summary.request["PATH_INFO"]
    given = fields_of(summary) | confirmed | {"step": "send"}
    return client.post(address, given, follow=True)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A result page, its words, and the entry in the log that it shows."""

    page: Any
    entry: AuditEntry

    @property
    def says(self) -> str:
        return text_of(self.page)

    @property
    def outcome(self) -> str:
        """The machine value of the page, which is also the log's."""
        assert outcome_of(self.page) == self.entry.shown_outcome
        return outcome_of(self.page)


def landed(page: Any) -> Ended:
    """The result page that a write has led to."""
    address = page.request["PATH_INFO"]
    assert address.startswith("/results/"), text_of(page)
    return Ended(page=page, entry=AuditEntry.objects.get(pk=int(address.split("/")[2])))


def look(client: Client, ended: Ended) -> Ended:
    """The same result page, opened again."""
    return landed(client.get(ended.page.request["PATH_INFO"]))


def press(client: Client, ended: Ended, step: str) -> Ended:
    """Presses "settle" or "resend" on a result page that offers it."""
    address = f"/results/{ended.entry.pk}/{step}/"
    assert f'action="{address}"' in ended.page.content.decode()
    return landed(client.post(address, follow=True))


def offers(ended: Ended, step: str) -> bool:
    return f"/results/{ended.entry.pk}/{step}/" in ended.page.content.decode()


def send(client: Client, address: str, given: dict[str, str], **confirmed: str) -> Ended:
    """The whole way: form, summary, button, result page."""
    return landed(press_send(client, fill(client, address, **given), **confirmed))
