"""Entries go when their time is over: what is still needed stays, and the chain stays whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from customers import chain
from customers.audit import Target, note
from customers.evidence import expiry as expiring
from customers.evidence import prune as pruning
from customers.evidence.prune import Pruned, expiry_now, look, prune
from customers.evidence.verify import verify
from customers.evidence.vouchers import Vouchers
from customers.models import (
    AuditEntry,
    Batch,
    BatchRow,
    Export,
    FollowUp,
    Import,
    ImportRow,
    Invoice,
    Outcome,
    Relation,
    Seal,
    lifted,
)

from .conftest import ALICE

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2026, 1, 10, 12, tzinfo=UTC)
LATER = timedelta(days=100)


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[Any]:
    """What a test writes is old once it has called `run`: kept are ninety days."""
    settings.AUDIT_RETENTION_DAYS = 90
    with time_machine.travel(LONG_AGO, tick=False) as clock:
        yield clock


@pytest.fixture
def run(clock: Any) -> Any:
    """Prunes each hundred days: it does what it told before, and the chain stays whole."""
    days = iter(LONG_AGO + n * LATER for n in range(1, 10))

    def later() -> Pruned:
        clock.move_to(next(days))
        expiry = expiry_now()
        assert expiry
        chain.link_all()
        expected = look(expiry)
        pruned = prune(expiry, actor=ALICE)
        assert (pruned.removed, pruned.stays, pruned.jobs) == (
            expected.removed,
            expected.stays,
            expected.jobs,
        )
        report = verify()
        assert report.finding is None
        assert report.checked == AuditEntry.objects.exclude(outcome=Outcome.PENDING).count()
        return pruned

    return later


def view(**details: Any) -> AuditEntry:
    return note("customer.view", actor=ALICE, **details)


def left() -> set[int]:
    kept = AuditEntry.objects.exclude(action="audit.prune")
    return set(kept.values_list("pk", flat=True))


def write(outcome: Outcome = Outcome.RECORDED, **details: Any) -> AuditEntry:
    return note("lead.record", actor=ALICE, outcome=outcome, **details)


# What goes


def test_what_has_expired_goes_and_its_seals_stay(run: Any, clock: Any) -> None:
    old = [view(target=Target(label="ada@example.com")) for _ in range(3)]
    clock.shift(timedelta(days=50))
    young = view()
    pruned = run()
    assert pruned.removed == 3
    assert left() == {young.pk}
    assert Seal.objects.filter(entry__in=[entry.pk for entry in old]).count() == 3
    checkpoint = AuditEntry.objects.get(action="audit.prune")
    assert checkpoint.after["places"] == [[1, 3]]
    assert checkpoint.actor_name == "alice"
    assert "3 entries were removed" in checkpoint.explanation
    assert "ada@" not in str(vars(checkpoint))
    assert verify().expired == 3


def test_pruned_again_and_again_it_stays_whole(run: Any, clock: Any) -> None:
    for _ in range(3):
        for _ in range(4):
            view()
        assert run().removed == 4
    assert verify().expired == 12
    assert AuditEntry.objects.filter(action="audit.prune").count() == 3
    assert run().removed == 0


def test_it_goes_slice_by_slice_each_with_its_checkpoint(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 4)
    for _ in range(10):
        view()
    assert run().removed == 10
    checkpoints = AuditEntry.objects.filter(action="audit.prune").order_by("pk")
    assert [entry.after["places"] for entry in checkpoints] == [[[1, 4]], [[5, 8]], [[9, 10]]]


def test_a_slice_that_fails_leaves_all_of_it(
    run: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = view()

    def broken(*args: Any, **kwargs: Any) -> None:
        raise LookupError

    with monkeypatch.context() as patch:
        patch.setattr(pruning, "_vouch", broken)
        clock.shift(LATER)
        with pytest.raises(LookupError):
            prune(expiry_now(), actor=ALICE)
    assert left() == {entry.pk}
    assert run().removed == 1


# What is still needed


def test_what_is_not_settled_stays(run: Any) -> None:
    pending = AuditEntry.objects.create(action="lead.record", outcome=Outcome.PENDING)
    unknown = write(Outcome.UNKNOWN)
    missing = write()
    FollowUp.objects.create(entry=missing, state=FollowUp.State.MISSING, due=timezone.now())
    assert run().stays == {expiring.UNSETTLED: 2}
    assert left() == {pending.pk, unknown.pk, missing.pk}


def test_what_was_settled_goes_with_what_settled_it(run: Any) -> None:
    unknown = write(Outcome.UNKNOWN)
    note("write.settle", actor=ALICE, earlier=unknown, relation=Relation.SETTLE)
    confirmed = write()
    FollowUp.objects.create(
        entry=confirmed, state=FollowUp.State.CONFIRMED, due=timezone.now(), customer_id="cus_1"
    )
    assert run().removed == 3
    assert left() == set()
    assert not FollowUp.objects.exists()


def test_the_ledger_of_invoices_has_no_expiry(run: Any) -> None:
    sale = note("sale.record", actor=ALICE, outcome=Outcome.UNKNOWN)
    settled = note("write.settle", actor=ALICE, earlier=sale, relation=Relation.SETTLE)
    view()
    Invoice.objects.create(invoice_id="I", amount=1, currency="usd", entry=sale)
    assert run().stays == {expiring.LEDGER: 1, expiring.LINKED: 1}
    assert left() == {sale.pk, settled.pk}


def test_what_something_younger_belongs_to_stays(run: Any, clock: Any) -> None:
    first = write()
    second = note("customer.update", actor=ALICE, earlier=first, relation=Relation.UNDO)
    other = write()
    clock.shift(timedelta(days=50))
    third = note("customer.update", actor=ALICE, earlier=second, relation=Relation.UNDO)
    assert run().removed == 1
    assert left() == {first.pk, second.pk, third.pk}
    assert other.pk not in left()
    assert run().removed == 3


def test_a_family_across_slices_goes_together(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    first = write()
    for _ in range(5):
        view()
    note("customer.update", actor=ALICE, earlier=first, relation=Relation.UNDO)
    assert run().removed == 7


# Batches and imports


def batch_with_a_row(state: str, **details: Any) -> Batch:
    batch = Batch.objects.create(
        action="customer.delete", actor={}, total=1, state=state, chosen=["cus_1"], **details
    )
    entry = note("customer.delete", actor=ALICE, outcome=Outcome.RECORDED, batch=batch)
    BatchRow.objects.create(batch=batch, customer_id="cus_1", entry=entry)
    return batch


def file_with_a_row(state: str) -> Import:
    file = Import.objects.create(actor={}, kind="leads", name="f", size=1, sha256="", state=state)
    entry = note("lead.record", actor=ALICE, outcome=Outcome.RECORDED, file=file)
    ImportRow.objects.create(file=file, number=2, cells=["Ada"], entry=entry)
    return file


@pytest.mark.parametrize("state", ["done", "stopped"])
def test_what_is_over_goes_with_its_entries(run: Any, state: str) -> None:
    batch, file = batch_with_a_row(state), file_with_a_row(state)
    pruned = run()
    assert pruned.removed == 2
    assert pruned.jobs == [f"batch {batch.pk}", f"import {file.pk}"]
    for model in (Batch, BatchRow, Import, ImportRow):
        assert not model.objects.exists()
    said = " ".join(AuditEntry.objects.values_list("explanation", flat=True))
    assert f"The 1 rows of {pruned.jobs[0]} were removed" in said


@pytest.mark.parametrize("state", ["staging", "running"])
def test_what_is_not_over_keeps_its_entries(run: Any, state: str) -> None:
    batch, file = batch_with_a_row(state), file_with_a_row(state)
    assert run().stays == {expiring.JOB: 2}
    assert BatchRow.objects.filter(batch=batch).exists()
    assert ImportRow.objects.filter(file=file).exists()


def test_what_somebody_was_at_lately_keeps_its_entries(run: Any, clock: Any) -> None:
    batch_with_a_row("stopped", beat=LONG_AGO + timedelta(days=50))
    assert run().stays == {expiring.JOB: 1}


def test_a_batch_whose_entries_must_stay_can_never_go_on(run: Any) -> None:
    batch = batch_with_a_row("stopped", filters={"search": "ada@example.com"})
    unknown = write(Outcome.UNKNOWN, batch=batch)
    run()
    batch.refresh_from_db()
    assert left() == {unknown.pk}
    assert (batch.state, batch.rows.count()) == (Batch.State.DONE, 0)
    assert (batch.filters, batch.chosen) == (None, [])
    assert "The rows have expired" in batch.note


def test_an_export_goes_with_its_entry(run: Any) -> None:
    made = {"actor": {}, "format": "csv", "columns": []}
    for state in ("done", "walking"):
        entry = note("export.ask", actor=ALICE)
        export = Export.objects.create(**made, entry=entry, state=state)
    pruned = run()
    assert (pruned.removed, pruned.stays) == (1, {expiring.EXPORT: 1})
    assert (list(Export.objects.all()), left()) == ([export], {entry.pk})


def test_it_is_known_what_refers_to_an_entry() -> None:
    """A new table that does must be thought of here: an entry that it needs must stay."""
    fields = AuditEntry._meta.get_fields(include_hidden=True)
    referring = {f.related_model for f in fields if f.one_to_many or f.one_to_one}
    known = {AuditEntry, Seal, Invoice, FollowUp, BatchRow, ImportRow, Export}
    assert referring == known


# Nothing more than that


def test_a_checkpoint_covers_what_it_names_and_nothing_else(run: Any, clock: Any) -> None:
    view()
    kept = write(Outcome.UNKNOWN)
    view()
    run()
    with lifted():
        AuditEntry.objects.filter(pk=kept.pk).delete()
    finding = verify().finding
    assert finding
    assert (finding.entry, finding.place) == (kept.pk, 2)


@pytest.mark.parametrize(
    ("place", "expired"),
    [(0, False), (1, True), (3, True), (4, False), (7, True), (8, False), (None, False)],
)
def test_places_that_have_expired(place: int | None, expired: bool) -> None:
    assert Vouchers(expired=[(1, 3), (7, 7)]).has_expired(place) is expired


def test_a_forged_checkpoint_covers_nothing(run: Any) -> None:
    first = view()
    run()
    third = view()
    chain.link_all()
    checkpoint = AuditEntry.objects.get(action="audit.prune")
    place = Seal.objects.get(entry=third).place
    with lifted():
        AuditEntry.objects.filter(pk=third.pk).delete()
        AuditEntry.objects.filter(pk=checkpoint.pk).update(after={"places": [[1, place]]})
    finding = verify().finding
    assert finding
    assert finding.entry == first.pk  # not even what it covered before


def test_a_checkpoint_never_expires(run: Any) -> None:
    view()
    run()
    run()
    assert AuditEntry.objects.filter(action="audit.prune").count() == 1


# The command


def test_the_command(clock: Any, capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    view()
    write(Outcome.UNKNOWN)
    batch_with_a_row("done")
    chain.link_all()
    clock.shift(LATER)
    call_command("audit", "prune", "--dry-run")
    said = capsys.readouterr().out
    assert "2 entries from before 20 Jan 2026 would be removed." in said
    assert "1 expired ones stay: they are not settled." in said
    assert AuditEntry.objects.count() == 3
    call_command("audit", "prune")
    assert "2 entries from before 20 Jan 2026 were removed." in capsys.readouterr().out
    settings.AUDIT_RETENTION_DAYS = 0
    call_command("audit", "prune")
    assert "everything is kept" in capsys.readouterr().out
