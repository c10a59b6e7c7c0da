"""Files on their way in, for tests that begin where their rows are in the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from customers import imports
from customers.audit import Actor
from customers.models import AuditEntry, Import, ImportRow, lifted, pending_timeout

SALE = ("customer_external_id", "amount", "currency", "invoice_id")
Cells = Sequence[str | int | float]


def import_of(
    kind: str, header: Sequence[str], *rows: Cells, actor: Actor, **details: Any
) -> Import:
    """An import whose columns are matched by their names, ready for its dry run."""
    mapping = {
        "columns": {name: at for at, name in enumerate(header) if name},
        "metadata": {},
        "fixed": {},
        "empty": "keep",
    }
    file = Import.objects.create(
        kind=kind,
        header=list(header),
        mapping=mapping | details.pop("mapping", {}),
        state=details.pop("state", Import.State.CHECKING),
        key=details.pop("key", f"k{Import.objects.count()}"),
        actor=asdict(actor),
        name="file.csv",
        size=1,
        rows_found=len(rows),
        **details,
    )
    ImportRow.objects.bulk_create(
        ImportRow(file=file, number=number, cells=list(cells))
        for number, cells in enumerate(rows, start=2)
    )
    return file


def sales(n: int) -> list[Cells]:
    """Rows that are right: u0 buys for 1.00 USD, u1 for 2.00, and so on."""
    return [(f"u{at}", f"{at + 1}.00", "USD", f"INV-{at}") for at in range(n)]


def now(file: Import) -> Import:
    return Import.objects.get(pk=file.pk)


def checked(file: Import) -> Import:
    """After its dry run."""
    while now(file).state == Import.State.CHECKING:
        imports.step(now(file))
    return now(file)


def run(file: Import) -> Import:
    """After its run, or as far as it comes by itself."""
    while now(file).is_open and imports.step(now(file)):
        pass
    return now(file)


def sent(file: Import, actor: Actor, **details: Any) -> Import:
    """After dry run and run."""
    imports.start(checked(file), actor=actor, **details)
    return run(file)


def problems(file: Import) -> dict[int, list[str]]:
    """By row number: "level field" of each problem."""
    return {
        row.number: sorted(f"{each['level']} {each['field']}".strip() for each in row.problems)
        for row in file.rows.exclude(problems=[]).order_by("number")
    }


def said(file: Import, number: int) -> str:
    """All that is said of a row."""
    row = file.rows.get(number=number)
    return " ".join(each["problem"] for each in row.problems)


def verdicts(file: Import) -> Counter[str]:
    return Counter(file.rows.values_list("verdict", flat=True))


def outcomes(file: Import) -> Counter[str]:
    return Counter(file.rows.values_list("outcome", flat=True))


def forget(row: ImportRow) -> None:
    """As if the process that had claimed the row had died long ago."""
    long_ago = timezone.now() - 2 * pending_timeout()
    ImportRow.objects.filter(pk=row.pk).update(claimed_at=long_ago, state=ImportRow.State.CLAIMED)
    with lifted():
        AuditEntry.objects.filter(key=row.key).update(at=long_ago)
