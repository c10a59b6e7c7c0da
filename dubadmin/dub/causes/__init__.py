"""The table from what Dub answers, or fails to answer, to a plain cause and a next step.

`explain` reads it from the top: the first row whose pieces all fit is taken, so special messages
stand above general codes. Texts may hold `{names}`: a named group of the row's own message, or
`{field}` (in words), `{wait}`, `{status}`, `{says}` (Dub's own words, where they are fit to show)
and `{lead_key}` (trap L1, for a lead only).
"""

from __future__ import annotations

from .access import ACCESS
from .customers import CUSTOMERS
from .refused import REFUSED
from .row import FIELDS, LEAD_KEY, Cause
from .tracking import TRACKING
from .unclear import UNCLEAR
from .unsent import NOT_SENT

__all__ = ["CAUSES", "FIELDS", "LEAD_KEY", "Cause"]

CAUSES = (*NOT_SENT, *ACCESS, *CUSTOMERS, *TRACKING, *REFUSED, *UNCLEAR)
