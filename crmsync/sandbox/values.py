"""Which property values HubSpot takes, and how it refuses the others."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from crmsync.sandbox.catalog import READ_ONLY, REQUIRED, SINGULAR
from crmsync.sandbox.refusals import Refusal, conflict, invalid_properties
from crmsync.sandbox.store import Record, Store

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def checked(store: Store, kind: str, given: object, *, record: Record | None) -> dict[str, str]:
    """Return `given` as properties that may be written.

    Args:
        record: the record they are for, or None if it is to be created.

    Raises:
        Refusal: a value is no string, of the wrong shape, or taken by another record.
    """
    if not isinstance(given, dict):
        raise Refusal(400, "Invalid input JSON: properties is required and must be an object")
    for name, value in given.items():
        if not isinstance(value, str):
            raise Refusal(400, f"Invalid input JSON: the value of property {name!r} must be a string")
    definitions = store.definitions(kind)
    problems = [
        {"isValid": False, "message": message, "error": code, "name": name}
        for name, value in given.items()
        for code, message in [_problem(store, name, value, definitions.get(name))]
        if code
    ]
    if problems:
        raise invalid_properties(problems)
    if record is None:
        missing = [name for name in REQUIRED.get(kind, ()) if not given.get(name)]
        if missing:
            raise Refusal(400, f"Some required properties were not set: {missing}")
    _refuse_taken(store, kind, given, definitions, record)
    return dict(given)


def _problem(store: Store, name: str, value: str, definition: dict[str, Any] | None) -> tuple[str, str]:
    """(code, message), or empty strings."""
    if definition is None:
        return "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'
    if name in READ_ONLY:
        return "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
    if not value:
        return "", ""
    if name == "email" and not _EMAIL.fullmatch(value):
        return "INVALID_EMAIL", f"Email address {value} is invalid"
    if name == "hubspot_owner_id" and value not in {owner.id for owner in store.owners()}:
        return "INVALID_OWNER_ID", f"{value} was not a valid owner id"
    options = [option["value"] for option in definition["options"]]
    if options and value not in options:
        return "INVALID_OPTION", f"{value} was not one of the allowed options: {options}"
    if definition["type"] == "number" and not _is_number(value):
        return "INVALID_LONG", f"{value} was not a valid long."
    if definition["type"] == "datetime" and not _is_time(value):
        return "INVALID_DATE", f"{value} was not a valid date."
    return "", ""


def _refuse_taken(
    store: Store,
    kind: str,
    given: dict[str, str],
    definitions: dict[str, dict[str, Any]],
    record: Record | None,
) -> None:
    for name, value in given.items():
        if not value or not definitions[name]["hasUniqueValue"]:
            continue
        other = store.find(kind, name, value)
        if other is None or (record is not None and other.id == record.id):
            continue
        if name == "email":
            raise conflict(SINGULAR[kind], other.id)
        raise invalid_properties(
            [
                {
                    "isValid": False,
                    "message": f"{other.id} already has that value.",
                    "error": "CONFLICTING_UNIQUE_VALUE",
                    "name": name,
                }
            ]
        )


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_time(value: str) -> bool:
    if value.isascii() and value.isdigit():
        return True  # milliseconds
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
