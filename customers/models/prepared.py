"""Queries that every page makes, put together once a process.

Putting one together takes the ORM some ten times as long as the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, Model, QuerySet


class Given(Expression):
    """Stands in a prepared query for the value `name` of each call; `field` says of what kind.

    The statement holds a placeholder for it, and among its parameters this object itself.
    """

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


class Prepared:
    """`make` builds the query, with `Given` where a value changes; it must end in `values_list`.

    A call takes those values by name and returns the rows.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, tuple[Any, ...]]]) -> None:
        self._make = make

    @cached_property
    def _statement(self) -> tuple[str, tuple[Any, ...], Any]:
        compiler = self._make().query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        return sql, parameters, compiler.get_converters(columns)

    def __call__(self, **given: Any) -> list[tuple[Any, ...]]:
        sql, parameters, converters = self._statement
        with connection.cursor() as cursor:
            cursor.execute(
                sql,
                [
                    each.field.get_db_prep_value(given[each.name], connection)
                    if isinstance(each, Given)
                    else each
                    for each in parameters
                ],
            )
            rows = cursor.fetchall()
        return [_converted(row, converters) for row in rows] if converters else rows


def _converted(row: tuple[Any, ...], converters: Any) -> tuple[Any, ...]:
    values = list(row)
    for place, (conversions, column) in converters.items():
        for convert in conversions:
            values[place] = convert(values[place], column, connection)
    return tuple(values)


def fields_of(model: type[Model], prefix: str = "") -> list[str]:
    """What `values_list` takes to read whole objects, as `from_db` wants them."""
    return [f"{prefix}{field.attname}" for field in model._meta.concrete_fields]


class Joined:
    """Objects with what belongs to each one to one, from rows that hold the `columns` of both.

    `other` is called `name` on the object; there need not be one.
    """

    def __init__(self, model: type[Model], other: type[Model], name: str) -> None:
        self.model, self.other = model, other
        self.relation: Any = model._meta.get_field(name)
        self.own, self.others = fields_of(model), fields_of(other)
        self.columns = [*self.own, *fields_of(other, f"{name}__")]

    def __call__(self, row: tuple[Any, ...]) -> Any:
        found, rest = row[: len(self.own)], row[len(self.own) :]
        one = self.model.from_db(DEFAULT_DB_ALIAS, self.own, found)
        two = None
        if any(value is not None for value in rest):
            two = self.other.from_db(DEFAULT_DB_ALIAS, self.others, rest)
            self.relation.remote_field.set_cached_value(two, one)
        self.relation.set_cached_value(one, two)
        return one
