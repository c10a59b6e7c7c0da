"""What the worker does all the time, beside its tasks: it tends the chain, tells that it is alive,
writes down the floods that are over, and tidies up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections

from customers import chain, heartbeat, housekeeping, strangers
from customers.audit import WORKER

from . import anchors

LINK_SECONDS = 1.0
LOOK_SECONDS = 30.0  # until it is looked again what else is due
TIDY_SECONDS = 3600.0
logger = logging.getLogger("dubadmin.audit")


class Tending(threading.Thread):
    """Links what waits, anchors when it is time, and beats, until the process ends."""

    def __init__(self) -> None:
        super().__init__(name="tending", daemon=True)

    def run(self) -> None:
        look = tidy = 0.0
        while True:
            close_old_connections()
            now = time.monotonic()
            tend(anchoring=now >= look)
            if now >= look:
                _try(heartbeat.beat, "The worker could not tell that it is alive")
                _try(strangers.tell, "Counted requests could not be told")
                look = now + LOOK_SECONDS
            if now >= tidy:
                _try(housekeeping.tidy, "What had expired could not be removed")
                tidy = now + TIDY_SECONDS
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


def _try(do: Callable[[], object], failed: str) -> None:
    try:
        do()
    except DatabaseError as error:
        logger.warning("%s: %s", failed, type(error).__name__)
