"""Alerts: what a person should look at, though nothing has failed.

Invariant: of one thing there is at most one alert that is not resolved, however often it is noticed.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from trail.record import STEWARD, Actor
from trail.transitions import Stateful


class Alert(Stateful):
    """One thing that somebody should look at, until it is resolved."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"

    TRANSITIONS = {
        State.OPEN: frozenset({State.ACKNOWLEDGED, State.RESOLVED}),
        State.ACKNOWLEDGED: frozenset({State.RESOLVED}),
    }

    key = models.CharField(max_length=64, help_text="Names the thing: the same thing has the same key.")
    kind = models.CharField(max_length=40, help_text="thing.what_is_odd, such as field.new.")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    title = models.CharField(max_length=400, help_text="What was noticed, in one sentence.")
    advice = models.TextField(blank=True, help_text="What it means for the leads, and what to do.")
    subject_type = models.CharField(max_length=40, help_text="app.model of what it is about")
    subject_id = models.CharField(max_length=40)
    page = models.CharField(max_length=80, blank=True, help_text="The admin page, by name, where to act on it.")
    query = models.CharField(max_length=600, blank=True)
    detail = models.JSONField(default=dict, blank=True, help_text="What is known of it; nothing personal.")
    opened_at = models.DateTimeField(db_default=Now())
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(state="resolved"), name="one_unresolved_alert_per_key")
        ]
        indexes = [models.Index(fields=["state", "id"], name="alert_by_state")]
        permissions = [("handle_alert", "Can acknowledge and resolve alerts")]

    def __str__(self) -> str:
        return self.title

    def acknowledge(self, *, by: Actor) -> None:
        """Somebody saw it and takes care of it."""
        self._move(
            self.State.ACKNOWLEDGED,
            "alert.acknowledged",
            by=by,
            acknowledged_at=timezone.now(),
            handled_by=by.name,
        )

    def resolve(self, *, by: Actor = STEWARD, reason: str = "") -> None:
        """It is done with, or it is no longer so."""
        self._move(
            self.State.RESOLVED,
            "alert.resolved",
            by=by,
            reason=reason,
            resolved_at=timezone.now(),
            handled_by=by.name or self.handled_by,
        )
