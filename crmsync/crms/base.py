"""What every CRM can be asked, in our words.

Adapters translate: they never decide, retry or sleep, and raise only `crmsync.transport.errors`. Field names
in `values` are ours, whatever the CRM calls them; an empty value is never sent, since it must not wipe what
a person wrote in the CRM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from crmsync.transport.errors import CrmError

ObjectKind = Literal["contact", "property", "task"]

Values = Mapping[str, object]
Row = tuple[str, Values]  # (external id, values)

# Under this name our own id stands in the values of a record that was read.
EXTERNAL_ID = "external_id"


@dataclass(frozen=True, slots=True)
class RemoteRef:
    """A record there. `created`: it was not there before this call."""

    id: str
    created: bool = False


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A record as the CRM has it: our field names (those it has a value for), its spelling."""

    id: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemoteOwner:
    """A user of the CRM that records can be assigned to."""

    id: str
    email: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class RemoteField:
    """A field of the CRM, as it is called there."""

    name: str
    label: str
    type: str
    unique: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a connection test.

    Attributes:
        ok: it can be used as it is.
        sentences: what a person should do or know; nothing that is merely as it should be.
    """

    ok: bool
    sentences: tuple[str, ...] = ()


class CrmClient(Protocol):
    """One CRM account."""

    def get_by_external_id(self, kind: ObjectKind, external_id: str) -> RemoteRecord | None:
        """Read a record by our unique id there. Never behind: it sees every write that was answered."""

    def search(
        self,
        kind: ObjectKind,
        *,
        emails: Sequence[str] = (),
        phones: Sequence[str] = (),
        external_id: str = "",
        mls_id: str = "",
    ) -> list[RemoteRecord]:
        """Find records that have any of these. May be behind by seconds: absence proves nothing yet."""

    def create(
        self,
        kind: ObjectKind,
        *,
        external_id: str,
        values: Values,
        associations: Sequence[tuple[ObjectKind, str]] = (),
    ) -> RemoteRef:
        """Create a record under our id, tied to `associations` (kind, id there).

        Raises:
            Conflict: our id or another unique value is taken; `existing_id` says by whom, if the CRM does.
        """

    def update(self, kind: ObjectKind, id: str, values: Values) -> RemoteRef:
        """Change fields of a record. `values` may hold `external_id`, which claims the record as ours."""

    def batch_upsert(self, kind: ObjectKind, rows: Sequence[Row]) -> list[RemoteRef | CrmError]:
        """Create or change up to 100 records by our id; one answer per row, in order."""

    def merge(self, kind: ObjectKind, *, survivor: str, absorbed: str) -> RemoteRef:
        """Merge two records there. The answer's id is the one to keep: it may be neither."""

    def assign(self, kind: ObjectKind, id: str, owner_id: str) -> RemoteRef:
        """Give a record to an owner."""

    def owners(self) -> list[RemoteOwner]:
        """The users that records can be given to."""

    def fields(self, kind: ObjectKind) -> list[RemoteField]:
        """The fields the CRM has for this kind."""

    def ensure_schema(self) -> list[str]:
        """Create, or verify, our own fields and above all our unique id. Returns what was created, in
        sentences.

        Raises:
            Misconfigured: something is in the way that only a person can move.
        """

    def check(self) -> Checked:
        """Try key, rights and schema without changing anything. Never raises a `CrmError`."""
