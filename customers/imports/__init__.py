"""Files that come in: read, matched to a form's fields, checked and run row by row."""

from customers.files import Unreadable

from .fields import FORMS, Fields, cells_of, fields_of, form_field, names_of, text_of
from .life import carry_on
from .staging import AT_ONCE_BYTES, read_again, receive, stage, too_large

__all__ = [
    "AT_ONCE_BYTES",
    "FORMS",
    "Fields",
    "Unreadable",
    "carry_on",
    "cells_of",
    "fields_of",
    "form_field",
    "names_of",
    "read_again",
    "receive",
    "stage",
    "text_of",
    "too_large",
]
