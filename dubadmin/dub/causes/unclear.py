"""Sent, and the answer is missing or worthless (traps A7, A8); the last row fits every error."""

from __future__ import annotations

from ..errors import Uncertain
from ..marks import _
from .row import LEAD, LOOK, READ, SALE, Cause

UNCLEAR: tuple[Cause, ...] = (
    Cause(
        code="internal_server_error",
        action=LEAD + "|" + SALE,
        kind="internal",
        title=_("Dub had an internal error"),
        cause=_(
            "Dub failed while it worked on this. A value above 191 characters can be the cause."
        ),
        next_step=LOOK,
    ),
    Cause(
        code="internal_server_error",
        action=READ,
        kind="internal",
        title=_("Dub had an internal error"),
        cause=_("Dub failed while it put the answer together."),
        next_step=_("Try again in a minute."),
    ),
    Cause(
        code="internal_server_error",
        kind="internal",
        title=_("Dub had an internal error"),
        cause=_("Dub failed while it worked on this."),
        next_step=LOOK,
    ),
    Cause(
        of=Uncertain,
        answered=True,
        action=READ,
        kind="not_dub",
        title=_("The answer was not Dub's"),
        cause=_(
            "Something between here and Dub answered instead (status {status}), or the answer was "
            "damaged on its way."
        ),
        next_step=_("Try again. If it stays so, check the network and Dub's status page."),
    ),
    Cause(
        of=Uncertain,
        answered=True,
        kind="not_dub",
        title=_("The answer was not Dub's"),
        cause=_(
            "Something between here and Dub answered instead (status {status}), or the answer was "
            "damaged on its way."
        ),
        next_step=LOOK,
    ),
    Cause(
        of=Uncertain,
        timed_out=True,
        action=READ,
        kind="timeout",
        title=_("Dub did not answer in time"),
        cause=_("Dub took the question and gave no answer in time."),
        next_step=_("Try again in a minute."),
    ),
    Cause(
        of=Uncertain,
        timed_out=True,
        kind="timeout",
        title=_("Dub did not answer in time"),
        cause=_("This was sent to Dub, and no answer came in time."),
        next_step=LOOK,
    ),
    Cause(
        of=Uncertain,
        action=READ,
        kind="broken",
        title=_("The connection broke"),
        cause=_("The connection to Dub broke before the answer was complete."),
        next_step=_("Try again."),
    ),
    Cause(
        of=Uncertain,
        kind="broken",
        title=_("The connection broke"),
        cause=_("This was sent to Dub, and the connection broke before the answer was complete."),
        next_step=LOOK,
    ),
    Cause(
        kind="other",
        title=_("Dub gave no usable answer"),
        cause=_("The call to Dub failed in a way that dubadmin does not know."),
        next_step=_("Try again. If it stays so, tell whoever runs dubadmin."),
    ),
)
