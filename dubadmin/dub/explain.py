"""Errors translated: what happened and what to do next, in plain words (traps A3 to A7, R2, R3).

The texts are one table, `causes.CAUSES`; this finds the row that fits and fills it in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from .causes import CAUSES, FIELDS, LEAD_KEY, Cause
from .errors import DubError, RateLimited, is_database_text
from .marks import _

_UNIQUE = frozenset({"externalId", "stripeCustomerId"})
_LONGEST_QUOTE = 200
_SAYS = _("Dub says: “{message}”")
_SECONDS, _MINUTES = _("{n} seconds"), _("{n} minutes")


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """An error in words that are safe to show: no key, header, trace or database text.

    `kind` is a machine value; `field` the form field the problem belongs to, when that is known.
    """

    kind: str
    title: str
    cause: str
    next_step: str
    field: str = ""


def explain(
    error: DubError,
    *,
    action: str = "",
    changed: Collection[str] = (),
    translate: Callable[[str], str] = str,
) -> Explanation:
    """`error` in words. `action` is the command's, empty for a read.

    `changed` are the Dub JSON keys that were being changed: a conflict is one of theirs (R2).
    `translate` makes of the texts what they are in another language than English.
    """
    said = error.message or error.sentence
    unique = _UNIQUE.intersection(changed)
    for cause in CAUSES:
        match = re.match(cause.message, said)
        if match and _fits(cause, error, action=action, unique=unique):
            return _filled(cause, match, error, action=action, translate=translate)
    raise AssertionError("the last row fits every error")


def _fits(cause: Cause, error: DubError, *, action: str, unique: frozenset[str]) -> bool:
    return (
        isinstance(error, cause.of)
        and cause.status in (None, error.status)
        and cause.code in ("", error.code)
        and cause.timed_out in (None, error.timed_out)
        and cause.answered in (None, error.answer is not None)
        and cause.changed in (None, unique)
        and re.fullmatch(cause.action, action) is not None
    )


def _filled(
    cause: Cause,
    match: re.Match[str],
    error: DubError,
    *,
    action: str,
    translate: Callable[[str], str],
) -> Explanation:
    groups = {name: _quotable(text or "") for name, text in match.groupdict().items()}
    field = cause.field or _form_field(groups.get("path", ""))
    words = groups | {
        "choices": groups.get("choices", "").replace('"', "").replace("|", ", "),
        "field": translate(FIELDS.get(field, field.replace("_", " ")) or _("value")),
        "says": _says(error, translate),
        "lead_key": translate(LEAD_KEY) if action.startswith("lead.") else "",
        "status": str(error.status or ""),
        "wait": _duration(error.wait, translate) if isinstance(error, RateLimited) else "",
    }
    return Explanation(
        kind=cause.kind,
        title=translate(cause.title).format_map(words),
        cause=translate(cause.cause).format_map(words).strip(),
        next_step=translate(cause.next_step).format_map(words).strip(),
        field=field,
    )


def _form_field(path: str) -> str:
    """The form field for a path of Dub's JSON: `customerEmail` gives customer_email."""
    first = re.match(r"[A-Za-z]\w*", path)
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", first.group()).lower() if first else ""


def _quotable(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def _says(error: DubError, translate: Callable[[str], str]) -> str:
    if not error.message or is_database_text(error.message):
        return ""
    return translate(_SAYS).format(message=_quotable(error.message))


def _duration(seconds: float, translate: Callable[[str], str]) -> str:
    whole = max(round(seconds), 1)
    if whole == 1:
        return translate(_("1 second"))
    if whole < 90:
        return translate(_SECONDS).format(n=whole)
    return translate(_MINUTES).format(n=round(whole / 60))
