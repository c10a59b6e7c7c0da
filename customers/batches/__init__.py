"""Several customers at once: find them, then write to each, in steps that any process may take.

What batches and imports share is in `work`.
"""

from .asking import PERMISSIONS, ask, leave, resume, stop
from .finding import look
from .rows import claim_next
from .steps import carry_on, step

__all__ = [
    "PERMISSIONS",
    "ask",
    "carry_on",
    "claim_next",
    "leave",
    "look",
    "resume",
    "step",
    "stop",
]
