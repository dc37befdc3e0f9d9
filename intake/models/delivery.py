"""Deliveries: what came, byte for byte, and the independent record that it came.

Invariant: `body` is never changed. Every insert here, of every item, and every split is written by a database
trigger into `Acceptance`, which only grows, so that a row deleted behind our back shows as lost.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from intake.models.source import Source
from trail.leases import RELEASED, Leased
from trail.record import STEWARD, Actor
from trail.transitions import Stateful

# The header that says which person brought a delivery that is no webhook's.
BROUGHT_BY = "by"


class Delivery(Stateful, Leased):
    """One inbound request, polled page or file row, kept byte for byte."""

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        SPLIT = "split", "Split into records"
        DEAD = "dead", "Dead letter"
        DISCARDED = "discarded", "Discarded"

    TRANSITIONS = {
        State.RECEIVED: frozenset({State.SPLIT, State.DEAD}),
        State.DEAD: frozenset({State.RECEIVED, State.DISCARDED}),
        State.DISCARDED: frozenset({State.DEAD}),
    }

    class Via(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        POLL = "poll", "Poller"
        FILE = "file", "File"
        MANUAL = "manual", "By hand"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    # What makes a second request the same request: the sender's signed event id, else the hash of the body within
    # the source's window. Items, not deliveries, carry a record's identity; this only answers a resend at the door.
    door_key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    via = models.CharField(max_length=8, choices=Via, default=Via.WEBHOOK)
    body = models.BinaryField()
    content_type = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict, help_text="The few that matter; never a signature or a secret.")
    sha256 = models.CharField(max_length=64)
    key_id = models.CharField(max_length=40, blank=True, help_text="Which secret proved it.")
    received_at = models.DateTimeField(db_default=Now())
    repeats = models.PositiveIntegerField(default=0, help_text="How many of its records we already had.")
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["source", "door_key"], name="a_repeat_is_not_a_new_delivery"),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=Q(state="received")),
            # What waits or was thrown away is little beside what was split; the dashboard counts it on every look.
            models.Index(fields=["state"], name="delivery_unsplit", condition=~Q(state="split")),
        ]
        permissions = [("view_payload", "Can see the unmasked payload of a delivery")]

    def __str__(self) -> str:
        return f"Delivery {self.public_id}"

    @property
    def sender(self) -> Actor:
        """Who brought it: the person who typed it in or uploaded its file, else its source."""
        login = self.headers.get(BROUGHT_BY, "") if self.via in (self.Via.MANUAL, self.Via.FILE) else ""
        return Actor.person(login) if login else Actor.source(self.source.slug)

    def split(self, *, items: int, repeats: int) -> None:
        """Its records are items now (or were items already)."""
        self._move(
            self.State.SPLIT,
            "delivery.split",
            guard={"lease_token": self.lease_token},
            detail={"items": items, "repeats": repeats},
            repeats=repeats,
            **RELEASED,
        )

    def bury(self, *, code: str, message: str) -> None:
        """It cannot be read: keep it for a person."""
        self._move(
            self.State.DEAD,
            "delivery.buried",
            guard={"lease_token": self.lease_token},
            detail={"code": code},
            error_code=code,
            error_message=message,
            **RELEASED,
        )

    def redrive(self, *, by: Actor, reason: str = "") -> None:
        """A person puts it back to work."""
        changes: dict[str, Any] = {"error_code": "", "error_message": "", "crashes": 0, "attempts": 0}
        self._move(
            self.State.RECEIVED,
            "delivery.redriven",
            by=by,
            reason=reason,
            next_attempt_at=Now(),
            **changes,
            **RELEASED,
        )

    def discard(self, *, by: Actor, reason: str) -> None:
        """A person says that it is no lead."""
        self._move(self.State.DISCARDED, "delivery.discarded", by=by, reason=reason)

    def restore(self, *, by: Actor = STEWARD) -> None:
        """Take a discard back."""
        self._move(self.State.DEAD, "delivery.restored", by=by)


class Acceptance(models.Model):
    """The independent ledger of what we accepted. Written by triggers alone; it only grows."""

    class Kind(models.TextChoices):
        DELIVERY = "delivery", "Delivery accepted"
        SPLIT = "split", "Delivery split"
        ITEM = "item", "Item accepted"

    kind = models.CharField(max_length=8, choices=Kind)
    delivery_id = models.BigIntegerField()
    item_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["kind", "delivery_id"], name="acceptance_by_delivery"),
            models.Index(fields=["item_id"], name="acceptance_by_item", condition=Q(item_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id or self.delivery_id}"
