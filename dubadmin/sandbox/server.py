"""The HTTP server: one thread for each connection, kept alive, hung up on when asked."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl

from dubadmin.sandbox.call import Answer
from dubadmin.sandbox.faults import Fault

log = logging.getLogger(__name__)


class HungUp(Exception):
    """The connection is to be closed without an answer."""


class Delivery:
    """An answer, and how it is to be sent."""

    def __init__(self, answer: Answer, *, fault: Fault | None = None) -> None:
        self.answer = answer
        self.truncate = fault is not None and fault.truncate
        self.headers = dict(fault.headers) if fault is not None else {}

    def wire(self, *, reason: str) -> bytes:
        """Head and body in one piece; half of the body when it is to be truncated."""
        content = self.answer.content()
        headers = {
            "Content-Type": self.answer.content_type,
            "Content-Length": str(len(content)),
            "Date": formatdate(usegmt=True),
            **self.answer.headers,
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.answer.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head + (content[: len(content) // 2] if self.truncate else content)


# method, raw path, query, headers, body
Respond = Callable[[str, str, dict[str, str], dict[str, str], bytes], Delivery]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512
    allow_reuse_address = True

    def __init__(self, port: int, respond: Respond) -> None:
        self.respond = respond
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.02,), name="dub sandbox", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more connections, and an end to those that are open."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        raw_path, _, raw_query = self.path.partition("?")
        query = dict(parse_qsl(raw_query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers:
            # The body stays unread, so nothing more can come over this connection.
            self.close_connection = True
        body = self.rfile.read(int(length)) if length.isdigit() else b""
        server = cast(Server, self.server)
        try:
            delivery = server.respond(self.command, raw_path, query, headers, body)
        except HungUp:
            self.close_connection = True
            _hang_up(self.connection)
            return
        reason = self.responses.get(delivery.answer.status, ("", ""))[0]
        self.wfile.write(delivery.wire(reason=str(reason)))
        if delivery.truncate:
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("%s " + format, self.address_string(), *args)


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def wait(milliseconds: int) -> None:
    if milliseconds > 0:
        time.sleep(milliseconds / 1000)
