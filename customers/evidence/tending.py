"""What the worker does all the time, beside its tasks: tending the chain, telling it is alive."""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, close_old_connections

from customers import chain, heartbeat
from customers.audit import WORKER

from . import anchors

LINK_SECONDS = 1.0
ANCHOR_SECONDS = 30.0  # until it is looked again whether an anchor is due
logger = logging.getLogger("dubadmin.audit")


class Tending(threading.Thread):
    """Links what waits, anchors when it is time, and beats, until the process ends."""

    def __init__(self) -> None:
        super().__init__(name="tending", daemon=True)

    def run(self) -> None:
        look = 0.0
        while True:
            close_old_connections()
            is_time = time.monotonic() >= look
            tend(anchoring=is_time)
            if is_time:
                _beat()
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


def _beat() -> None:
    try:
        heartbeat.beat()
    except DatabaseError as error:
        logger.warning("The worker could not tell that it is alive: %s", type(error).__name__)
