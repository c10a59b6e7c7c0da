"""Reads: what a page needs of Dub, asked side by side so that it costs one round trip."""

from .listing import Facets, Listing, exact_matches, find_customers, list_customers, with_email
from .names import Match, is_unknown_customer, known, remember, with_true_names
from .neighbours import Neighbours, neighbours_of, read_around
from .one import (
    EVENT_KINDS,
    MAX_EVENTS,
    Attribution,
    Timeline,
    attribution,
    customer_and_namesakes,
    customer_to_delete,
    customer_with_timeline,
    deletion_of,
    get_customer,
    history,
    history_of,
    last_seen,
    ping,
)
from .several import attributions, get_customers, newest_events

__all__ = [
    "EVENT_KINDS",
    "MAX_EVENTS",
    "Attribution",
    "Facets",
    "Listing",
    "Match",
    "Neighbours",
    "Timeline",
    "attribution",
    "attributions",
    "customer_and_namesakes",
    "customer_to_delete",
    "customer_with_timeline",
    "deletion_of",
    "exact_matches",
    "find_customers",
    "get_customer",
    "get_customers",
    "history",
    "history_of",
    "is_unknown_customer",
    "known",
    "last_seen",
    "list_customers",
    "neighbours_of",
    "newest_events",
    "ping",
    "read_around",
    "remember",
    "with_email",
    "with_true_names",
]
