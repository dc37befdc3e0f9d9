"""Tables that only grow: the database itself refuses to change or delete their rows.

Invariant: the refusal is a trigger, so that a mistake in our code, a shell session or a stray script meets it too.
Emptying personal details (erasure) is the business of other tables that these rows only point to.
"""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

# Every table that has been made append-only, so that a test database knows what to lift before it is emptied.
APPEND_ONLY_TABLES = ("trail_auditentry", "intake_acceptance", "crmsync_spending")


def create_sql(table: str, vendor: str) -> list[str]:
    """The statements that make `table` refuse UPDATE and DELETE on this kind of database."""
    message = f"{table} only grows: its rows are never changed or deleted"
    if vendor == "postgresql":
        return [
            f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def drop_sql(table: str, vendor: str) -> list[str]:
    """The statements that lift what `create_sql` made."""
    if vendor == "postgresql":
        return [
            f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
            f"DROP FUNCTION IF EXISTS {table}_refuse()",
        ]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


class MakeAppendOnly(migrations.operations.base.Operation):
    """Migration operation: from here on, the table only grows."""

    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing that models know of changes."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for statement in create_sql(self.table, schema_editor.connection.vendor):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for statement in drop_sql(self.table, schema_editor.connection.vendor):
            schema_editor.execute(statement)

    def describe(self) -> str:
        return f"Make {self.table} append-only"
