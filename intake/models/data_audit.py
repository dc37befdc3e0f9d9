"""Data audits: what a table is like before anything is connected; one of them may be the baseline of the KPIs.

Invariant: the baseline is the one that was made it last. A report holds figures and masked values, never a value of a
person.
"""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models.functions import Now

from intake.models.table_file import TableFile
from trail.leases import RELEASED, Leased
from trail.record import Actor, record
from trail.transitions import Stateful


class DataAudit(Stateful, Leased):
    """One audit of one table, uploaded or read by the command."""

    class State(models.TextChoices):
        WAITING = "waiting", "Counting"
        DONE = "done", "Finished"
        FAILED = "failed", "Failed"

    TRANSITIONS = {State.WAITING: frozenset({State.DONE, State.FAILED})}

    name = models.CharField(max_length=200, help_text="The file's.")
    # There until it is counted; then only the figures are kept.
    file = models.ForeignKey(TableFile, on_delete=models.SET_NULL, null=True, blank=True, related_name="audits")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0, help_text="Counted so far.")
    report = models.JSONField(default=dict, blank=True)
    baseline_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is the baseline.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("set_baseline", "Can make a data audit the baseline of the KPIs")]

    def __str__(self) -> str:
        return self.name

    def finish(self, report: dict[str, Any]) -> None:
        """All rows were counted."""
        self._end(self.State.DONE, "data_audit.finished", report=report, rows=report["rows"])

    def fail(self, message: str) -> None:
        """The file cannot be read."""
        self._end(self.State.FAILED, "data_audit.failed", error_message=message)

    def _end(self, state: str, action: str, **changes: Any) -> None:
        self._move(state, action, guard={"lease_token": self.lease_token}, finished_at=Now(), **changes, **RELEASED)

    def make_baseline(self, *, by: Actor) -> None:
        """The KPIs are compared with this one from now on."""
        with transaction.atomic():
            DataAudit.objects.exclude(pk=self.pk).filter(baseline_at__isnull=False).update(baseline_at=None)
            DataAudit.objects.filter(pk=self.pk).update(baseline_at=Now())
            record(self, "data_audit.made_baseline", by=by, detail={"file": self.name})
