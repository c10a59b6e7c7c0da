"""Which handler answers what, and what it asks for."""

from dataclasses import dataclass
from urllib.parse import unquote

from dubadmin.sandbox import customers, events, leads, links, listing, partners, sales
from dubadmin.sandbox.access import Needs
from dubadmin.sandbox.call import Answer, Handler

_READ = Needs(plan=True)
_WRITE = Needs(plan=True, role=True)
_FREE = Needs()
_LINKS = Needs(permission="links.read")
_EVENTS = Needs(plan=True, permission="analytics.read")


@dataclass(frozen=True)
class Route:
    handler: Handler
    needs: Needs


ROUTES = {
    "/customers": {
        "GET": Route(listing.list_customers, _READ),
        "POST": Route(customers.create_customer, _WRITE),
    },
    "/customers/count": {"GET": Route(listing.count_customers, _FREE)},
    "/customers/{id}": {
        "GET": Route(customers.show_customer, _READ),
        "PATCH": Route(customers.update_customer, _WRITE),
        "DELETE": Route(customers.delete_customer, _WRITE),
    },
    "/customers/{id}/activity": {"GET": Route(events.show_activity, _FREE)},
    "/track/lead": {"POST": Route(leads.track_lead, _WRITE)},
    "/track/sale": {"POST": Route(sales.track_sale, _WRITE)},
    "/events": {"GET": Route(events.list_events, _EVENTS)},
    "/links": {"GET": Route(links.list_links, _LINKS)},
    "/links/info": {"GET": Route(links.show_link, _LINKS)},
    "/partners": {"GET": Route(partners.list_partners, _READ)},
    "/commissions": {"GET": Route(partners.list_commissions, _FREE)},
}


def find(method: str, path: str) -> tuple[Route | None, str, Answer]:
    """The route for a raw path, its decoded ID, and what to answer when there is none.

    R13: an unescaped `/` in an ID makes a path that does not exist, and so a web page.
    """
    pattern, customer_id = path, ""
    if path not in ROUTES:
        parts = path.split("/")
        if len(parts) > 2 and parts[2]:
            customer_id = unquote(parts[2])
            pattern = "/".join([*parts[:2], "{id}", *parts[3:]])
    methods = ROUTES.get(pattern)
    if methods is None:
        return None, "", _no_page()
    return methods.get(method), customer_id, Answer(raw=b"", status=405)


def _no_page() -> Answer:
    page = "<!DOCTYPE html><html><head><title>404</title></head><body><h1>404</h1></body></html>"
    return Answer(raw=page.encode(), status=404, content_type="text/html; charset=utf-8")
