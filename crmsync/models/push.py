"""Pushes: one row per thing that must happen outside.

Invariant: `key` names the thing that must happen and is unique, so the same thing cannot be asked for twice.
An upsert gives its key back when it is done, so that the next revision can ask again; at most one upsert per
contact (or property) and connection waits at any time, and it always sends the newest revision. A push
carries no payload: what is sent is read when it is sent. A lease (trail/leases.py) is not a state.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Concat, Now

from crmsync.models.connection import Connection
from trail.leases import RELEASED, Leased
from trail.record import STEWARD, Actor
from trail.transitions import Move, Stateful


class Push(Stateful, Leased):
    """One thing that must happen at one connection."""

    class Kind(models.TextChoices):
        UPSERT_CONTACT = "upsert_contact", "Write contact"
        UPSERT_PROPERTY = "upsert_property", "Write property"
        ASSIGN = "assign", "Assign owner"
        ALERT = "alert", "Alert the agent"
        EMAIL = "email", "First e-mail"
        TASK = "task", "Create task"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        DEAD = "dead", "Dead letter"
        DISCARDED = "discarded", "Discarded"
        SUPERSEDED = "superseded", "Superseded"
        SKIPPED = "skipped", "Skipped"
        UNKNOWN = "unknown", "Outcome unknown"

    TRANSITIONS = {
        State.WAITING: frozenset(
            {State.WAITING, State.DONE, State.DEAD, State.SUPERSEDED, State.SKIPPED, State.UNKNOWN}
        ),
        State.DEAD: frozenset({State.WAITING, State.DISCARDED, State.SUPERSEDED}),
        State.DISCARDED: frozenset({State.DEAD}),
        # A machine never sends again what may have been sent; a person who looked may.
        State.UNKNOWN: frozenset({State.WAITING, State.DONE, State.DISCARDED}),
    }

    kind = models.CharField(max_length=16, choices=Kind)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="pushes", db_index=False)
    key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    priority = models.PositiveSmallIntegerField(default=50, help_text="Smaller goes first; new leads before updates.")
    contact = models.ForeignKey(
        "intake.Contact", on_delete=models.PROTECT, null=True, blank=True, related_name="pushes"
    )
    property = models.ForeignKey(
        "intake.Property", on_delete=models.PROTECT, null=True, blank=True, related_name="pushes"
    )
    lead = models.ForeignKey("intake.Lead", on_delete=models.PROTECT, null=True, blank=True, related_name="pushes")
    revision = models.PositiveIntegerField(default=0, help_text="The record's revision that asked for it.")
    # What must be there first: `after` must no longer wait (done or given up, either is fine), and with
    # `needs_link` the contact must be known at the connection. A dead e-mail blocks nothing, since nothing
    # names it here.
    after = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="before")
    needs_link = models.BooleanField(default=False)
    # Of a letter: written right before it goes out; found set after a crash, its outcome is unknown. Of what goes to a
    # CRM: when an answer was lost.
    called_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200, blank=True, help_text="Of an e-mail; written before it is sent.")
    workflow = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    first_failed_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    group = models.CharField(max_length=20, blank=True, help_text="Of a dead letter: why it gave up, in one word.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "pushes"
        constraints = [models.UniqueConstraint(fields=["key"], name="what_must_happen_is_asked_once")]
        indexes = [
            models.Index(
                fields=["connection", "priority", "next_attempt_at", "id"],
                name="push_due",
                condition=Q(state="waiting"),
            ),
            # Not on the lease: a claim and each renewal then touch no index at all (see migration 0002).
            models.Index(fields=["connection", "contact"], name="push_held", condition=Q(state="waiting")),
            models.Index(fields=["state", "id"], name="push_by_state"),
        ]
        permissions = [
            ("redrive_push", "Can redrive dead letters, up to 50 at once"),
            ("redrive_many_push", "Can redrive any number of dead letters"),
            ("discard_push", "Can discard a dead letter"),
            ("discard_many_push", "Can discard many dead letters"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @builtins.property  # `property` is a field here
    def is_upsert(self) -> bool:
        return self.kind in UPSERTS

    @builtins.property  # `property` is a field here
    def is_letter(self) -> bool:
        """Is it an e-mail, which no machine sends a second time?"""
        return self.kind in LETTERS

    @builtins.property  # `property` is a field here
    def may_be_there(self) -> bool:
        """May an earlier try have written to the CRM? An answer was lost, or a worker died: look before writing."""
        return self.called_at is not None or self.crashes > 0

    # The verbs that end an attempt. They return moves, since a batch is written at once; each is fenced by the lease.

    def finish(self, *, proof: Mapping[str, Any]) -> Move:
        """It happened. What is written is the same for all, so that one statement finishes a batch."""
        return self._attempted(
            self.State.DONE,
            "push.done",
            detail=proof,
            finished_at=Now(),
            error_code="",
            error_message="",
            **self._given_back(),
        )

    def postpone(
        self,
        *,
        at: datetime,
        until: datetime,
        code: str,
        message: str,
        spends_attempt: bool,
        called_at: datetime | None,
    ) -> Move:
        """Not now: try again at `until`. `called_at` stays set while an earlier try may have had an effect."""
        return self._attempted(
            self.State.WAITING,
            "push.postponed",
            spends_attempt=spends_attempt,
            detail={"code": code, "until": until.isoformat()},
            next_attempt_at=until,
            called_at=called_at,
            error_code=code,
            error_message=message[:300],
            first_failed_at=self.first_failed_at or at,
        )

    def start_again(self, *, at: datetime) -> Move:
        """While it was being sent a newer revision asked for it: it goes on waiting, for that one."""
        return self._attempted(
            self.State.WAITING,
            "push.renewed",
            next_attempt_at=at,
            called_at=None,
            attempts=0,
            error_code="",
            error_message="",
        )

    def bury(self, *, at: datetime, code: str, message: str, reason: str, called_at: datetime | None) -> Move:
        """It gave up: a person must look. `reason` is the group of dead letters it belongs to."""
        return self._attempted(
            self.State.DEAD,
            "push.buried",
            reason=message,
            detail={"code": code, "group": reason},
            finished_at=at,
            called_at=called_at,
            first_failed_at=self.first_failed_at or at,
            error_code=code,
            error_message=message[:300],
            group=reason,
            **self._given_back(),
        )

    def skip(self, *, at: datetime, reason: str) -> Move:
        """It need not, or must not, happen."""
        return self._attempted(
            self.State.SKIPPED, "push.skipped", reason=reason, finished_at=Now(), error_message=reason[:300]
        )

    def lose_sight(self, *, at: datetime, code: str, message: str) -> Move:
        """A letter was perhaps sent. No machine sends it again."""
        return self._attempted(
            self.State.UNKNOWN,
            "push.outcome_unknown",
            reason=message,
            detail={"code": code, "message_id": self.message_id},
            finished_at=at,
            first_failed_at=self.first_failed_at or at,
            error_code=code,
            error_message=message[:300],
        )

    # The verbs of people.

    def redrive(self, *, by: Actor, at: datetime, reason: str = "", key: str | None = None) -> Move:
        """A person puts it back to work, under `key` if it had given its own back."""
        return Move(
            self,
            self.State.WAITING,
            "push.redriven",
            changes={
                "key": key or self.key,
                "attempts": 0,
                "crashes": 0,
                "next_attempt_at": at,
                "finished_at": None,
                "error_code": "",
                "error_message": "",
                "called_at": self._looked_for(at),
                **RELEASED,
            },
            by=by,
            reason=reason,
            lead_id=self.lead_id,
        )

    def supersede(self, *, by: Actor = STEWARD, reason: str = "") -> Move:
        """A newer write of the same record does its work."""
        return Move(self, self.State.SUPERSEDED, "push.superseded", by=by, reason=reason, lead_id=self.lead_id)

    def discard(self, *, by: Actor, reason: str) -> Move:
        """A person says that it need not happen."""
        return Move(self, self.State.DISCARDED, "push.discarded", by=by, reason=reason, lead_id=self.lead_id)

    def restore(self, *, by: Actor) -> Move:
        """Take a discard back."""
        return Move(self, self.State.DEAD, "push.restored", by=by, lead_id=self.lead_id)

    def _looked_for(self, at: datetime) -> datetime | None:
        """A letter that a person sends again is a new try; what may stand in a CRM is looked for."""
        if self.is_letter:
            return None
        return self.called_at or (at if self.crashes else None)

    def _given_back(self) -> dict[str, Any]:
        """An upsert gives its key back, so that the next revision can ask under it."""
        if not self.is_upsert or "#" in self.key:
            return {}
        return {"key": Concat(F("key"), Value("#"), Cast("pk", models.CharField()))}

    def _attempted(
        self,
        to: str,
        action: str,
        *,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
        spends_attempt: bool = True,
        **changes: Any,
    ) -> Move:
        return Move(
            self,
            to,
            action,
            changes={"attempts": self.attempts + spends_attempt, **changes, **RELEASED},
            guard={"lease_token": self.lease_token},
            reason=reason,
            lead_id=self.lead_id,
            detail=detail or {},
        )


UPSERTS = frozenset({Push.Kind.UPSERT_CONTACT, Push.Kind.UPSERT_PROPERTY})
LETTERS = frozenset({Push.Kind.ALERT, Push.Kind.EMAIL})


class DeadLetter(Push):
    """A push that gave up: a state, shown as its own screen."""

    class Meta:
        proxy = True
        verbose_name = "dead letter"
