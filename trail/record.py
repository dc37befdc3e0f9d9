"""Writing the audit trail. Call it inside the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from trail.inserting import insert
from trail.models.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: Steward itself, a person by login, or a lead source by its slug."""

    kind: str = AuditEntry.ActorKind.SYSTEM
    name: str = ""

    @classmethod
    def person(cls, login: str) -> Actor:
        return cls(AuditEntry.ActorKind.PERSON, login)

    @classmethod
    def source(cls, slug: str) -> Actor:
        return cls(AuditEntry.ActorKind.SOURCE, slug)


STEWARD = Actor()


def entry(
    subject: models.Model,
    action: str,
    *,
    by: Actor = STEWARD,
    reason: str = "",
    lead_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """An audit entry that is not yet written, for callers that write many at once (`write`)."""
    return AuditEntry(
        actor_kind=by.kind,
        actor=by.name,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        lead_id=lead_id,
        reason=reason,
        detail=dict(detail or {}),
    )


def write(entries: Iterable[AuditEntry]) -> None:
    """Write entries in one statement."""
    insert(entries)


def record(
    subject: models.Model,
    action: str,
    *,
    by: Actor = STEWARD,
    reason: str = "",
    lead_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit entry: `action` happened to `subject`.

    Args:
        subject: the saved row that changed.
        action: `thing.past_participle`, such as "push.buried".
        by: who did it.
        reason: the person's words, where one was asked for.
        lead_id: the lead whose story this belongs to, if any.
        detail: what changed, JSON; never a secret.
    """
    write([entry(subject, action, by=by, reason=reason, lead_id=lead_id, detail=detail)])
