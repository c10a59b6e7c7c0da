"""Writes. The web and, later, imports call these; each ends in one settled audit entry."""

from .customers import Overtaken, delete_customer, refused_field, stored_rows, update_customer
from .leads import record_lead
from .resend import resend, sendings_of, snake
from .sales import record_sale
from .shared import blocked, target_of, target_of_entry

__all__ = [
    "Overtaken",
    "blocked",
    "delete_customer",
    "record_lead",
    "record_sale",
    "refused_field",
    "resend",
    "sendings_of",
    "snake",
    "stored_rows",
    "target_of",
    "target_of_entry",
    "update_customer",
]
