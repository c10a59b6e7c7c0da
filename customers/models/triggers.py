"""What the database itself does for the log, on SQLite and on PostgreSQL: it seals, and it refuses.

The triggers are put in place after every `migrate`: on SQLite a changed table loses them silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, connections, transaction
from django.db.models.signals import post_migrate
from django.dispatch import receiver

ENTRIES, SEALS = TABLES = ("customers_auditentry", "customers_seal")
# What a pending entry gains when it is settled. All else was said before the request left.
OUTCOME = (
    *("outcome", "settled_at", "duration_ms", "answered", "after", "explanation", "comparison"),
    "digest",
)
_SETTLED = "The audit log is append-only: an entry changes once, from pending to its outcome."
_KEPT = "The audit log is append-only: entries stay."
_CHAIN = "The chain of the audit log is append-only: a seal is linked once and stays as it is."
_LINKED = "NEW.place IS NOT NULL OR NEW.link IS NOT NULL"
_NOT_LINKING = """OLD.place IS NOT NULL OR NEW.place IS NULL OR NEW.link IS NULL
    OR NEW.entry_id <> OLD.entry_id OR NEW.digest <> OLD.digest"""
# SQLite removes a row that is in the way of a REPLACE without asking its DELETE trigger.
_REPLACES = "EXISTS (SELECT 1 FROM customers_auditentry WHERE id = NEW.id OR key = NEW.key)"
_REPLACES_SEAL = "EXISTS (SELECT 1 FROM customers_seal WHERE entry_id = NEW.entry_id)"
_TAKES_PLACE = "EXISTS (SELECT 1 FROM customers_seal WHERE place = NEW.place)"
_SEAL = "INSERT INTO customers_seal (entry_id, digest) VALUES (NEW.id, NEW.digest);"
_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION customers_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE OR REPLACE FUNCTION customers_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {_SEAL} RETURN NULL; END $$;
"""


class Trigger(NamedTuple):
    """`refusal` says what the database answers; where there is none, it seals the entry."""

    table: str
    moment: str
    when: str = ""
    refusal: str = ""

    @property
    def name(self) -> str:
        return f"{self.table}_{self.moment.lower().replace(' ', '_')}"

    def sql(self, vendor: str) -> str:
        when = f"WHEN ({self.when})" if self.when else ""
        if vendor == "sqlite":
            then = f"SELECT RAISE(ABORT, '{self.refusal}');" if self.refusal else _SEAL
            return (
                f"CREATE TRIGGER {self.name} {self.moment} ON {self.table} {when} BEGIN {then} END"
            )
        then = f"customers_refuse('{self.refusal}')" if self.refusal else "customers_seal()"
        each = "STATEMENT" if "TRUNCATE" in self.moment else "ROW"
        return (
            f"CREATE OR REPLACE TRIGGER {self.name} {self.moment} ON {self.table} "
            f"FOR EACH {each} {when} EXECUTE FUNCTION {then}"
        )


def _triggers(database: Any) -> list[Trigger]:
    found = [
        Trigger(ENTRIES, "AFTER INSERT", "NEW.outcome <> 'pending'"),
        Trigger(ENTRIES, "AFTER UPDATE", "OLD.outcome = 'pending' AND NEW.outcome <> 'pending'"),
        Trigger(ENTRIES, "BEFORE UPDATE", _not_settling(database), _SETTLED),
        Trigger(ENTRIES, "BEFORE DELETE", refusal=_KEPT),
        Trigger(SEALS, "BEFORE DELETE", refusal=_CHAIN),
    ]
    if database.vendor == "sqlite":
        return [
            *found,
            Trigger(ENTRIES, "BEFORE INSERT", _REPLACES, _KEPT),
            Trigger(SEALS, "BEFORE INSERT", f"{_LINKED} OR {_REPLACES_SEAL}", _CHAIN),
            Trigger(SEALS, "BEFORE UPDATE", f"{_NOT_LINKING} OR {_TAKES_PLACE}", _CHAIN),
        ]
    return [
        *found,
        Trigger(ENTRIES, "BEFORE TRUNCATE", refusal=_KEPT),
        Trigger(SEALS, "BEFORE INSERT", _LINKED, _CHAIN),
        Trigger(SEALS, "BEFORE UPDATE", _NOT_LINKING, _CHAIN),
        Trigger(SEALS, "BEFORE TRUNCATE", refusal=_CHAIN),
    ]


def _not_settling(database: Any) -> str:
    """Whether an update does anything but give a pending entry its outcome."""
    with database.cursor() as cursor:
        columns = database.introspection.get_table_description(cursor, ENTRIES)
    differs = "IS NOT" if database.vendor == "sqlite" else "IS DISTINCT FROM"
    said = [column.name for column in columns if column.name not in (*OUTCOME, "words")]
    changed = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in said)
    return f"OLD.outcome <> 'pending' OR NEW.outcome = 'pending' OR {changed}"


@receiver(post_migrate)
def _after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    if sender.name == "customers":
        install(connections[using])


def install(database: Any = connection) -> None:
    """Puts every trigger in place; safe to call again."""
    if not set(TABLES) <= set(database.introspection.table_names()):
        return  # migrated back to before there was a chain
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(_FUNCTIONS)
        else:
            _drop(cursor)
        for trigger in _triggers(database):
            cursor.execute(trigger.sql(database.vendor))


def missing() -> list[str]:
    """The names of the triggers that are not in place, or switched off."""
    query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return [trigger.name for trigger in _triggers(connection) if trigger.name not in present]


@contextmanager
def lifted() -> Iterator[None]:
    """One transaction without the triggers, for what is removed or redacted by the rules.

    Needs the rights of the tables' owner. Whoever else writes to the log waits until it is over.
    What is written to the log inside is not sealed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            _drop(cursor)
            yield
            install()
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # none may wait while a table alters
            _switch(cursor, "DISABLE")
            yield
            _switch(cursor, "ENABLE")


def _drop(cursor: Any) -> None:
    cursor.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)", TABLES
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP TRIGGER {name}")


def _switch(cursor: Any, how: str) -> None:
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} {how} TRIGGER USER")
