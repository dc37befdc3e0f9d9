"""A CRM in memory that speaks our protocol, with a script of failures. Its whole content is a test's assertion.

It keeps what a CRM keeps: unique external ids, unique e-mail addresses, a search that may lag, owners. A script entry
names an operation and what happens to its next call: refused (nothing is done) or done and answered by an error.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crmsync.crms.base import EXTERNAL_ID, Checked, RemoteOwner, RemoteRecord, RemoteRef
from crmsync.formats import e164
from crmsync.transport.errors import Conflict, CrmError, NotFound
from crmsync.transport.http import Exchange


@dataclass
class Failure:
    """What happens to the next call of one operation."""

    error: BaseException
    done: bool = False


@dataclass
class FakeCrm:
    """The account. `client` makes what the registry would make."""

    records: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"contact": {}, "property": {}, "task": {}}
    )
    associations: list[tuple[str, str, str]] = field(default_factory=list)
    users: list[RemoteOwner] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    search_is_blind: bool = False
    on_call: Callable[[str], None] | None = None
    opened: int = 0
    _failures: dict[str, deque[Failure]] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: itertools.count(101))
    _lock: Any = field(default_factory=threading.RLock)

    def fail(self, operation: str, *errors: BaseException, done: bool = False) -> None:
        """Script the next calls of `operation` ("create contact", "search contact", or "*" for any)."""
        self._failures.setdefault(operation, deque()).extend(Failure(error, done) for error in errors)

    def people(self) -> dict[str, str]:
        """External id -> e-mail of every contact there."""
        return {row.get(EXTERNAL_ID, id): row.get("email", "") for id, row in self.records["contact"].items()}

    def client(
        self,
        *,
        base_url: str,
        token: str,
        options: Mapping[str, Any],
        before_call: Callable[[], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> FakeClient:
        self.opened += 1
        return FakeClient(self, before_call, on_exchange)


class FakeClient:
    """One worker's view of the account."""

    def __init__(
        self,
        crm: FakeCrm,
        before_call: Callable[[], None] | None,
        on_exchange: Callable[[Exchange], None] | None,
    ) -> None:
        self._crm, self._before, self._told = crm, before_call, on_exchange

    def get_by_external_id(self, kind: str, external_id: str) -> RemoteRecord | None:
        return self._call("get", kind, lambda: self._find(kind, EXTERNAL_ID, external_id))

    def search(
        self,
        kind: str,
        *,
        emails: Sequence[str] = (),
        phones: Sequence[str] = (),
        external_id: str = "",
        mls_id: str = "",
    ) -> list[RemoteRecord]:
        def look() -> list[RemoteRecord]:
            if self._crm.search_is_blind:
                return []
            return [
                RemoteRecord(id, dict(row))
                for id, row in self._crm.records[kind].items()
                if row.get("email", "").casefold() in emails
                or (row.get("phone") and e164(row["phone"]) in phones)
                or (external_id and row.get(EXTERNAL_ID) == external_id)
                or (mls_id and row.get("mls_id") == mls_id)
            ]

        return self._call("search", kind, look)

    def create(
        self,
        kind: str,
        *,
        external_id: str,
        values: Mapping[str, Any],
        associations: Sequence[tuple[str, str]] = (),
    ) -> RemoteRef:
        def make() -> RemoteRef:
            for name in (EXTERNAL_ID, "email"):
                wanted = external_id if name == EXTERNAL_ID else values.get("email")
                if wanted and (taken := self._find(kind, name, wanted)):
                    raise Conflict("conflict", "It is there already.", existing_id=taken.id)
            for other, id in associations:
                if id not in self._crm.records[other]:
                    raise NotFound("not_found", "The record to tie it to is not there.")
            id = str(next(self._crm._ids))
            self._crm.records[kind][id] = {EXTERNAL_ID: external_id, **_clean(values)}
            self._crm.associations += [(f"{kind} {id}", other, of) for other, of in associations]
            return RemoteRef(id, created=True)

        return self._call("create", kind, make)

    def update(self, kind: str, id: str, values: Mapping[str, Any]) -> RemoteRef:
        def change() -> RemoteRef:
            if id not in self._crm.records[kind]:
                raise NotFound("not_found", "It is not there.")
            taken = self._find(kind, "email", values["email"]) if values.get("email") else None
            if taken is not None and taken.id != id:
                raise Conflict("conflict", "The e-mail is another record's.", existing_id=taken.id)
            self._crm.records[kind][id] |= _clean(values)
            return RemoteRef(id)

        return self._call("update", kind, change)

    def assign(self, kind: str, id: str, owner_id: str) -> RemoteRef:
        return self.update(kind, id, {"owner_id": owner_id})

    def owners(self) -> list[RemoteOwner]:
        return self._call("owners", "", lambda: list(self._crm.users))

    def ensure_schema(self) -> list[str]:
        return self._call("schema", "", lambda: ["Created on contacts: steward_id."])

    def check(self) -> Checked:
        return Checked(True, ("There are no users there.",))

    def _find(self, kind: str, name: str, value: str) -> RemoteRecord | None:
        for id, row in self._crm.records[kind].items():
            if str(row.get(name, "")).casefold() == value.casefold():
                return RemoteRecord(id, dict(row))
        return None

    def _call(self, verb: str, kind: str, act: Callable[[], Any]) -> Any:
        operation = f"{verb} {kind}".strip()
        if self._before is not None:
            self._before()
        if self._crm.on_call is not None:
            self._crm.on_call(operation)
        status: int | None = 200
        with self._crm._lock:
            self._crm.calls.append(operation)
            queue = self._crm._failures.get(operation) or self._crm._failures.get("*")
            failure = queue.popleft() if queue else None
            try:
                if failure is None:
                    return act()
                status = _status(failure.error)
                if failure.done:
                    act()
                raise failure.error
            except CrmError as error:
                status = _status(error)
                raise
            finally:
                if self._told is not None:
                    self._told(Exchange(verb, kind, "", status, "", 1, ""))


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """As a CRM keeps them: nothing empty, and a list as one text (crmsync/formats.py)."""
    return {
        name: ";".join(value) if isinstance(value, list | tuple) else value
        for name, value in values.items()
        if value not in (None, "", [], ())
    }


def _status(error: BaseException) -> int | None:
    return {
        "RateLimited": 429,
        "Misconfigured": 401,
        "NotFound": 404,
        "Conflict": 409,
        "Permanent": 400,
    }.get(type(error).__name__, 503)
