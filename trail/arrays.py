"""On PostgreSQL, many values travel as one array.

A list of a hundred ids as a hundred placeholders is read anew by the driver and by the server, and no such statement is
ever prepared, since the next list has ninety-nine. As `= ANY(array)` it is one statement for all lengths. Arrays go in
binary: as text, each quote of each JSON document in them is escaped by hand.

Invariant: what a query finds is the same; other databases are left as they are.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


class _OneArray(In):
    """`column = ANY(array)` in place of `column IN (a, b, c)`."""

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """See `In.as_sql`; what is not a list of plain values stays as it was."""
        if not self._is_plain():
            return self.as_sql(compiler, connection)
        column, before = self.process_lhs(compiler, connection)
        _, values = self.process_rhs(compiler, connection)
        kind = self.lhs.output_field.cast_db_type(connection).partition("(")[0]
        return f"{column} = ANY(%s::{kind}[])", (*before, list(values))

    def _is_plain(self) -> bool:
        return (
            self.rhs_is_direct_value()
            and hasattr(self.lhs, "output_field")
            and not any(hasattr(value, "resolve_expression") or _fits_no_column(value) for value in self.rhs)
        )


def _fits_no_column(value: object) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


class _OneArrayOfKeys(_OneArray, RelatedIn):
    """The same for the keys of other rows."""


def prefer_arrays() -> None:
    """Let `__in` speak arrays, from now on."""
    Field.register_lookup(_OneArray)
    ForeignObject.register_lookup(_OneArrayOfKeys)


def send_in_binary(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Receiver of `connection_created`."""
    if connection.vendor == "postgresql":
        from psycopg.types.array import ListBinaryDumper

        connection.connection.adapters.register_dumper(list, ListBinaryDumper)
