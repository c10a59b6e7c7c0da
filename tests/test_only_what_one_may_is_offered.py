"""What a role may not do is not offered either: no link, no button, no form leads to a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from customers.models import AuditEntry
from dubadmin.sandbox import Sandbox

from .conftest import PEOPLE
from .test_roles import ALLOWED, MANAGE, OPEN, USERS, addresses  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db

# Nothing of this is hidden from everybody: an administrator is offered it.
OFFERED = {
    "audit_list",
    "batch_list",
    "batch_new",
    "batch_stop",
    "customer_delete",
    "customer_edit",
    "export_new",
    "import_new",
    "invitation_list",
    "invitation_withdraw",
    "lead_new",
    "note_new",
    "note_remove",
    "result_settle",
    "result_undo",
    "sale_new",
}


class Offers(HTMLParser):
    """The addresses that a page leads to, each with its method."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.method = "get"

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        if tag == "form":
            self.method = attributes.get("method", "get").lower()
            if self.method != "dialog":
                self.found.append((attributes.get("action", ""), self.method))
        if tag == "button" and attributes.get("value") == "customer.delete":
            self.found.append((f"{reverse('batch_new')}?action=customer.delete", "post"))
        for name, method in (
            ("href", "get"),
            ("data-combobox", "get"),
            ("hx-get", "get"),
            ("hx-post", "post"),
            ("formaction", attributes.get("formmethod", self.method)),
        ):
            if name in attributes and tag != "link":
                self.found.append((attributes[name], method))


def offers(client: Client, address: str) -> Iterator[tuple[str, str]]:
    parser = Offers()
    page = client.get(address)
    if page.status_code == 200 and "text/html" in page["Content-Type"]:
        parser.feed(page.content.decode())
    for target, method in parser.found:
        yield urljoin(f"http://testserver{address}", target), method


def may(person: str, target: str, method: str) -> bool:
    parts = urlsplit(target)
    if parts.netloc != "testserver" or parts.path.startswith("/static/"):
        return True
    try:
        match = resolve(parts.path)
    except Resolver404:
        return False
    if match.view_name.startswith("admin:"):
        return person in USERS
    if match.url_name in OPEN:
        return True
    query = parse_qs(parts.query)
    if match.url_name == "batch_new" and query.get("action") == ["customer.delete"]:
        return person in MANAGE
    get, post = ALLOWED[match.url_name]
    return person in ((get if method == "get" else post) or set())


@pytest.mark.parametrize("person", PEOPLE)
def test_every_offer_of_every_page_is_open_to_who_sees_it(
    person: str,
    addresses: dict[str, str],  # noqa: F811
    sign_in: Callable[[str], Client],
    dub: Sandbox,
) -> None:
    client = sign_in(person)
    pages = [addresses[name] for name, (get, _) in ALLOWED.items() if person in (get or ())]
    pages += ["/customers/?country=DE&q=u1", "/customers/nobody/"]
    pages += ["/admin/", "/admin/auth/user/"] if person in USERS else []
    seen, wrong = set(), []
    for address in pages:
        for target, method in offers(client, address):
            seen.add(resolve_name(target))
            if not may(person, target, method):
                wrong.append((address, method, target))
    assert wrong == []
    blocked = AuditEntry.objects.filter(explanation="The role does not allow it.")
    assert not blocked.exists()
    assert {"home", "customer_detail", "account_logout"} <= seen
    if person == "ada":
        assert seen >= OFFERED


def resolve_name(target: str) -> str:
    try:
        return resolve(urlsplit(target).path).url_name or ""
    except Resolver404:
        return ""


@pytest.mark.parametrize("person", PEOPLE)
def test_the_keys_of_the_navigation_are_told_and_no_others(
    person: str, sign_in: Callable[[str], Client], dub: Sandbox
) -> None:
    page = sign_in(person).get("/").content.decode()
    shortcuts = page.partition('<dialog id="shortcuts"')[2].partition("</dialog>")[0]
    told = re.findall(r"<kbd>g</kbd> <kbd>(\w)</kbd>", shortcuts)
    assert sorted(told) == sorted(set(re.findall(r'data-key="g (\w)"', page)))
