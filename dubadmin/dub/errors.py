"""What can go wrong with a call to Dub, sorted by what it means for the person who asked.

A status code does not tell an operator whether anything happened; these classes do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DATABASE_TEXT = re.compile(r"[\r\n`\[{]|prisma|invocation|constraint|column|SELECT |mysql", re.I)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back over the wire, kept for the audit log.

    `body` is the decoded text, cut to `BODY_LIMIT` characters; `cut_from` is then how long it was,
    0 where it is whole. `code` and `message` are those of
    Dub's error shape (contract section 4), empty for a success or a foreign answer.
    """

    BODY_LIMIT = 20_000

    status: int
    content_type: str
    body: str
    code: str = ""
    message: str = ""
    cut_from: int = 0


class DubError(Exception):
    """A call to Dub that gave no usable result.

    `sentence` is safe to show: it never holds the API key, a header or a traceback.
    `answer` is None when nothing came back. `timed_out` tells that nothing came in time, so that
    asking again at once is no use.
    """

    def __init__(
        self, sentence: str, *, answer: Answer | None = None, timed_out: bool = False
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.answer = answer
        self.timed_out = timed_out

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def code(self) -> str:
        return self.answer.code if self.answer else ""

    @property
    def message(self) -> str:
        return self.answer.message if self.answer else ""


class Refused(DubError):
    """Dub answered 4xx in its own words: nothing happened."""


class Unavailable(DubError):
    """The request never reached Dub: nothing happened."""


class RateLimited(Unavailable):
    """Dub, or our own pacing, asked to wait (traps A1, A2): nothing happened.

    `wait` is in seconds, clamped to a sane bound.
    """

    def __init__(self, sentence: str, *, wait: float, answer: Answer | None = None) -> None:
        super().__init__(sentence, answer=answer)
        self.wait = wait


class Uncertain(DubError):
    """Sent, and the answer was lost, was a 5xx, or was not Dub's JSON: unknown (trap A7)."""


def is_database_text(message: str) -> bool:
    """Whether Dub's message looks like its database's or its validator's own, not meant for people.

    Such text goes into the log, never on a page (trap R3).
    """
    return _DATABASE_TEXT.search(message) is not None
