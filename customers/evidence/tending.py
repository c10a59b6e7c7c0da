"""What the worker does for the chain all the time, beside its tasks."""

from __future__ import annotations

import logging
import threading
import time

from django.db import close_old_connections

from customers import chain
from customers.audit import Actor

from . import anchors

LINK_SECONDS = 1.0
ANCHOR_SECONDS = 30.0  # until it is looked again whether an anchor is due
WORKER = Actor(name="dubadmin", role="Worker")
logger = logging.getLogger("dubadmin.audit")


class Tending(threading.Thread):
    """Links what waits, and anchors when it is time, until the process ends."""

    def __init__(self) -> None:
        super().__init__(name="tending", daemon=True)

    def run(self) -> None:
        look = 0.0
        while True:
            close_old_connections()
            is_time = time.monotonic() >= look
            tend(anchoring=is_time)
            if is_time:
                look = time.monotonic() + ANCHOR_SECONDS
            time.sleep(LINK_SECONDS)


def tend(*, anchoring: bool) -> None:
    """One step. What goes wrong is logged, and tried again with the next one."""
    try:
        while chain.link_next() == chain.AT_ONCE:
            pass
        if anchoring:
            anchors.write_if_due(actor=WORKER)
    except Exception:
        logger.exception("The chain of the audit log could not be tended.")
