"""A file on its way to whoever downloads it: what comes of it is told, whatever happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from dubadmin.dub.errors import DubError
from dubadmin.dub.explain import explain
from dubadmin.dub.marks import _

from .writers import CSV, JSON_LINES, Format, write_csv


class Sent:
    """How much of a file has left, and the checksum of that."""

    def __init__(self) -> None:
        self.size, self._digest = 0, hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._digest.update(piece)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def sending(
    pieces: Iterable[bytes],
    *,
    format: Format,
    complete: Callable[[Sent], None],
    break_off: Callable[[Sent, str], None],
) -> Iterator[bytes]:
    """The pieces; then `complete` is called, or `break_off` with the reason why not all have left.

    A file that breaks off says so in its last line, and the error is raised: the server ends the
    connection without its proper end, so that a browser knows it, too.
    """
    sent = Sent()
    try:
        for piece in pieces:
            sent.add(piece)
            yield piece
        complete(sent)
    except GeneratorExit:
        break_off(sent, _("The download was broken off by the browser or the network."))
        raise
    except Exception as error:
        why = _words(error)
        break_off(sent, why)
        yield from _last_line(format, f"INCOMPLETE: {why}")
        raise


def _words(error: Exception) -> str:
    if isinstance(error, DubError):
        words = explain(error)
        return f"{words.cause} {words.next_step}".strip()
    return f"dubadmin failed ({type(error).__name__})."


def _last_line(format: Format, said: str) -> Iterator[bytes]:
    if format == CSV:
        yield from write_csv([said], [], mark=False)
    elif format == JSON_LINES:
        yield from JSON_LINES.write(["incomplete"], [[said]])
