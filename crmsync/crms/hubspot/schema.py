"""What we need to find, or make, in a HubSpot account before we can write there: our unique id and our own
fields."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from crmsync.crms.base import ObjectKind, RemoteField
from crmsync.crms.hubspot.vendor import OBJECT_TYPES, OWN_GROUP, OWN_PREFIX, Dialect
from crmsync.transport.errors import Conflict, CrmError, Misconfigured, NotFound

_PLURAL: Mapping[ObjectKind, str] = {"contact": "contacts", "property": "listings", "task": "tasks"}

# Association types differ by account and do not change: asked once per account and process.
_association_types: dict[tuple[str, str], dict[str, object]] = {}


class Call(Protocol):
    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        safe: bool,
    ) -> dict[str, Any]: ...


def read(call: Call, dialect: Dialect, kind: ObjectKind) -> list[RemoteField]:
    """The properties of one object."""
    answer = call("GET", dialect.path("properties", dialect.objects[kind]), safe=True)
    return [
        RemoteField(
            name=str(row["name"]),
            label=str(row.get("label") or row["name"]),
            type=str(row.get("type") or ""),
            unique=row.get("hasUniqueValue") is True,
            options=tuple(str(option["value"]) for option in row.get("options") or []),
        )
        for row in answer.get("results", [])
    ]


def ensure(call: Call, dialect: Dialect) -> list[str]:
    """Create what is missing of ours, verify what is there. Safe to repeat."""
    done: list[str] = []
    for kind in OBJECT_TYPES:
        existing = {field.name: field for field in read(call, dialect, kind)}
        _refuse_plain_id(dialect, kind, existing)
        missing = [name for name in _own(dialect, kind) if name not in existing]
        if missing:
            _create_group(call, dialect, kind)
        for name in missing:
            unique = name == dialect.external_id_property
            _create_property(call, dialect, kind, name, unique=unique)
        if missing:
            done.append(f"Created on {_PLURAL[kind]}: {', '.join(missing)}.")
    return done


def check(call: Call, dialect: Dialect) -> tuple[bool, list[str]]:
    """Say whether we can write there, without changing anything."""
    sentences: list[str] = []
    ok = True
    try:
        owners = call("GET", dialect.path("owners"), query={"limit": "1"}, safe=True)
        if not owners.get("results"):
            sentences.append("There are no users there, so no lead can be given to one.")
        for kind in OBJECT_TYPES:
            existing = {field.name: field for field in read(call, dialect, kind)}
            _refuse_plain_id(dialect, kind, existing)
            missing = [name for name in _own(dialect, kind) if name not in existing]
            if missing:
                ok = False
                sentences.append(f"Missing on {_PLURAL[kind]}: {', '.join(missing)}. Connecting creates them.")
            unknown = [name for name in dialect.fields[kind].values() if name not in existing]
            if others := [name for name in unknown if name not in missing]:
                ok = False
                sentences.append(f"HubSpot has no {', '.join(others)} on {_PLURAL[kind]}. Change the field map.")
    except CrmError as error:
        return False, [*sentences, error.message]
    return ok, sentences


def association_type(
    call: Call, dialect: Dialect, account: str, start: ObjectKind, end: ObjectKind
) -> dict[str, object]:
    """The plain association between two kinds, as HubSpot wants it named when a record is created.

    Args:
        account: what tells this account from others.

    Raises:
        Misconfigured: the account has none.
    """
    if number := dialect.associations.get((start, end)):
        return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}
    path = dialect.association_path(start, end)
    key = (account, path)
    if key not in _association_types:
        rows = call("GET", path, safe=True).get("results", [])
        plain = [row for row in rows if not row.get("label")]
        if not plain:
            raise Misconfigured(
                "no_association", "HubSpot cannot tie these two kinds of record together. Name the type in the options."
            )
        _association_types[key] = {
            "associationCategory": plain[0]["category"],
            "associationTypeId": plain[0]["typeId"],
        }
    return _association_types[key]


def _own(dialect: Dialect, kind: ObjectKind) -> list[str]:
    ours = [name for name in dialect.fields[kind].values() if name.startswith(OWN_PREFIX)]
    return [dialect.external_id_property, *ours]


def _refuse_plain_id(dialect: Dialect, kind: ObjectKind, existing: Mapping[str, RemoteField]) -> None:
    field = existing.get(dialect.external_id_property)
    if field is not None and not field.unique:
        raise Misconfigured(
            "external_id_not_unique",
            f"HubSpot has a field {dialect.external_id_property} on {_PLURAL[kind]} that is not unique. "
            "Without a unique id leads could be doubled; rename or delete that field.",
        )


def _create_group(call: Call, dialect: Dialect, kind: ObjectKind) -> None:
    """Our fields stand in a group of ours, so that people see where they come from."""
    path = dialect.path("properties", dialect.objects[kind], "groups")
    try:
        call("GET", f"{path}/{OWN_GROUP}", safe=True)
    except NotFound:
        _create(call, path, {"name": OWN_GROUP, "label": "Steward"})


def _create_property(call: Call, dialect: Dialect, kind: ObjectKind, name: str, *, unique: bool) -> None:
    label = name.removeprefix(OWN_PREFIX).replace("_", " ")
    _create(
        call,
        dialect.path("properties", dialect.objects[kind]),
        {
            "name": name,
            "label": f"Steward {label}",
            "groupName": OWN_GROUP,
            "type": "string",
            "fieldType": "text",
            "hasUniqueValue": unique,
            "description": "Written by Steward. Do not edit.",
        },
    )


def _create(call: Call, path: str, definition: Mapping[str, object]) -> None:
    with suppress(Conflict):  # another worker was faster
        call("POST", path, json=definition, safe=False)
