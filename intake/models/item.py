"""Items: one record each. Identity lives here, where webhook, batch, poller and re-import meet.

Invariant: an item is at all times in exactly one of the states of the equation that `reconcile` checks.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from intake.models.delivery import Delivery
from intake.models.source import Source
from trail.record import STEWARD, Actor
from trail.transitions import Move, Stateful


class Item(Stateful):
    """One record in a delivery: unique by source, the provider's record id, and its version."""

    class State(models.TextChoices):
        IN_PROGRESS = "in_progress", "In progress"
        IN_CRM = "in_crm", "In CRM"
        MERGED = "merged", "Merged"
        DEAD_LETTER = "dead_letter", "Dead letter"
        DISCARDED = "discarded", "Discarded"
        CONFLICT = "conflict", "Conflict"
        TEST = "test", "Test"
        ERASED = "erased", "Erased"

    TRANSITIONS = {
        State.IN_PROGRESS: frozenset({State.IN_CRM, State.DEAD_LETTER, State.MERGED, State.ERASED}),
        State.IN_CRM: frozenset({State.MERGED, State.ERASED}),
        State.DEAD_LETTER: frozenset({State.IN_PROGRESS, State.IN_CRM, State.DISCARDED, State.ERASED}),
        State.DISCARDED: frozenset({State.DEAD_LETTER, State.ERASED}),
        State.CONFLICT: frozenset({State.IN_PROGRESS, State.DEAD_LETTER, State.DISCARDED, State.ERASED}),
        State.TEST: frozenset({State.DISCARDED, State.ERASED}),
        State.MERGED: frozenset({State.ERASED, State.IN_CRM}),
    }

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="items")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField(help_text="Which record of its delivery, from 0.")
    record_id = models.CharField(max_length=255, help_text="The provider's id, or sha: and the record's hash.")
    version = models.CharField(max_length=255, blank=True, help_text="The provider's version of the record.")
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.IN_PROGRESS)
    received_at = models.DateTimeField(db_default=Now())
    occurred_at = models.DateTimeField(help_text="When it happened, by the source; never later than received.")
    mapping = models.ForeignKey("intake.MappingVersion", on_delete=models.PROTECT, null=True, blank=True)
    values = models.JSONField(
        default=dict,
        encoder=DjangoJSONEncoder,
        help_text="Each target with its value, raw value, payload path, normalizer and issues.",
    )
    # Null and not empty: for a column with a default SQLite rebuilds the table, and the ledger's triggers are gone.
    output_hash = models.CharField(  # noqa: DJ001
        max_length=64,
        null=True,
        blank=True,
        help_text="Of what the mapping made of it; the same version gives the same again.",
    )
    unmapped = models.JSONField(default=list, help_text="Payload paths that no rule reads.")
    problems = models.JSONField(default=list, help_text="Why it is a dead letter: every reason, in words.")
    error_code = models.CharField(max_length=40, blank=True)
    contact = models.ForeignKey("intake.Contact", on_delete=models.PROTECT, null=True, blank=True, related_name="items")
    property = models.ForeignKey(
        "intake.Property", on_delete=models.PROTECT, null=True, blank=True, related_name="items"
    )
    # The revisions this item made; it is in the CRM when the CRM has them.
    contact_revision = models.PositiveIntegerField(default=0)
    property_revision = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "record"  # what screens call it
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "record_id", "version"], name="one_item_per_record_version"),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="item_by_state"),
            models.Index(
                fields=["contact"],
                name="item_open_contact",
                condition=Q(state__in=["in_progress", "dead_letter"]),
            ),
            models.Index(
                fields=["property"],
                name="item_open_property",
                condition=Q(state__in=["in_progress", "dead_letter"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source.slug} {self.short_id}"

    @builtins.property  # `property` is a field here
    def short_id(self) -> str:
        """The provider's id as far as a person compares it; of an address, its end tells one from the other."""
        name = self.record_id
        if len(name) <= 24:
            return name
        return f"…{name[-19:]}" if "://" in name else f"{name[:19]}…"

    def bury(self, *, code: str, problems: Sequence[str], by: Actor = STEWARD, **changes: Any) -> None:
        """It cannot go on: keep it for a person, with every reason."""
        self._move(
            self.State.DEAD_LETTER,
            "item.buried",
            by=by,
            detail={"code": code, "problems": list(problems)},
            error_code=code,
            problems=list(problems),
            **changes,
        )

    def reopen(self, *, by: Actor = STEWARD, reason: str = "", **changes: Any) -> None:
        """Back to work: a person redrove it, or what it waited for moves again."""
        self._move(
            self.State.IN_PROGRESS,
            "item.reopened",
            by=by,
            reason=reason,
            error_code="",
            problems=[],
            **changes,
        )

    # What crmsync makes of it, as moves, for many items follow one batch of pushes.

    def arrive(self) -> Move:
        """The CRM has what this item brought."""
        return Move(self, self.State.IN_CRM, "item.reached_crm", changes={"error_code": "", "problems": []})

    def give_up(self, *, code: str, problems: Sequence[str]) -> Move:
        """A write that it needs is a dead letter."""
        return Move(
            self,
            self.State.DEAD_LETTER,
            "item.buried",
            changes={"error_code": code, "problems": list(problems)},
            detail={"code": code, "problems": list(problems)},
        )

    def resume(self) -> Move:
        """The write that it needs goes on."""
        return Move(self, self.State.IN_PROGRESS, "item.reopened", changes={"error_code": "", "problems": []})

    def discard(self, *, by: Actor, reason: str) -> None:
        """A person says that it is no lead."""
        self._move(self.State.DISCARDED, "item.discarded", by=by, reason=reason)

    def restore(self, *, by: Actor = STEWARD) -> None:
        """Take a discard back."""
        self._move(self.State.DEAD_LETTER, "item.restored", by=by)
