"""The bytes of an uploaded file, kept in the database: web and worker need not share a disk."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from customers.models import Import, ImportPart

PART = 2**20


def keep(file: Import, chunks: Iterable[bytes]) -> None:
    """Stores the bytes with `file`, and their size and checksum in it. Within a transaction."""
    digest, size = hashlib.sha256(), 0
    for number, data in enumerate(_parts(chunks)):
        ImportPart.objects.create(file=file, number=number, data=data)
        digest.update(data)
        size += len(data)
    file.size, file.sha256 = size, digest.hexdigest()
    file.save(update_fields=["size", "sha256"])


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        while len(kept) >= PART:
            yield bytes(kept[:PART])
            del kept[:PART]
    if kept:
        yield bytes(kept)


def opened(file: Import) -> BinaryIO:
    """The bytes again, as a stream that can seek; one part at a time is in memory."""
    return cast(BinaryIO, io.BufferedReader(_Stored(file)))


class _Stored(io.RawIOBase):
    def __init__(self, file: Import) -> None:
        self.file, self.at = file, 0
        self.number, self.part = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.file.size}[whence]
        self.at = base + offset
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number, skipped = divmod(self.at, PART)
        if number != self.number:
            part = ImportPart.objects.filter(file=self.file, number=number)
            self.number = number
            self.part = bytes(next(iter(part.values_list("data", flat=True)), b""))
        piece = self.part[skipped : skipped + len(buffer)]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)
