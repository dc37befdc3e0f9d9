"""HubSpot's object endpoints: read, create, change, search, batch and merge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from crmsync.sandbox import search, values
from crmsync.sandbox.catalog import ASSOCIATIONS, MERGEABLE, OBJECTS
from crmsync.sandbox.refusals import Refusal, not_found
from crmsync.sandbox.store import Record, Store

Reply = tuple[int, dict[str, Any] | None]
Query = Mapping[str, list[str]]

MAX_INPUTS = 100
MAX_LIST, MAX_SEARCH = 100, 200

_DEFAULTS = {
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "listings": ("hs_createdate", "hs_lastmodifieddate", "hs_name", "hs_object_id"),
    "tasks": ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
}


def object_named(spelling: str) -> str:
    for kind, spellings in OBJECTS.items():
        if spelling.lower() in spellings:
            return kind
    raise Refusal(400, f"Unable to infer object type from: {spelling}")


class Objects:
    """Answers for one object type.

    Args:
        lag: seconds for which a new record cannot be found by search.
        merge_gives_new_id: whether a merge makes a third id, as the vendor reserves the right to.
    """

    def __init__(self, store: Store, kind: str, *, lag: float, merge_gives_new_id: bool) -> None:
        self._store = store
        self._kind = kind
        self._lag = lag
        self._merge_gives_new_id = merge_gives_new_id

    def answer(self, method: str, rest: list[str], query: Query, body: dict[str, Any]) -> Reply:
        """Route what follows ``/objects/<type>``."""
        match method, rest:
            case "GET", []:
                return self._list(query)
            case "POST", []:
                return 201, self._show(self._create(body))
            case "POST", ["search"]:
                return self._search(body)
            case "POST", ["merge"] if self._kind in MERGEABLE:
                return self._merge(body)
            case "POST", ["batch", "read"]:
                return self._batch(body, self._read_input(body), 200)
            case "POST", ["batch", "create"]:
                return self._batch(body, lambda one: self._show(self._create(one)), 201)
            case "POST", ["batch", "update"]:
                return self._batch(body, self._update_input, 200)
            case "POST", ["batch", "upsert"]:
                return self._batch(body, self._upsert_input, 200)
            case "POST", ["batch", "archive"]:
                self._batch(body, self._archive_input, 200)
                return 204, None
            case "GET", [id]:
                return self._read(id, query)
            case "PATCH", [id]:
                record = self._get(id, _first(query, "idProperty"))
                return 200, self._show(self._update(record, body.get("properties")))
            case "DELETE", [id]:
                self._archive_input({"id": id})
                return 204, None
        raise Refusal(405, "This method is not allowed here", "METHOD_NOT_ALLOWED")

    def _create(self, body: dict[str, Any]) -> Record:
        properties = values.checked(self._store, self._kind, body.get("properties"), record=None)
        ties = self._associations(body.get("associations") or [])
        record = self._store.insert(self._kind, {name: value for name, value in properties.items() if value})
        for other, type_ in ties:
            self._store.associate(record.id, other, type_)
        return record

    def _update(self, record: Record, properties: object) -> Record:
        changes = values.checked(self._store, self._kind, properties, record=record)
        merged = {**record.properties, **changes}
        record.properties = {name: value for name, value in merged.items() if value}
        self._store.save(record)
        return record

    def _associations(self, given: object) -> list[tuple[int, int]]:
        ties: list[tuple[int, int]] = []
        try:
            for one in given:  # type: ignore[attr-defined]
                id = str(one["to"]["id"])
                for type_ in one["types"]:
                    start, end = ASSOCIATIONS[type_["associationTypeId"]]
                    other = self._store.get(end, id)
                    if start != self._kind or other is None:
                        raise KeyError(id)
                    ties.append((other.id, type_["associationTypeId"]))
        except (KeyError, TypeError) as problem:
            raise Refusal(400, f"One or more associations are not valid: {problem}") from problem
        return ties

    def _get(self, id: str, id_property: str = "") -> Record:
        if not id_property or id_property == "hs_object_id":
            record = self._store.get(self._kind, id)
        else:
            definition = self._store.definitions(self._kind).get(id_property)
            if definition is None or not definition["hasUniqueValue"]:
                raise Refusal(400, f"{id_property} is not a unique property")
            record = self._store.find(self._kind, id_property, id)
        if record is None:
            raise not_found(id)
        return record

    def _read(self, id: str, query: Query) -> Reply:
        record = self._get(id, _first(query, "idProperty"))
        shown = self._show(record, self._asked(_many(query, "properties")))
        ties: dict[str, Any] = {}
        for spelling in _many(query, "associations"):
            kind = object_named(spelling)
            found = self._store.associated(record.id, kind)
            if found:
                type_ = f"{self._kind[:-1]}_to_{kind[:-1]}"
                ties[kind] = {"results": [{"id": str(other), "type": type_} for other, _ in found]}
        if ties:
            shown["associations"] = ties
        return 200, shown

    def _list(self, query: Query) -> Reply:
        limit = _number(_first(query, "limit") or "10", 1, MAX_LIST, "limit")
        after = _number(_first(query, "after") or "0", 0, 10**15, "after")
        found = self._store.select(self._kind, "id > ?", [after], limit=limit + 1)
        asked = self._asked(_many(query, "properties"))
        page: dict[str, Any] = {"results": [self._show(record, asked) for record in found[:limit]]}
        if len(found) > limit:
            page["paging"] = {"next": {"after": str(found[limit - 1].id), "link": ""}}
        return 200, page

    def _search(self, body: dict[str, Any]) -> Reply:
        limit = _number(body.get("limit", 10), 0, MAX_SEARCH, "limit")
        after = _number(body.get("after") or 0, 0, 10_000, "after")
        asked = self._asked(body.get("properties") or [])
        condition, parameters = search.where(self._kind, body.get("filterGroups") or [])
        visible = self._store.clock() - self._lag
        found = self._store.select(self._kind, f"created_at <= ? AND ({condition})", [visible, *parameters])
        page = found[after : after + limit]
        answer: dict[str, Any] = {
            "total": len(found),
            "results": [self._show(record, asked) for record in page],
        }
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit), "link": ""}}
        return 200, answer

    def _merge(self, body: dict[str, Any]) -> Reply:
        ids = [body.get("primaryObjectId"), body.get("objectIdToMerge")]
        if not all(isinstance(id, str) for id in ids):
            raise Refusal(400, "Invalid input JSON: primaryObjectId and objectIdToMerge must be strings")
        survivor, absorbed = self._get(str(ids[0])), self._get(str(ids[1]))
        if survivor.id == absorbed.id:
            raise Refusal(400, "A record cannot be merged with itself")
        properties = {**absorbed.properties, **survivor.properties}
        emails = [
            email
            for record in (survivor, absorbed)
            for name in ("email", "hs_additional_emails")
            for email in record.properties.get(name, "").split(";")
            if email and email != properties.get("email")
        ]
        if emails:
            properties["hs_additional_emails"] = ";".join(dict.fromkeys(emails))
        gone = [absorbed]
        if self._merge_gives_new_id:
            gone.append(survivor)
            survivor = self._store.insert(self._kind, {})
        for record in gone:
            record.archived, record.merged_into = True, survivor.id
            self._store.save(record)
            self._store.move_associations(record.id, survivor.id)
        survivor.properties = properties
        self._store.save(survivor)
        return 200, self._show(survivor)

    # One input of a batch each

    def _read_input(self, body: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
        asked = self._asked(body.get("properties") or [])
        id_property = str(body.get("idProperty") or "")
        return lambda one: self._show(self._get(str(one.get("id")), id_property), asked)

    def _update_input(self, one: dict[str, Any]) -> dict[str, Any]:
        record = self._get(str(one.get("id")), str(one.get("idProperty") or ""))
        return self._show(self._update(record, one.get("properties")))

    def _upsert_input(self, one: dict[str, Any]) -> dict[str, Any]:
        id, id_property = one.get("id"), one.get("idProperty")
        if not isinstance(id, str) or not isinstance(id_property, str):
            raise Refusal(400, "Invalid input JSON: id and idProperty are required strings")
        try:
            record = self._get(id, id_property)
        except Refusal as refusal:
            if refusal.category != "OBJECT_NOT_FOUND" or id_property == "hs_object_id":
                raise
        else:
            return {**self._show(self._update(record, one.get("properties"))), "new": False}
        properties = one.get("properties")
        if isinstance(properties, dict):
            properties = {**properties, id_property: id}
        return {**self._show(self._create({**one, "properties": properties})), "new": True}

    def _archive_input(self, one: dict[str, Any]) -> dict[str, Any]:
        record = self._get(str(one.get("id")))
        record.archived = True
        self._store.save(record)
        return {}

    def _batch(self, body: dict[str, Any], act: Callable[[dict[str, Any]], dict[str, Any]], status: int) -> Reply:
        inputs = body.get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
            raise Refusal(400, "Invalid input JSON: inputs is required and must be a list of objects")
        if len(inputs) > MAX_INPUTS:
            raise Refusal(400, f"{len(inputs)} inputs are more than the {MAX_INPUTS} that a batch may have")
        results, errors = [], []
        for one in inputs:
            try:
                with self._store.part():
                    results.append(act(one))
            except Refusal as refusal:
                if refusal.message.startswith("Invalid input JSON"):
                    raise  # the body as a whole cannot be read: nothing of it happens
                context = {"ids": [str(one["id"])]} if "id" in one else {}
                errors.append({**refusal.body(), "context": context, "links": {}})
        now = _iso(self._store.clock())
        answer: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": now,
            "completedAt": now,
        }
        if errors:
            answer |= {"numErrors": len(errors), "errors": errors}
        return (207 if errors else status), answer

    # How records are shown

    def _asked(self, names: list[str]) -> set[str] | None:
        return {*names, *_DEFAULTS[self._kind]} if names else set(_DEFAULTS[self._kind])

    def _show(self, record: Record, asked: set[str] | None = None) -> dict[str, Any]:
        created, updated = _iso(record.created_at), _iso(record.updated_at)
        own = {
            "hs_object_id": str(record.id),
            "createdate": created,
            "lastmodifieddate": updated,
            "hs_createdate": created,
            "hs_lastmodifieddate": updated,
        }
        every: dict[str, str | None] = {**record.properties, **own}
        if asked is not None:
            known = self._store.definitions(self._kind)
            every = {name: every.get(name) for name in sorted(asked) if name in known or name in own}
        return {
            "id": str(record.id),
            "properties": every,
            "createdAt": created,
            "updatedAt": updated,
            "archived": record.archived,
        }


def _first(query: Query, name: str) -> str:
    return query.get(name, [""])[0]


def _many(query: Query, name: str) -> list[str]:
    return [part for value in query.get(name, []) for part in value.split(",") if part]


def _number(value: object, low: int, high: int, name: str) -> int:
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        raise Refusal(400, f"Invalid {name}: {value!r} is not a number") from None
    if not low <= number <= high:
        raise Refusal(400, f"Invalid {name}: {number} is not between {low} and {high}")
    return int(number)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
