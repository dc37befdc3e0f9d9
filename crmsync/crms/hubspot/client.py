"""HubSpot, spoken to in our words. Translates; never decides, retries or sleeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from crmsync import formats
from crmsync.crms.base import (
    EXTERNAL_ID,
    Checked,
    ObjectKind,
    RemoteField,
    RemoteOwner,
    RemoteRecord,
    RemoteRef,
    Row,
    Values,
)
from crmsync.crms.hubspot import errors, fields, schema
from crmsync.crms.hubspot.vendor import BASE_URL, BATCH_LIMIT, SEARCH_LIMIT, Dialect
from crmsync.options import HubSpotOptions, read
from crmsync.transport.errors import Ambiguous, CrmError, NotFound
from crmsync.transport.http import Exchange, Http, Response, Timeout


class HubSpot:
    """One HubSpot account. See `crmsync.crms.base.CrmClient` for what each method promises.

    Args:
        options: see `HubSpotOptions`.

    Raises:
        Misconfigured: address or options cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        options: Mapping[str, Any],
        before_call: Callable[[], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        told = read(HubSpotOptions, options)
        self._dialect = Dialect.from_options(told)
        self._account = sha256(f"{base_url}\n{token}".encode()).hexdigest()
        self._http = Http(
            base_url or BASE_URL,
            {"Authorization": f"Bearer {token}"},
            Timeout(read=told.timeout_seconds, whole=told.timeout_seconds + 2),
            allow_private=told.allow_private,
            secrets=[token],
            before_call=before_call,
            on_exchange=on_exchange,
        )

    def get_by_external_id(self, kind: ObjectKind, external_id: str) -> RemoteRecord | None:
        query = {
            "idProperty": self._dialect.external_id_property,
            "properties": ",".join(fields.asked(self._dialect, kind)),
        }
        try:
            row = self._call("GET", self._objects(kind, external_id), query=query, safe=True)
        except NotFound:
            return None
        return fields.inbound(self._dialect, kind, row)

    def search(
        self,
        kind: ObjectKind,
        *,
        emails: Sequence[str] = (),
        phones: Sequence[str] = (),
        external_id: str = "",
        mls_id: str = "",
    ) -> list[RemoteRecord]:
        names = self._dialect.fields[kind]
        spellings = formats.phone_spellings(phones)
        wanted = [
            (self._dialect.external_id_property, [external_id] if external_id else []),
            (names.get("email"), [email.lower() for email in emails]),
            (names.get("phone"), spellings),
            (names.get("mobile"), spellings),
            (names.get("mls_id"), [mls_id] if mls_id else []),
        ]
        groups = [
            {"filters": [{"propertyName": name, "operator": "IN", "values": values}]}
            for name, values in wanted
            if name and values
        ]
        if not groups:
            return []
        body = {
            "filterGroups": groups,
            "properties": fields.asked(self._dialect, kind),
            "limit": SEARCH_LIMIT,
        }
        found = self._call("POST", self._objects(kind, "search"), json=body, safe=True)
        return [fields.inbound(self._dialect, kind, row) for row in found.get("results", [])]

    def create(
        self,
        kind: ObjectKind,
        *,
        external_id: str,
        values: Values,
        associations: Sequence[tuple[ObjectKind, str]] = (),
    ) -> RemoteRef:
        body: dict[str, Any] = {
            "properties": fields.outbound(self._dialect, kind, {**values, EXTERNAL_ID: external_id})
        }
        if associations:
            body["associations"] = [
                {
                    "to": {"id": id},
                    "types": [schema.association_type(self._call, self._dialect, self._account, kind, other)],
                }
                for other, id in associations
            ]
        row = self._call("POST", self._objects(kind), json=body, safe=False)
        return RemoteRef(_id(row), created=True)

    def update(self, kind: ObjectKind, id: str, values: Values) -> RemoteRef:
        body = {"properties": fields.outbound(self._dialect, kind, values)}
        return RemoteRef(_id(self._call("PATCH", self._objects(kind, id), json=body, safe=False)))

    def batch_upsert(self, kind: ObjectKind, rows: Sequence[Row]) -> list[RemoteRef | CrmError]:
        if len(rows) > BATCH_LIMIT:
            raise ValueError(f"HubSpot takes {BATCH_LIMIT} records at once")
        if not rows:
            return []
        key = self._dialect.external_id_property
        inputs = [
            {
                "id": external_id,
                "idProperty": key,
                "properties": fields.outbound(self._dialect, kind, {**values, EXTERNAL_ID: external_id}),
            }
            for external_id, values in rows
        ]
        answer = self._call("POST", self._objects(kind, "batch", "upsert"), json={"inputs": inputs}, safe=False)
        outcome: dict[str, RemoteRef | CrmError] = {}
        for row in answer.get("results", []):
            ours = row.get("properties", {}).get(key)
            outcome[str(ours)] = RemoteRef(_id(row), created=row.get("new") is True)
        for refusal in answer.get("errors", []):
            for ours in _named(refusal.get("context")):
                outcome[ours] = errors.from_refusal(refusal)
        # A row that the answer does not name may have been written or not.
        unnamed = Ambiguous("unnamed_in_batch", "HubSpot answered the batch without naming this record.")
        return [outcome.get(external_id, unnamed) for external_id, _ in rows]

    def merge(self, kind: ObjectKind, *, survivor: str, absorbed: str) -> RemoteRef:
        body = {"primaryObjectId": survivor, "objectIdToMerge": absorbed}
        return RemoteRef(_id(self._call("POST", self._objects(kind, "merge"), json=body, safe=False)))

    def assign(self, kind: ObjectKind, id: str, owner_id: str) -> RemoteRef:
        return self.update(kind, id, {"owner_id": owner_id})

    def owners(self) -> list[RemoteOwner]:
        found: list[RemoteOwner] = []
        query = {"limit": "100"}
        while True:
            page = self._call("GET", self._dialect.path("owners"), query=query, safe=True)
            for row in page.get("results", []):
                name = f"{row.get('firstName') or ''} {row.get('lastName') or ''}".strip()
                found.append(
                    RemoteOwner(
                        id=str(row["id"]),
                        email=str(row.get("email") or ""),
                        name=name,
                        active=not row.get("archived", False),
                    )
                )
            after = page.get("paging", {}).get("next", {}).get("after")
            if not after:
                return found
            query["after"] = str(after)

    def fields(self, kind: ObjectKind) -> list[RemoteField]:
        return schema.read(self._call, self._dialect, kind)

    def ensure_schema(self) -> list[str]:
        return schema.ensure(self._call, self._dialect)

    def check(self) -> Checked:
        ok, sentences = schema.check(self._call, self._dialect)
        return Checked(ok, tuple(sentences))

    def _objects(self, kind: ObjectKind, *parts: str) -> str:
        return self._dialect.path("objects", self._dialect.objects[kind], *parts)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        safe: bool,
    ) -> dict[str, Any]:
        response: Response = self._http.request(method, path, query=query, json=json, safe=safe)
        if response.status >= 300:
            raise errors.from_answer(response, safe=safe)
        return response.body


def _id(row: Mapping[str, Any]) -> str:
    """The id in an answer to a write."""
    id = row.get("id")
    if not id:
        raise Ambiguous(
            "unreadable_answer", "HubSpot's answer has no id. It may have written; we look before we write again."
        )
    return str(id)


def _named(context: object) -> list[str]:
    """Our ids in the context of a batch error: ``{"ids": [...]}`` or ``{"id": [...]}``."""
    if not isinstance(context, dict):
        return []
    return [str(value) for key in ("id", "ids") for value in context.get(key) or []]
