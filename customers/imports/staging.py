"""From an uploaded file to rows in the table, in slices that any process may take."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from customers import files
from customers.audit import Actor, note, storable
from customers.files import Limits, Record, Unreadable
from customers.models import Import, ImportRow
from customers.output import unguarded

from . import hints, parts

ROWS_AT_ONCE = 2_000
SLICE_SECONDS = 5.0  # how long the worker stays at it before it looks whether it shall stop
AT_ONCE_BYTES = 500_000  # up to here a file is read while its person waits
LEAST_COLUMNS = {Import.Kind.SALES: 2, Import.Kind.LEADS: 1, Import.Kind.CORRECTIONS: 2}


def receive(
    chunks: Iterable[bytes], *, kind: str, name: str, actor: Actor, key: str, **details: Any
) -> Import:
    """Keeps a file, to be read by `stage`; or the import that this form has made before.

    `details` are of `Import`: `reason`, `time_zone`. Raises Unreadable for what is clearly no
    table, or too large.
    """
    file = Import(
        kind=kind, name=storable(name)[:300], size=0, actor=asdict(actor), key=key, **details
    )
    try:
        with transaction.atomic():
            file.save(force_insert=True)
            parts.keep(file, _checked(chunks))
            _note(file, actor)
    except IntegrityError:
        return Import.objects.get(key=key)
    return file


def _checked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        if not size:
            files.kind_of(chunk)
        size += len(chunk)
        if size > settings.IMPORT_MAX_MEGABYTES * 2**20:
            raise too_large()
        yield chunk
    if not size:
        raise Unreadable(_("The file is empty."))


def too_large() -> Unreadable:
    return Unreadable(
        _(
            "The file is larger than {megabytes} MB, which is the most that is taken. Split it "
            "into smaller ones."
        ),
        megabytes=settings.IMPORT_MAX_MEGABYTES,
    )


def _note(file: Import, actor: Actor) -> None:
    told = {"import": file.pk, "kind": file.kind, "file": file.name, "sha256": file.sha256}
    note("import.upload", actor=actor, reason=file.reason, asked={**told, "bytes": file.size})


def stage(file: Import) -> bool:
    """Reads on for some seconds: whether there is more to read.

    At the end the import is in `mapping`, or in `failed` with the sentence for its person.
    """
    try:
        with parts.opened(file) as stream:
            if "kind" not in file.format:
                file.format = files.look(stream, limits=limits(), **file.format)
            return _read_on(file, stream, until=time.monotonic() + SLICE_SECONDS)
    except Unreadable as error:
        _fail(file, str(error))
        return False


def read_again(file: Import, *, actor: Actor, **asked: str) -> bool:
    """Lets an untouched file be read anew: with another `encoding`, `delimiter` or `sheet`.

    False when it has moved on, or its bytes are gone.
    """
    with transaction.atomic():
        again = Import.objects.filter(
            pk=file.pk, state__in=(Import.State.MAPPING, Import.State.FAILED)
        )
        if not file.parts.exists() or not again.update(
            state=Import.State.STAGING, format=asked, place=None, rows_found=0, note=""
        ):
            return False
        file.rows.all().delete()
        note("import.reread", actor=actor, asked={"import": file.pk, **asked})
    file.refresh_from_db()
    return True


def limits() -> Limits:
    """What is taken of a file, as the settings say."""
    return Limits(
        rows=settings.IMPORT_MAX_ROWS,
        columns=settings.IMPORT_MAX_COLUMNS,
        cell=settings.IMPORT_MAX_CELL,
        unpacked=settings.IMPORT_MAX_UNPACKED_MEGABYTES * 2**20,
        memory=settings.IMPORT_MEMORY_MEGABYTES * 2**20,
    )


def _read_on(file: Import, stream: BinaryIO, *, until: float) -> bool:
    place: dict[str, int] = file.place or {}
    records = files.read(stream, format=file.format, limits=limits(), **place)
    if file.place is None:
        _take_header(file, next(records, None))
    while chunk := list(islice(records, ROWS_AT_ONCE)):
        if not _store(file, chunk):
            return False  # another process has been quicker, and goes on
        # A spreadsheet cannot be entered in the middle, so it is read in one go.
        if time.monotonic() > until and file.format["kind"] == "csv":
            return True
    if not file.rows_found:
        raise Unreadable(_("There is a header but no row below it."))
    _end(file, Import.State.MAPPING)
    return False


def _take_header(file: Import, header: Record | None) -> None:
    if header is None:
        raise Unreadable(_("The file is empty."))
    if len(header.cells) < LEAST_COLUMNS[Import.Kind(file.kind)]:
        raise Unreadable(
            _(
                "There is only one column, “{title}”. Either the delimiter is an unusual one, or "
                "columns are missing."
            ),
            title=str(header.cells[0])[:60],
        )
    file.header = [unguarded(str(cell)).strip()[:200] for cell in header.cells]
    file.hints = hints.empty(len(file.header))
    file.place = {"start": header.end, "number": header.number + 1}
    found = {name: getattr(file, name) for name in ("format", "header", "hints", "place")}
    Import.objects.filter(pk=file.pk, state=Import.State.STAGING).update(**found)


def _store(file: Import, records: list[Record]) -> bool:
    """Puts rows into the table. Of two processes at it, one counts."""
    before = file.rows_found
    if before + len(records) > settings.IMPORT_MAX_ROWS:
        raise Unreadable(
            _(
                "There are more than {most} rows, which is the most that is taken. Split the file "
                "into smaller ones."
            ),
            most=settings.IMPORT_MAX_ROWS,
        )
    odd = not str(file.format.get("encoding", "utf")).startswith("utf")
    hints.count(file.hints, records, odd=odd)
    file.rows_found += len(records)
    file.place = {"start": records[-1].end, "number": records[-1].number + 1}
    with transaction.atomic():
        mine = Import.objects.filter(
            pk=file.pk, state=Import.State.STAGING, rows_found=before
        ).update(
            rows_found=file.rows_found,
            place=file.place,
            hints=file.hints,
            beat=timezone.now(),
        )
        if mine:
            ImportRow.objects.bulk_create(
                [
                    ImportRow(file=file, number=record.number, cells=record.cells)
                    for record in records
                ]
            )
    return bool(mine)


def _end(file: Import, state: str, *, why: str = "") -> None:
    staging = Import.objects.filter(pk=file.pk, state=Import.State.STAGING)
    if staging.update(state=state, note=why):
        file.state, file.note = state, why


def _fail(file: Import, why: str) -> None:
    _end(file, Import.State.FAILED, why=why)
    file.rows.all().delete()
