"""What the web server of a test does besides: it tells which process does the work."""

import os
from pathlib import Path
from typing import Any

keepalive = 75  # as in gunicorn.conf.py: the default closes while a slow machine still uses it


def post_worker_init(worker: Any) -> None:
    note = Path(os.environ["WORKER_FILE"])
    being_written = note.with_suffix(".new")
    being_written.write_text(str(worker.pid))
    being_written.replace(note)
