"""Imports of files: how far each is, and which of its rows were refused.

Invariant: `position` rows of the file were taken, each exactly once, and `accepted`, `repeats` and `refused` add up to
it. An import that is under way is `waiting` with a lease; there is no state "running".
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from intake.models.delivery import Delivery
from intake.models.mapping import MappingVersion
from intake.models.source import Source
from intake.models.table_file import TableFile
from trail.leases import RELEASED, Leased
from trail.record import STEWARD, Actor
from trail.transitions import Stateful


class FileImport(Stateful, Leased):
    """One file that is taken in row by row, each row as a delivery of `source`."""

    class State(models.TextChoices):
        DRAFT = "draft", "Columns to confirm"
        WAITING = "waiting", "Importing"
        DONE = "done", "Finished"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    TRANSITIONS = {
        State.DRAFT: frozenset({State.WAITING, State.STOPPED}),
        State.WAITING: frozenset({State.DONE, State.STOPPED, State.FAILED}),
        State.STOPPED: frozenset({State.WAITING}),
        State.FAILED: frozenset({State.WAITING}),
    }

    file = models.ForeignKey(TableFile, on_delete=models.PROTECT, related_name="imports")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="imports")
    mapping = models.ForeignKey(MappingVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    rows = models.PositiveIntegerField(null=True, blank=True, help_text="In the file; counted before the first.")
    position = models.PositiveIntegerField("rows read", default=0)
    accepted = models.PositiveIntegerField(default=0)
    repeats = models.PositiveIntegerField("duplicates", default=0, help_text="Rows that we had already.")
    refused = models.PositiveIntegerField(default=0)
    rows_per_second = models.FloatField(default=0.0, help_text="Of late.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="file_import_due", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.file} into {self.source}"

    @property
    def seconds_left(self) -> float | None:
        """By its speed of late; None while nobody can tell."""
        if self.rows is None or not self.rows_per_second:
            return None
        return (self.rows - self.position) / self.rows_per_second

    def start(self, *, by: Actor, mapping: MappingVersion) -> None:
        """Take the rows in, by this mapping; or go on after a stop or failure, from the row where it ended."""
        if self.state == self.State.DRAFT:
            self._move(
                self.State.WAITING,
                "import.started",
                by=by,
                detail={"file": self.file.name, "source": self.source.slug, "mapping": mapping.number},
                mapping=mapping,
                started_at=Now(),
                next_attempt_at=Now(),
            )
            return
        fresh: dict[str, Any] = {"crashes": 0, "error_message": "", "finished_at": None, **RELEASED}
        self._move(
            self.State.WAITING,
            "import.resumed",
            by=by,
            mapping=mapping,
            next_attempt_at=Now(),
            **fresh,
            detail={"rows_before": self.position},
        )

    def stop(self, *, by: Actor) -> None:
        """Take no further row. What was taken stays."""
        self._move(self.State.STOPPED, "import.stopped", by=by, finished_at=Now(), detail=self.counts(), **RELEASED)

    def finish(self) -> None:
        """Every row was taken."""
        self._end(self.State.DONE, "import.finished")

    def fail(self, message: str) -> None:
        """The file cannot be read on. What was taken stays."""
        self._end(self.State.FAILED, "import.failed", error_message=message)

    def _end(self, state: str, action: str, **changes: Any) -> None:
        self._move(
            state,
            action,
            by=STEWARD,
            guard={"lease_token": self.lease_token},
            detail=self.counts(),
            finished_at=Now(),
            **changes,
            **RELEASED,
        )

    def counts(self) -> dict[str, int]:
        """What became of the rows so far."""
        return {
            "rows": self.position,
            "accepted": self.accepted,
            "duplicates": self.repeats,
            "refused": self.refused,
        }


class RefusedRow(models.Model):
    """A row of a file that could not be used when it was imported, and why. Its delivery is kept as a dead letter."""

    file_import = models.ForeignKey(FileImport, on_delete=models.CASCADE, related_name="refused_rows")
    number = models.PositiveIntegerField(help_text="As a spreadsheet shows it, from 1.")
    code = models.CharField(max_length=40)
    reason = models.TextField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file_import", "number"], name="a_row_is_refused_once")]

    def __str__(self) -> str:
        return f"Row {self.number}: {self.reason}"
