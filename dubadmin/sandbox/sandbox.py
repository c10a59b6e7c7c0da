"""The local Dub: a store, the way a request takes through it, and what tests need to see."""

import logging
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dubadmin.sandbox import background, money, routes, truth
from dubadmin.sandbox.access import check_access
from dubadmin.sandbox.call import Answer, Call
from dubadmin.sandbox.control import control
from dubadmin.sandbox.errors import ApiError, unexpected
from dubadmin.sandbox.faults import Fault, Faults
from dubadmin.sandbox.journal import Journal, Request
from dubadmin.sandbox.limits import Limiter
from dubadmin.sandbox.seed import seed_store
from dubadmin.sandbox.server import Delivery, HungUp, Server, wait
from dubadmin.sandbox.setup import Setup
from dubadmin.sandbox.store import Store, is_seeded

log = logging.getLogger(__name__)


class Sandbox(Setup):
    """A Dub workspace behind a real HTTP server on the loopback.

    `path` None keeps it in memory; otherwise it is an SQLite file that persists and is seeded
    on its first start only. `port` 0 takes a free one. Every knob (see `Knobs`) may be given
    here and turned later; `reset` puts store and knobs back to where they started, for which
    a copy of the store is kept unless `resettable` is False.
    """

    def __init__(
        self,
        port: int = 0,
        path: str | Path | None = None,
        customers: int = 0,
        seed: int = 1,
        resettable: bool = True,
        **knobs: Any,
    ) -> None:
        super().__init__()
        self.turn(**knobs)
        self._at_start = self.settings()
        self._faults = Faults()
        self._journal = Journal()
        self._limiter = Limiter()
        fresh = path is None or not is_seeded(path)
        # The port is taken before anything is seeded, so that a taken one is known at once.
        self._server = Server(port, self._respond)
        self.store = Store(path)
        if fresh and customers:
            seed_store(self.store, customers=customers, seed=seed, now=self.now())
        with self.store.write() as db:
            money.stock_rates(db)
        if resettable:
            self.store.remember_start()
        self.url = f"http://127.0.0.1:{self._server.port}"

    def start(self) -> Self:
        self._server.start()
        return self

    def close(self) -> None:
        """Stop answering, then finish what is pending, so that a file loses nothing."""
        self._server.stop()
        background.settle(self.store)
        self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def reset(self) -> None:
        """Back to the state right after the start: store, knobs, faults, journal, limits."""
        self.turn(**self._at_start)
        self._faults.clear()
        self._limiter.reset()
        self.store.return_to_start()
        self._journal.clear()

    def advance(self, seconds: float) -> None:
        """Move the sandbox's idea of now forward, so that keys expire without waiting."""
        self.clock_offset += seconds

    def settle(self) -> None:
        """Do the background work now instead of when it is due."""
        background.settle(self.store)

    def fault(
        self,
        method: str | None = None,
        path: str | None = None,
        nth: int = 1,
        times: int = 1,
        **fault: Any,
    ) -> None:
        """Make a coming request go wrong; see `Fault` for what can be asked."""
        self._faults.add(Fault(method=method, path=path, nth=nth, times=times, **fault))

    def clear_faults(self) -> None:
        self._faults.clear()

    @property
    def requests(self) -> list[Request]:
        return self._journal.all()

    def count(self, method: str | None = None, path: str | None = None) -> int:
        """How many requests came in; `path` as in `fault`."""
        matching = Fault(method=method, path=path, times=0)
        return sum(matching.strikes(entry.method, entry.path) for entry in self.requests)

    def sales(self) -> list[dict[str, Any]]:
        return truth.sales(self._settled())

    def leads(self) -> list[dict[str, Any]]:
        return truth.leads(self._settled())

    def customers(self) -> list[dict[str, Any]]:
        return truth.customers(self._settled())

    def customer(self, name: str) -> dict[str, Any] | None:
        """By external ID (bare or `ext_…`) or Dub's ID; None when there is none."""
        return truth.customer(self._settled(), name)

    def state(self) -> dict[str, int]:
        counts = truth.counts(self._settled())
        return counts | {"requests": len(self.requests), "faults": len(self._faults)}

    def _settled(self) -> Store:
        background.settle(self.store, now=self.now())
        return self.store

    def _respond(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: dict[str, str],
        body: bytes,
    ) -> Delivery:
        if path.startswith("/sandbox/"):
            return Delivery(control(self, method, path, body))
        call = Call(
            knobs=self,
            store=self.store,
            method=method,
            path=path,
            query=query,
            body=body,
            headers=headers,
        )
        request = self._journal.note(call)
        fault = self._faults.strike(method, path)
        wait(self.latency_ms)
        delivery = self._deliver(call, fault, request)
        request.status = delivery.answer.status
        return delivery

    def _deliver(self, call: Call, fault: Fault | None, request: Request) -> Delivery:
        if fault is None:
            return Delivery(self._answer(call))
        answer = None if fault.prevents else self._answer(call)
        wait(fault.delay_ms)
        if fault.hang_up:
            request.status = 0
            raise HungUp
        if answer is None or fault.answers:
            answer = fault.answer()
        elif fault.content_type:
            answer.content_type = fault.content_type
        return Delivery(answer, fault=fault)

    def _answer(self, call: Call) -> Answer:
        route, call.id, otherwise = routes.find(call.method, call.path)
        if route is None:
            return otherwise
        try:
            check_access(call, route.needs, self._limiter)
            background.settle(self.store, now=call.now)
            return route.handler(call)
        except ApiError as error:
            problem = error
        except Exception:
            log.exception("%s %s", call.method, call.path)
            problem = unexpected()
        return Answer(payload=problem.body(), status=problem.status, headers=call.limit_headers)
