"""How gunicorn serves the site. It reads this file by itself when it is started in this folder.

WEB_CONCURRENCY says how many processes; --bind and the like on the command line go before.
"""

import os
import shutil
import tempfile
from typing import Any

from dubadmin import settings

# Processes add up their figures here; each start begins at 0. Read as the library is imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="dubadmin-metrics-")
from prometheus_client.multiprocess import mark_process_dead

bind = [f"127.0.0.1:{settings.PORT}"]
worker_class = "gthread"  # threads fit a site that waits for Dub
threads = 16
preload_app = True  # a process that died is replaced at once, by a copy of one that is warm
timeout = 120
keepalive = 75  # longer than a proxy keeps a connection: it must not be closed while it is used
# Who stops us waits until no write can be on its way any more (see `pending_timeout`).
graceful_timeout = settings.GRACE_SECONDS
logconfig_dict = settings.LOGGING
limit_request_line = 8190  # a long search, quoted again in the address of the sign-in
forwarder_headers = ""  # else a visitor behind a proxy chose SCRIPT_NAME and PATH_INFO
control_socket_disable = True  # it would write to the home folder


def child_exit(server: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
