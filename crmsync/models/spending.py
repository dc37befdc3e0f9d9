"""What providers cost: one row per sum, never changed.

Invariant: money is set aside before a question leaves us, and what the answer did not cost is given back by a second,
negative row; so the rows of a day add up to what was spent, or may have been.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from crmsync.models.connection import Connection
from crmsync.models.push import Push


class Spending(models.Model):
    """One sum, set aside for a question or given back. The table only grows."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="spendings", db_index=False)
    push = models.ForeignKey(Push, on_delete=models.PROTECT, related_name="spendings")
    workflow = models.CharField(max_length=50, blank=True)
    cents = models.IntegerField(help_text="Negative: given back.")
    reason = models.CharField(max_length=120, blank=True)
    day = models.DateField(help_text="Whose budget it counts against: the day of the question, also when given back.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["connection", "day"], name="spending_by_provider"),
            models.Index(fields=["workflow", "day"], name="spending_by_workflow"),
        ]

    def __str__(self) -> str:
        return f"{self.cents} cents for push {self.push_id}"
