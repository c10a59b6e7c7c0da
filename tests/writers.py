"""What one of several processes does that write to the log at once; `write` is run in each."""

from __future__ import annotations

import json
import time
from unittest.mock import patch

from django.core.signals import request_finished

from customers.audit import Actor, Target, Verdict, note, perform
from customers.models import Outcome
from dubadmin.dub.client import Receipt
from dubadmin.dub.commands import UpdateCustomer
from dubadmin.dub.errors import Answer, Uncertain

ALICE = Actor(id="1", name="alice", role="Editor", ip="127.0.0.1", request_id="r" * 32)
JANE = Target(id="cus_1KAP4CDPTYABR3ZK4FX0EY1P6", external_id="user_1", label="jane@acme.example")


class SilentDub:
    """Answers at once, so that nothing but the log's own work takes time."""

    def send(self, command: UpdateCustomer) -> Receipt:
        answer = Answer(status=200, content_type="application/json", body=json.dumps(command.body))
        return Receipt(data=command.body, answer=answer)


def write(entries: int) -> None:
    """Prints what each action took, in milliseconds: on the clock, and of the processor.

    Every tenth is a write, committed as pending and again with its outcome. After each, what a web
    process does after a page is done: linking, now and then.
    """
    clock, processor = [], []
    with patch("customers.audit.dub", SilentDub):
        for n in range(entries):
            started, worked = time.perf_counter(), time.process_time()
            _write() if n % 10 == 9 else _look(n)
            clock.append((time.perf_counter() - started) * 1000)
            processor.append((time.process_time() - worked) * 1000)
            request_finished.send(sender=None)
    print(json.dumps({"clock": clock, "processor": processor}))  # noqa: T201


def _look(n: int) -> None:
    note("customer.list", actor=ALICE, asked={"query": {"q": "jane", "page": str(n)}})


def _write() -> None:
    def judge(result: Receipt | Uncertain) -> Verdict:
        return Verdict(outcome=Outcome.RECORDED, explanation="Fine.", after={"name": "Ada"})

    command = UpdateCustomer(id=JANE.id, changes={"name": "Ada"})
    perform(command, actor=ALICE, target=JANE, judge=judge, before={"name": "Jane"})
