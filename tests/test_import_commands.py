"""manage.py import_sales, import_leads, import_corrections: as on the site, by exit codes."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from customers import imports
from customers.audit import operator
from customers.management import telling
from customers.models import AuditEntry, Import, NamedMapping, Outcome
from dubadmin.sandbox import Sandbox

from .imports.conftest import buyers, one_by_one  # noqa: F401  fixtures
from .imports.rows import SALE, checked, import_of, now, sales

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("buyers", "one_by_one")]

State = Import.State
HEADER = "customer_external_id,amount,currency,invoice_id\n"
GOOD = HEADER + "".join(f"u{n},{n + 1}.00,USD,INV-{n}\n" for n in range(3))
BAD = GOOD + "nobody,1.00,USD,INV-8\nu4,much,XYZ,INV-9\n"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent is looked for without waiting."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("customers.imports.following.CONFIRM_SECONDS", 0.0)


class Shell:
    """Files in a folder, and a command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, io.StringIO()

    def write(self, text: str, name: str = "monday.csv", encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def run(self, command: str, *options: Any, stderr: Any = None) -> int:
        """The exit code; what is said is in `said`."""
        self.said = io.StringIO()
        try:
            given = map(str, options)
            call_command(f"import_{command}", *given, stdout=self.said, stderr=stderr or self.said)
        except CommandError as error:
            self.said.write(str(error))
            return error.returncode
        return 0

    @property
    def text(self) -> str:
        return self.said.getvalue()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def invoices(dub: Sandbox) -> dict[str, int]:
    return {sale["invoice_id"]: sale["amount"] for sale in dub.sales()}


def outcomes() -> list[str]:
    return list(Import.objects.get().rows.order_by("number").values_list("outcome", flat=True))


# The run


def test_it_works(shell: Shell, dub: Sandbox) -> None:
    assert shell.run("sales", shell.write(GOOD), "--reason", "October") == 0
    assert invoices(dub) == {"INV-0": 100, "INV-1": 200, "INV-2": 300}
    file = Import.objects.get()
    assert (file.state, file.name, imports.confirmed(file)) == (State.DONE, "monday.csv", (3, 3))
    assert "Done: 3 recorded." in shell.text
    assert "Amounts: ready 6.00 USD in 3, recorded 6.00 USD in 3" in shell.text
    actions = ("import.upload", "import.map", "import.start", "sale.record", "command.run")
    for entry in AuditEntry.objects.filter(action__in=actions):
        assert (entry.role, entry.actor_id) == ("Server", "")
        assert entry.reason == "October" or entry.action in {"import.map", "command.run"}
    found = AuditEntry.objects.filter(action__in=actions).values_list("action", flat=True)
    assert set(found) == set(actions)


def test_leads_and_corrections(shell: Shell, dub: Sandbox) -> None:
    leads = shell.write("customer,event\nu0,Upgrade\n", "leads.csv")
    assert shell.run("leads", leads) == 0
    corrections = shell.write("external_id,email\nu1,new@example.com\nu2,c2@example.com\n")
    assert shell.run("corrections", corrections) == 0
    assert dub.customer("u1")["email"] == "new@example.com"
    assert dub.count("PATCH") == 1
    assert shell.run("corrections", corrections) == 0  # all of it is so already
    assert "There was nothing to send." in shell.text


def test_rows_that_are_wrong_are_told_and_kept_in_a_file(shell: Shell, dub: Sandbox) -> None:
    left = shell.folder / "left.csv"
    assert shell.run("sales", shell.write(BAD), "--leftover", left) == 1
    assert invoices(dub).keys() == {"INV-0", "INV-1", "INV-2"}
    assert "Row 5: Customer: Dub has no customer with this external ID" in shell.text
    assert "Row 6: Amount: " in shell.text
    assert "Row 6: Currency: " in shell.text
    assert shell.text.count("Row 5:") == 1
    assert "2 did not make it. See /imports/" in shell.text
    header, *rows = csv.reader(io.StringIO(left.read_text("utf-8-sig")))
    assert header[-1] == "error"
    assert [row[3] for row in rows] == ["INV-8", "INV-9"]


def test_a_refusal_while_it_runs_is_told(shell: Shell, dub: Sandbox) -> None:
    dub.fault("POST", "/track/sale", nth=2, status=422, message="too_big: amount: No.")
    assert shell.run("sales", shell.write(GOOD)) == 1
    assert "Row 3: Refused: " in shell.text
    assert outcomes() == [Outcome.RECORDED, Outcome.REFUSED, Outcome.RECORDED]


def test_what_is_unknown_is_not_left_over(shell: Shell, dub: Sandbox, settings: Any) -> None:
    settings.FOLLOW_UP_SECONDS = 0
    left = shell.folder / "left.csv"
    assert shell.run("sales", shell.write(GOOD), "--dry-run") == 0
    dub.fault("POST", "/track/sale", hang_up="before")
    dub.fault("GET", "/events", times=0, status=403, message="Unauthorized: Need higher plan.")
    number = Import.objects.get().pk
    assert shell.run("sales", "--go-on", number, "--leftover", left) == 1
    assert "Row 2: Unknown: " in shell.text
    assert "Nothing is left over, without 1 whose result is unknown." in shell.text
    assert "0 of 2 that Dub accepted are seen among its events." in shell.text
    assert not left.exists()


def test_rows_in_doubt_need_a_word(shell: Shell, dub: Sandbox, settings: Any) -> None:
    settings.RETYPE_AMOUNT_ABOVE = 2
    file = shell.write(GOOD)
    assert shell.run("sales", file, "--with-doubts") == 2
    assert "--reason: Say why the rows in doubt are sent all the same." in shell.text
    assert not Import.objects.exists()
    assert shell.run("sales", file, "--dry-run") == 1
    assert "1 in doubt" in shell.text
    assert shell.run("sales", file, "--with-doubts", "--reason", "looked at") == 0
    assert len(invoices(dub)) == 3


# The dry run


def test_a_dry_run_writes_nothing_and_can_be_sent(shell: Shell, dub: Sandbox) -> None:
    assert shell.run("sales", shell.write(BAD), "--dry-run") == 1
    assert dub.count("POST") == 0
    file = Import.objects.get()
    assert (file.state, file.rows_found) == (State.CHECKED, 5)
    assert "Checked: 3 ready, 2 wrong." in shell.text
    assert f"--go-on {file.pk} sends it." in shell.text
    assert shell.run("sales", "--go-on", file.pk, "--reason", "October") == 1
    assert len(invoices(dub)) == 3
    assert Import.objects.get().reason == "October"
    assert shell.run("sales", "--go-on", file.pk, "--dry-run") == 2
    assert shell.run("leads", "--go-on", file.pk) == 2


def test_a_good_dry_run_ends_with_0(shell: Shell) -> None:
    assert shell.run("sales", shell.write(GOOD), "--dry-run") == 0


# What the columns are


BANK = "Kunde;Betrag;Beleg;Ort;Konto\nu0;1.234;RE-1;Berlin;u9\n"


def test_columns_by_options(shell: Shell, dub: Sandbox) -> None:
    given = ["--column", "amount=betrag", "--value", "currency=USD", "--number-format", "comma"]
    given += ["--metadata", "Ort", "--ignore", "Konto"]
    file = shell.write(BANK, encoding="utf-16")
    assert shell.run("sales", file, *given) == 0
    assert invoices(dub) == {"RE-1": 123400}
    assert "customer_external_id “Kunde”, amount “Betrag”, invoice_id “Beleg”" in shell.text
    assert "currency is USD where a row has none, metadata “Ort”. Not used: “Konto”." in shell.text
    [sale] = AuditEntry.objects.filter(action="sale.record")
    assert sale.body["metadata"] == {"Ort": "Berlin"}


def test_another_column_than_its_name_says(shell: Shell) -> None:
    given = ["--column", "customer_external_id=Konto", "--value", "currency=EUR"]
    shell.run("sales", shell.write(BANK), *given, "--number-format", "point", "--dry-run")
    assert Import.objects.get().rows.get().customer == "ext_u9"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Currency: choose the column, or give a value for all rows."),
        (["--value", "currency=EUR"], "--number-format: “1.234” can be read in two ways."),
        (["--value", "currency=Taler"], "--value currency: Select a valid choice."),
        (["--column", "amount=Summe"], "There is no column “Summe”. There are: “Kunde”, “Betrag”"),
        (["--column", "colour=Ort"], "--column, “Ort”: Select a valid choice."),
        (["--mapping", "Bank"], "there is no saved mapping “Bank”"),
    ],
)
def test_columns_that_cannot_be_used(shell: Shell, options: list[str], words: str) -> None:
    assert shell.run("sales", shell.write(BANK), *options) == 2
    assert words in shell.text
    assert not Import.objects.exists()
    assert AuditEntry.objects.filter(action="import.delete").exists()


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["{file}", "--go-on", "1"],
        ["--go-on", "77"],
        ["nowhere.csv"],
        ["{file}", "--column", "amount"],
        ["{file}", "--time-zone", "Berlin"],
        ["{file}", "--leftover", "/nowhere/left.csv"],
    ],
)
def test_options_that_are_wrong(shell: Shell, options: list[str]) -> None:
    file = shell.write(GOOD)
    given = [each.format(file=file) for each in options]
    assert shell.run("sales", *given) in {1, 2}
    assert not Import.objects.exists()


def test_a_mapping_that_somebody_saved(shell: Shell, people: dict[str, User], dub: Sandbox) -> None:
    mapping = {
        "columns": {"customer_external_id": 4, "amount": 1, "invoice_id": 2},
        "metadata": {},
        "fixed": {"currency": "USD"},
        "empty": "keep",
        "number_format": "comma",
    }
    header = BANK.partition("\n")[0].split(";")
    common = {"kind": "sales", "name": "Bank", "header": header, "mapping": mapping}
    NamedMapping.objects.create(person=people["max"], **common)
    assert shell.run("sales", shell.write(BANK), "--mapping", "Bank", "--dry-run") == 1
    file = Import.objects.get()
    assert (file.rows.get().customer, file.number_format) == ("ext_u9", "comma")
    NamedMapping.objects.create(person=people["ada"], **common)
    assert shell.run("sales", shell.write(BANK), "--mapping", "Bank") == 2
    assert "--mapping-of: say whose mapping: ada, max." in shell.text
    given = ["--mapping", "Bank", "--mapping-of", "ada", "--column", "customer_external_id=Kunde"]
    assert shell.run("sales", shell.write(BANK), *given) == 0
    assert invoices(dub) == {"RE-1": 123400}


def test_a_file_that_cannot_be_read_is_not_kept(shell: Shell) -> None:
    for text in ("", "%PDF-1.7", "a,b\n", 'a,b\n1,"2\n'):
        assert shell.run("sales", shell.write(text)) == 1
        assert not Import.objects.exists()
    assert "quotation mark" in shell.text


def test_how_it_is_written(shell: Shell, dub: Sandbox) -> None:
    file = shell.write(GOOD.replace(",", "\t"), encoding="cp1252")
    assert shell.run("sales", file, "--delimiter", "tab", "--encoding", "cp1252", "--dry-run") == 0
    assert Import.objects.get().format["encoding"] == "cp1252"


# What comes in between


def test_ctrl_c_leaves_an_import_that_goes_on(
    shell: Shell, dub: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_on, slices = imports.carry_on, []

    def interrupt(number: int, **details: Any) -> Any:
        slices.append(number)
        if Import.objects.get().state == State.RUNNING:
            raise KeyboardInterrupt
        return carry_on(number, **details)

    monkeypatch.setattr(imports, "carry_on", interrupt)
    assert shell.run("sales", shell.write(GOOD)) == 130
    file = Import.objects.get()
    assert f"It goes on with --go-on {file.pk}" in shell.text
    assert (file.state, dub.count("POST")) == (State.PAUSED, 0)
    monkeypatch.setattr(imports, "carry_on", carry_on)
    assert shell.run("sales", "--go-on", file.pk) == 0
    assert len(invoices(dub)) == 3
    assert {"import.pause", "import.resume"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


def test_killed_on_the_way_it_goes_on(shell: Shell, dub: Sandbox, monkeypatch: Any) -> None:
    class Killed(BaseException):
        pass

    def die(number: int, **details: Any) -> None:
        raise Killed

    carry_on = imports.carry_on
    monkeypatch.setattr(imports, "carry_on", die)
    with pytest.raises(Killed):
        shell.run("sales", shell.write(GOOD))
    monkeypatch.setattr(imports, "carry_on", carry_on)
    assert shell.run("sales", "--go-on", Import.objects.get().pk) == 0
    assert len(invoices(dub)) == 3


def test_a_refusal_to_even_look_lets_it_rest(shell: Shell, dub: Sandbox) -> None:
    dub.fault("GET", "/customers*", times=0, status=403)
    assert shell.run("sales", shell.write(GOOD)) == 1
    assert "Paused: " in shell.text
    assert Import.objects.get().state == State.PAUSED


def test_what_has_not_appeared_is_told_or_left_to_the_worker(
    shell: Shell, dub: Sandbox, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    dub.drop_background = True
    confirm, looks = imports.life.following.confirm, []

    def interrupt(file: Import) -> Any:
        looks.append(file)
        if len(looks) == 2:
            raise KeyboardInterrupt
        return confirm(file)

    monkeypatch.setattr("customers.imports.life.following.confirm", interrupt)
    assert shell.run("sales", shell.write(GOOD)) == 130
    assert "All is sent. The worker goes on looking" in shell.text
    assert DBTaskResult.objects.ready().count() == 1


def test_deleted_on_the_site_meanwhile(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def delete(number: int, **details: Any) -> None:
        Import.objects.all().delete()

    monkeypatch.setattr(imports, "carry_on", delete)
    assert shell.run("sales", shell.write(GOOD)) == 1
    assert "was deleted on the site" in shell.text


def test_somebody_who_watches_sees_how_far_it_is(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((80, 20)))
    monkeypatch.setattr(screen, "fileno", lambda: 2)
    assert shell.run("sales", shell.write(GOOD), stderr=screen) == 0
    assert "Checked: 3 ready" in screen.getvalue()
    assert "Done: 3 of 3 that Dub accepted are seen among its events" in screen.getvalue()


def test_how_far_it_is_in_a_line(dub: Sandbox) -> None:
    file = import_of("sales", SALE, *sales(3), actor=operator())
    told = [telling.so_far(file)]
    for _ in range(2):
        imports.step(now(file))
    told.append(telling.so_far(now(file)))
    imports.start(checked(file), actor=operator())
    told.append(telling.so_far(now(file)))
    assert [each.strip() for each in told] == [
        "Checking, reading each row: 0 of 3",
        "Checking, asking Dub about each customer: 0 of 3",
        "Under way: 0 of 3",
    ]
