"""The ledger is written by the database, not by our code, so that no path into these tables can forget it.

SQLite changes a column by making the table anew, and a table made anew has no triggers: a later migration that alters a
column of intake_delivery, intake_item or intake_acceptance must end by creating them again (`create` below). The tests
of the ledger fail where one forgets.
"""

from django.db import migrations

from trail.append_only import MakeAppendOnly

# (trigger, table, event, when, columns, values)
ENTRIES = (
    ("accept_delivery", "intake_delivery", "INSERT", "", "kind, delivery_id", "'delivery', NEW.id"),
    ("accept_item", "intake_item", "INSERT", "", "kind, delivery_id, item_id", "'item', NEW.delivery_id, NEW.id"),
    (
        "accept_split",
        "intake_delivery",
        "UPDATE OF state",
        "NEW.state = 'split' AND OLD.state <> 'split'",
        "kind, delivery_id",
        "'split', NEW.id",
    ),
)


def create(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    for name, table, event, when, columns, values in ENTRIES:
        insert = f"INSERT INTO intake_acceptance ({columns}) VALUES ({values});"
        condition = f"WHEN ({when})" if when else ""
        if postgres:
            schema_editor.execute(
                f"CREATE FUNCTION intake_{name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {insert} RETURN NULL; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {condition} "
                f"EXECUTE FUNCTION intake_{name}()"
            )
        else:
            schema_editor.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {condition} BEGIN {insert} END"
            )


def drop(apps, schema_editor):
    for name, table, *_ in ENTRIES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {name} ON {table}")
            schema_editor.execute(f"DROP FUNCTION intake_{name}()")
        else:
            schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [MakeAppendOnly("intake_acceptance"), migrations.RunPython(create, drop)]
