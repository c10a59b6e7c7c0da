"""The sandbox by hand: what `manage.py sandbox` and `python -m dubadmin.sandbox` do."""

import argparse
import signal
import sqlite3
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dubadmin.sandbox.sandbox import Sandbox

DEFAULT_PORT = 8001


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--customers", type=int, default=2000, help="how many to seed")
    parser.add_argument("--seed", type=int, default=1, help="the same number, the same data")
    parser.add_argument("--latency-ms", type=int, default=0, help="added to every answer")
    parser.add_argument("--rate-limit", type=int, help="requests per minute, 0 for no limit")
    parser.add_argument("--background-ms", type=int, default=1500, help="how late totals are")
    parser.add_argument("--path", help="keep the data in this file, seeded once (else memory)")
    parser.add_argument("--plan", default="business", help="the workspace's plan")
    parser.add_argument("--key", default="dub_sandbox_key", help="the API key it accepts")


def run(options: Mapping[str, Any]) -> int:
    """Serve until interrupted; 0 for a clean end, 1 when it cannot start."""
    path = options["path"]
    try:
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        dub = Sandbox(
            port=options["port"],
            path=path,
            customers=options["customers"],
            seed=options["seed"],
            resettable=False,
            latency_ms=options["latency_ms"],
            rate_limit=options["rate_limit"],
            background_ms=options["background_ms"],
            plan=options["plan"],
            api_key=options["key"],
        )
    except (OSError, OverflowError, sqlite3.Error) as error:
        sys.stderr.write(f"The sandbox cannot start on port {options['port']}: {error}\n")
        return 1
    stopped = _stopped_by_signal()
    with dub:
        sys.stdout.write(f"Dub sandbox at {dub.url} with the API key {dub.api_key}\n")
        sys.stdout.write(f"DUB_API_URL={dub.url} DUB_API_KEY={dub.api_key}\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sandbox", description="A local Dub.")
    add_arguments(parser)
    return run(vars(parser.parse_args(argv)))


def _stopped_by_signal() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
