"""Files that come in: read, matched to a form's fields, checked and run row by row."""

from customers.files import Unreadable

from .asking import check_again, pause, resume, retry, retryable, sendable, start, stop
from .fields import FORMS, Fields, cells_of, fields_of, form_field, names_of, text_of
from .following import unconfirmed
from .form import MappingForm
from .kinds import KINDS
from .life import carry_on, step
from .mapping import (
    applied,
    delete,
    guess,
    label_of,
    match,
    remember,
    remembered_for,
    rename,
)
from .progress import Progress, amounts, confirmed, missing, progress, summary, verdicts
from .results import as_file, left_over, name_of, outcome_of, told, unknown, why
from .staging import AT_ONCE_BYTES, limits, read_again, receive, stage, too_large
from .template import template_of

__all__ = [
    "AT_ONCE_BYTES",
    "FORMS",
    "KINDS",
    "Fields",
    "MappingForm",
    "Progress",
    "Unreadable",
    "amounts",
    "applied",
    "as_file",
    "carry_on",
    "cells_of",
    "check_again",
    "confirmed",
    "delete",
    "fields_of",
    "form_field",
    "guess",
    "label_of",
    "left_over",
    "limits",
    "match",
    "missing",
    "name_of",
    "names_of",
    "outcome_of",
    "pause",
    "progress",
    "read_again",
    "receive",
    "remember",
    "remembered_for",
    "rename",
    "resume",
    "retry",
    "retryable",
    "sendable",
    "stage",
    "start",
    "step",
    "stop",
    "summary",
    "template_of",
    "text_of",
    "told",
    "too_large",
    "unconfirmed",
    "unknown",
    "verdicts",
    "why",
]
