"""Normalizing past records again: one run over the items of a source, by one version of its mapping.

Invariant: a run first compares, and changes records only after a person said so. What a batch did and how far the run
has come is one transaction, so a run that dies goes on where it was.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from intake.models.mapping import MappingVersion
from intake.models.source import Source
from trail.leases import RELEASED, Leased
from trail.record import STEWARD, Actor
from trail.transitions import Stateful


class Renormalization(Stateful, Leased):
    """One run over the past records of a source."""

    class State(models.TextChoices):
        COMPARING = "comparing", "Comparing"
        COMPARED = "compared", "Compared"
        APPLYING = "applying", "Applying"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    TRANSITIONS = {
        State.COMPARING: frozenset({State.COMPARED, State.STOPPED}),
        State.COMPARED: frozenset({State.APPLYING, State.STOPPED}),
        State.APPLYING: frozenset({State.DONE, State.STOPPED}),
    }
    WORKING = (State.COMPARING, State.APPLYING)

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="renormalizations")
    mapping = models.ForeignKey(MappingVersion, on_delete=models.PROTECT, related_name="renormalizations")
    state = models.CharField(max_length=10, choices=State, default=State.COMPARING)
    position = models.BigIntegerField(default=0, help_text="The last item that was worked in this state.")
    last_item = models.BigIntegerField(help_text="The newest item when it began; later ones are mapped anyway.")
    total = models.PositiveIntegerField(help_text="How many items there are to look at.")
    worked = models.PositiveIntegerField(default=0, help_text="How many of them were worked in this state.")
    differing = models.PositiveIntegerField(default=0)
    unreproduced = models.PositiveIntegerField(
        default=0, help_text="Items whose own version does not give their stored hash again."
    )
    result = models.JSONField(default=dict, help_text="Counts per field; see intake.mapping.difference.")
    samples = models.JSONField(default=dict, help_text="Up to 20 per field and outcome; emptied when it is done.")
    applied = models.JSONField(default=dict, help_text="What was done: changed, kept, rekeyed, contacts, properties.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "run over past records"  # what screens call it
        verbose_name_plural = "runs over past records"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(state__in=["comparing", "compared", "applying"]),
                name="one_renormalization_at_a_time_per_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source.name} again by version {self.mapping.number}"

    def compared(self) -> None:
        """Every item was looked at; a person decides now."""
        self._move(self.State.COMPARED, "renormalization.compared", guard={"lease_token": self.lease_token}, **RELEASED)

    def start_applying(self, *, by: Actor, reason: str = "") -> None:
        """A person saw the difference and wants it."""
        self._move(
            self.State.APPLYING,
            "renormalization.applied",
            by=by,
            reason=reason,
            position=0,
            worked=0,
            next_attempt_at=Now(),
            **RELEASED,
        )

    def finish(self) -> None:
        """Every item was worked."""
        self._move(
            self.State.DONE,
            "renormalization.finished",
            guard={"lease_token": self.lease_token},
            detail=self.applied,
            samples={},
            finished_at=Now(),
            **RELEASED,
        )

    def stop(self, *, by: Actor = STEWARD, reason: str = "") -> None:
        """No further item is worked; what was done stays."""
        self._move(
            self.State.STOPPED,
            "renormalization.stopped",
            by=by,
            reason=reason,
            samples={},
            finished_at=Now(),
            **RELEASED,
        )
