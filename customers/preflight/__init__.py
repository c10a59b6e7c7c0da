"""What is checked before a lead or sale is sent, so that nothing is sent that is sure to fail.

A check is "ok", "warn" (doubtful: can be sent with a reason) or "stop" (sure to fail). The traps
that each answers to are in brackets.
"""

from .checks import IGNORED, Check, Preflight, as_logged
from .leads import check_lead
from .sales import DEFAULT_PROCESSOR, DEFAULT_SALE_NAME, check_sale

__all__ = [
    "DEFAULT_PROCESSOR",
    "DEFAULT_SALE_NAME",
    "IGNORED",
    "Check",
    "Preflight",
    "as_logged",
    "check_lead",
    "check_sale",
]
