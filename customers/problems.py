"""A failure as a page shows it: what happened, whether anything was recorded, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise, lazy

from dubadmin.dub.errors import DubError, RateLimited, Refused
from dubadmin.dub.explain import Explanation, explain

from .kept import in_words


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`status` and `code` are what Dub answered, empty when it did not."""

    title: str | Promise
    cause: str
    next_step: str
    recorded: str = ""
    status: int | None = None
    code: str = ""
    retry_url: str = ""
    page_status: int = 502


def problem_of(error: DubError, *, retry_url: str = "", action: str = "") -> Problem:
    """The problem behind a failed read. `page_status` is the status our own page answers with.

    The title goes into the log too, so it is in the language of whoever looks at it.
    """
    words = _words(error, action)
    return Problem(
        title=lazy(_title, str)(error, action),
        cause=words.cause,
        next_step=words.next_step,
        status=error.status,
        code=error.code,
        retry_url=retry_url,
        page_status=_page_status(error),
    )


def _words(error: DubError, action: str) -> Explanation:
    return explain(error, action=action, translate=in_words)


def _title(error: DubError, action: str) -> str:
    return _words(error, action).title


def problems_of(errors: Iterable[DubError]) -> list[Problem]:
    """The problems behind several failed reads, each told once."""
    return list(dict.fromkeys(problem_of(error) for error in errors))


def _page_status(error: DubError) -> int:
    if isinstance(error, RateLimited):
        return 503
    return 404 if isinstance(error, Refused) and error.status == 404 else 502
