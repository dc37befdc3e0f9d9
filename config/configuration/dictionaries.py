"""Mapping documents in the one form that a version can hold, so that two can be compared.

Invariant: a document that went into a version and came out again is the same; what only spells a default is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from intake.models import FieldMapping, MappingVersion

# The order people read a mapping in; the database keeps none.
_ORDER = ("decode", "items", "identity", "pivot", "context", "empty", "fields", "picklists", "ignore")
_OF_THE_SOURCE = ("kind", "source", "version")


def settled(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document that MappingSpec took, as a mapping version will give it back."""
    kept = {name: _plain(value) for name, value in document.items() if name not in _OF_THE_SOURCE}
    kept["fields"] = [_rule(rule) for rule in document.get("fields") or ()]
    kept["picklists"] = {
        str(name): {str(theirs): str(ours) for theirs, ours in entries.items()}
        for name, entries in (document.get("picklists") or {}).items()
    }
    return _ordered(kept)


def held(version: MappingVersion) -> dict[str, Any]:
    """The document of a version, without what its source says."""
    return _ordered({name: value for name, value in version.document().items() if name not in _OF_THE_SOURCE})


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    filled = {name: value for name, value in document.items() if value not in (None, {}, [])}
    return {name: filled[name] for name in _ORDER if name in filled}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: value for name, value in rule.items() if value is not None and value != "" and value is not False}
    for name in ("constant", "default"):
        if (value := rule.get(name)) is not None:
            columns[name] = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(columns.get("first_of"), (str, int)):
        columns["first_of"] = [str(columns["first_of"])]
    return FieldMapping(**columns).document()


def _plain(value: Any) -> Any:
    """As the database's JSON will have it."""
    return json.loads(json.dumps(value, default=str))
