"""Dub asks for a pause, or was never reached: nothing happened."""

from __future__ import annotations

from ..errors import RateLimited, Unavailable
from ..marks import _
from .row import Cause

NOT_SENT: tuple[Cause, ...] = (
    # The rate (A1, A2)
    Cause(
        of=RateLimited,
        answered=True,
        kind="rate",
        title=_("Dub asks for a pause"),
        cause=_("This workspace has sent more requests than its Dub plan allows for the moment."),
        next_step=_("Wait {wait}, then try again."),
    ),
    Cause(
        of=RateLimited,
        kind="rate",
        title=_("Too many requests at once"),
        cause=_("dubadmin is at the rate that Dub allows, so this was held back."),
        next_step=_("Wait {wait}, then try again."),
    ),
    # Never reached Dub
    Cause(
        of=Unavailable,
        message="The address of Dub's API",
        kind="unreachable",
        title=_("Dub's address is wrong"),
        cause=_("The address of Dub's API in dubadmin's settings is not a valid one."),
        next_step=_("Tell whoever runs dubadmin: DUB_API_URL needs correcting."),
    ),
    Cause(
        of=Unavailable,
        message="The request could not be put together",
        kind="invalid",
        title=_("This cannot be asked of Dub"),
        cause=_("The ID or a value holds characters that cannot be sent to Dub."),
        next_step=_("Check the ID and the values, then try again."),
    ),
    Cause(
        of=Unavailable,
        message="Dub's certificate",
        kind="unreachable",
        title=_("Dub's certificate is not trusted"),
        cause=_("Whatever answered at Dub's address could not prove that it is Dub."),
        next_step=_(
            "Tell whoever runs dubadmin: the address, a proxy or the trusted certificates need a "
            "look."
        ),
    ),
    Cause(
        of=Unavailable,
        timed_out=True,
        kind="unreachable",
        title=_("Dub cannot be reached"),
        cause=_("No connection to Dub came about in time."),
        next_step=_("Try again in a minute. If it stays so, check the network."),
    ),
    Cause(
        of=Unavailable,
        kind="unreachable",
        title=_("Dub cannot be reached"),
        cause=_("No connection to Dub came about."),
        next_step=_("Try again in a minute. If it stays so, check the network."),
    ),
)
