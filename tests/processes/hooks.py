"""What the web server of a test does besides: it tells which process does the work, and starts
it warm, so that one that was killed is soon replaced."""

import os
from pathlib import Path
from typing import Any

from django.template.loader import get_template
from django.urls import get_resolver

SEEN = ("home.html", "record/sale.html", "record/summary.html", "results/result.html")


def when_ready(server: Any) -> None:
    assert get_resolver().url_patterns
    for name in SEEN:
        get_template(name)


def post_worker_init(worker: Any) -> None:
    note = Path(os.environ["WORKER_FILE"])
    being_written = note.with_suffix(".new")
    being_written.write_text(str(worker.pid))
    being_written.replace(note)
