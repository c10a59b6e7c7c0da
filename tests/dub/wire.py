"""A server of raw sockets, for what only shows on the wire."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

Step = bytes | Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True)
class Heard:
    """A request as it came: the bytes of its target, its headers in lower case, its body."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Wire:
    """Serves steps in turn: bytes are sent, a callable gets the socket and may do anything."""

    def __init__(self, *steps: Step) -> None:
        self.heard: list[Heard] = []
        self.connections = 0
        self._steps = list(steps)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._closing.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while (heard := _hear(stream)) and not self._closing.is_set():
                with self._lock:
                    self.heard.append(heard)
                    step = self._steps[0] if len(self._steps) == 1 else self._steps.pop(0)
                try:
                    if not isinstance(step, bytes):
                        step(connection, self._closing)
                        return
                    connection.sendall(step)
                except OSError:
                    return


def _hear(stream: BinaryIO) -> Heard | None:
    try:
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        while (header := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
    except OSError:
        return None
    return Heard(line[0], line[1], headers, body)


def answer(body: bytes | object, *, status: int = 200, **headers: str) -> bytes:
    """A whole HTTP answer; anything but bytes becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + content


def hang_up(connection: socket.socket, closing: threading.Event) -> None:
    """Ends the connection without a word."""


def hold(connection: socket.socket, closing: threading.Event) -> None:
    """Says nothing until the test is over."""
    closing.wait(5)


def drip(connection: socket.socket, closing: threading.Event) -> None:
    """Sends a long body in single bytes, each in good time."""
    connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(100):
        if closing.wait(0.02):
            return
        connection.sendall(b" ")
