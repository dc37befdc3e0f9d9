"""One account: who may ask, how often, and which endpoint answers."""

from __future__ import annotations

import hmac
import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from crmsync.sandbox.catalog import ASSOCIATIONS
from crmsync.sandbox.objects import Objects, Query, Reply, object_named
from crmsync.sandbox.refusals import Refusal, not_json, rate_limited, unauthenticated
from crmsync.sandbox.store import Store

_FAMILY = r"objects|owners|properties|associations"
# Both ways to name a version: /crm/v3/objects/contacts and /crm/objects/2026-09/contacts.
_ROUTE = re.compile(rf"/crm/(?:v[0-9]/(?P<a>{_FAMILY})|(?P<b>{_FAMILY})/[0-9]{{4}}-[0-9]{{2}})(?P<rest>(?:/[^/]*)*)")

_WINDOW = 10.0  # seconds of the account's call limit


@dataclass
class Settings:
    """What this account is like.

    `search_lag` in seconds; `limit` in calls per 10 s, 0 for none.
    """

    token: str = "sandbox-token"  # noqa: S105 - the sandbox's own, printed at start
    search_lag: float = 0.0
    limit: int = 0
    merge_gives_new_id: bool = False


class Account:
    """Answers HubSpot's API. Must be called inside a transaction of `store`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self.settings = settings
        self._recent: deque[float] = deque()

    def answer(self, method: str, path: str, query: str, headers: Any, body: bytes) -> Reply:
        """Answer one request.

        Args:
            headers: case-insensitive mapping of the request's headers.

        Raises:
            Refusal: the answer is an error.
        """
        if not hmac.compare_digest(headers.get("Authorization", "").encode(), f"Bearer {self.settings.token}".encode()):
            raise unauthenticated()
        self._count()
        route = _ROUTE.fullmatch(path)
        if route is None:
            raise Refusal(404, "No such endpoint", "OBJECT_NOT_FOUND")
        rest = [unquote(part) for part in route["rest"].split("/") if part]
        asked = parse_qs(query, keep_blank_values=True)
        given = _json(method, headers, body)
        match route["a"] or route["b"]:
            case "objects" if rest:
                return self._objects(rest[0]).answer(method, rest[1:], asked, given)
            case "owners":
                return self._owners(method, rest, asked)
            case "properties" if rest:
                return self._properties(method, object_named(rest[0]), rest[1:], given)
            case "associations" if len(rest) == 3 and rest[2] == "labels" and method == "GET":
                return self._association_types(object_named(rest[0]), object_named(rest[1]))
        raise Refusal(404, "No such endpoint", "OBJECT_NOT_FOUND")

    def _count(self) -> None:
        if not self.settings.limit:
            return
        now = self._store.clock()
        while self._recent and self._recent[0] <= now - _WINDOW:
            self._recent.popleft()
        if len(self._recent) >= self.settings.limit:
            raise rate_limited("TEN_SECONDLY_ROLLING", None)
        self._recent.append(now)

    def _objects(self, spelling: str) -> Objects:
        return Objects(
            self._store,
            object_named(spelling),
            lag=self.settings.search_lag,
            merge_gives_new_id=self.settings.merge_gives_new_id,
        )

    def _owners(self, method: str, rest: list[str], query: Query) -> Reply:
        if method != "GET":
            raise Refusal(405, "This method is not allowed here", "METHOD_NOT_ALLOWED")
        archived = query.get("archived", ["false"])[0].lower() == "true"
        email = query.get("email", [""])[0].lower()
        rows = [
            {
                "id": owner.id,
                "userId": int(owner.id),
                "type": "PERSON",
                "email": owner.email,
                "firstName": owner.first,
                "lastName": owner.last,
                "archived": owner.archived,
                "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-01T00:00:00.000Z",
            }
            for owner in self._store.owners()
            if owner.archived == archived and email in ("", owner.email.lower())
        ]
        if not rest:
            limit, after = query.get("limit", ["100"])[0], query.get("after", ["0"])[0]
            if not limit.isdigit() or not 1 <= int(limit) <= 500 or not after.isdigit():
                raise Refusal(400, f"Invalid limit: {limit!r}")
            start, end = int(after), int(after) + int(limit)
            page: dict[str, Any] = {"results": rows[start:end]}
            if end < len(rows):
                page["paging"] = {"next": {"after": str(end), "link": ""}}
            return 200, page
        for row in rows:
            if row["id"] == rest[0]:
                return 200, row
        raise Refusal(404, f"owner not found: {rest[0]}", "OBJECT_NOT_FOUND")

    def _properties(self, method: str, kind: str, rest: list[str], body: dict[str, Any]) -> Reply:
        definitions = self._store.definitions(kind)
        match method, rest:
            case "GET", []:
                return 200, {"results": list(definitions.values())}
            case "POST", []:
                return 201, self._create_property(kind, body)
            case "GET", ["groups"]:
                rows = self._store.groups(kind).items()
                return 200, {"results": [_group(name, label) for name, label in rows]}
            case "POST", ["groups"]:
                return 201, self._create_group(kind, body)
            case "GET", ["groups", name] if name in self._store.groups(kind):
                return 200, _group(name, self._store.groups(kind)[name])
            case "GET", [name] if name in definitions:
                return 200, definitions[name]
        raise Refusal(404, f"Property '{'/'.join(rest)}' does not exist", "OBJECT_NOT_FOUND")

    def _create_property(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        missing = [key for key in ("name", "label", "type", "fieldType", "groupName") if not body.get(key)]
        if missing:
            raise Refusal(400, f"Invalid input JSON: required fields are missing: {missing}")
        name = str(body["name"])
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
            raise Refusal(400, f"Property name {name!r} is not valid")
        if name in self._store.definitions(kind):
            raise Refusal(409, f'A property named "{name}" already exists.', "CONFLICT")
        group = str(body["groupName"])
        if group != f"{kind}information" and group not in self._store.groups(kind):
            raise Refusal(400, f"Property group {group!r} does not exist")
        kept = ("label", "type", "fieldType", "groupName", "description", "hasUniqueValue", "options", "hidden")
        self._store.define(kind, name, {key: body[key] for key in kept if key in body})
        return self._store.definitions(kind)[name]

    def _create_group(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        name, label = body.get("name"), body.get("label")
        if not isinstance(name, str) or not isinstance(label, str):
            raise Refusal(400, "Invalid input JSON: name and label are required")
        if name in self._store.groups(kind):
            raise Refusal(409, f"A property group named {name!r} already exists.", "CONFLICT")
        self._store.define_group(kind, name, label)
        return _group(name, label)

    def _association_types(self, start: str, end: str) -> Reply:
        rows = [
            {"category": "HUBSPOT_DEFINED", "typeId": id, "label": None}
            for id, pair in ASSOCIATIONS.items()
            if pair == (start, end)
        ]
        return 200, {"results": rows}


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}


def _json(method: str, headers: Any, body: bytes) -> dict[str, Any]:
    if method not in ("POST", "PATCH", "PUT"):
        return {}
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Unsupported media type: this API reads application/json", "UNSUPPORTED_MEDIA_TYPE")
    try:
        given = json.loads(body)
    except ValueError:
        raise not_json() from None
    if not isinstance(given, dict):
        raise not_json()
    return given
