"""Our fields to HubSpot's and back."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync import formats
from crmsync.crms.base import EXTERNAL_ID, ObjectKind, RemoteRecord, Values
from crmsync.crms.hubspot.vendor import CAPITALS, PHONE_FIELDS, Dialect


def outbound(dialect: Dialect, kind: ObjectKind, values: Values) -> dict[str, str]:
    """Translate `values` into HubSpot's properties. Leaves out what is empty or has no place there."""
    names = dialect.fields[kind]
    given = dict(values)
    if kind == "contact" and given.get("unit") and given.get("street"):
        given["street"] = f"{given['street']} {given['unit']}"  # contacts there have one address line
    properties: dict[str, str] = {}
    for ours, value in given.items():
        theirs = dialect.external_id_property if ours == EXTERNAL_ID else names.get(ours)
        if theirs and (text := _spell(kind, ours, value)):
            properties[theirs] = text
    return properties


def inbound(dialect: Dialect, kind: ObjectKind, row: Mapping[str, object]) -> RemoteRecord:
    """Translate an answered record; properties that we do not know and empty ones are left out."""
    properties = row.get("properties")
    values: dict[str, str] = {}
    if isinstance(properties, dict):
        for ours, theirs in (*dialect.fields[kind].items(), (EXTERNAL_ID, dialect.external_id_property)):
            value = properties.get(theirs)
            if value not in (None, ""):
                values[ours] = str(value)
    return RemoteRecord(str(row["id"]), values)


def asked(dialect: Dialect, kind: ObjectKind) -> list[str]:
    """The properties to ask for when reading."""
    return [*dialect.fields[kind].values(), dialect.external_id_property]


def _spell(kind: ObjectKind, name: str, value: object) -> str:
    if name in PHONE_FIELDS:
        if isinstance(value, str):
            value = formats.e164(value)
        elif isinstance(value, list | tuple):
            value = [formats.e164(str(phone)) for phone in value]
    text = formats.hubspot(value)
    return text.upper() if name in CAPITALS.get(kind, ()) else text
