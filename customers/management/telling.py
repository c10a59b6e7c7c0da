"""What a command says of an import: how far it is, and what became of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from customers import imports, output
from customers.models import Import, ImportRow, Outcome
from customers.templatetags.show import money, time_left

State, Verdict = Import.State, ImportRow.Verdict


def so_far(job: Import) -> str:
    """How far it is, in a line."""
    state = job.get_state_display()
    if job.has_ended:
        seen, accepted = imports.confirmed(job)
        return f"{state}: {seen:,} of {accepted:,} that Dub accepted are seen among its events"
    if job.state not in {State.CHECKING, State.RUNNING}:
        return f"{state}: {imports.summary(job)}"
    now = imports.progress(job)
    doing = f", {now.doing}" if now.doing else ""
    left = f", {time_left(now.seconds_left)}" if now.seconds_left else ""
    return f"{state}{doing}: {now.done:,} of {now.of:,}{left} {job.note}"


def result(job: Import) -> Iterator[str]:
    """What the dry run found or the run did: each row with a problem, then the sums."""
    yield from imports.told(job)
    yield f"{job.get_state_display()}: {imports.summary(job)}."
    for each in imports.amounts(job):
        sums = (
            f"{name} {money(each[name]['total'], each['currency'])} in {each[name]['n']:,}"
            for name in (*Verdict.values, "recorded")
            if name in each
        )
        yield f"Amounts: {', '.join(sums)}"
    seen, accepted = imports.confirmed(job) if job.started_at else (0, 0)
    if accepted:
        yield f"{seen:,} of {accepted:,} that Dub accepted are seen among its events."


def problems(job: Import, *, with_doubts: bool) -> Iterator[str]:
    """What is not as it was meant to be, in words."""
    if not job.started_at:
        found = imports.verdicts(job)
        if found[Verdict.WRONG]:
            yield f"{found[Verdict.WRONG]:,} wrong"
        if found[Verdict.DOUBT] and not with_doubts:
            yield f"{found[Verdict.DOUBT]:,} in doubt"
        return
    for count, words in (
        (imports.left_over(job).count(), "did not make it"),
        (imports.unknown(job).count(), "unknown"),
        (job.rows.filter(outcome=Outcome.DIFFERS).count(), "stored differently"),
        (imports.missing(job), "accepted and not seen among Dub’s events"),
    ):
        if count:
            yield f"{count:,} {words}"


def write_leftover(job: Import, file: Path) -> str:
    """Writes the rows that did not make it, where there are any; says so. Raises OSError."""
    count, without = imports.left_over(job).count(), imports.unknown(job).count()
    told = f", without {without:,} whose result is unknown" if without else ""
    if not count:
        return f"Nothing is left over{told}."
    names, rows = imports.as_file(job)
    with file.open("wb") as stream:
        stream.writelines(output.CSV.write(names, rows))
    return f"{file}: {count:,} left over{told}."
