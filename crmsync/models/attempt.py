"""Attempts: every try of a push, kept.

Invariant: what is kept of a call is redacted; an attempt is written with the state that it led to, and never changed.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from crmsync.models.push import Push


class Attempt(models.Model):
    """One try of a push, kept for ever: what was asked and answered, redacted."""

    push = models.ForeignKey(Push, on_delete=models.PROTECT, related_name="tries")
    at = models.DateTimeField(db_default=Now())
    number = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, help_text="ok, retry, ambiguous, dead, paused, skipped, unknown")
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    proof = models.JSONField(default=dict, help_text="Such as the CRM's id or the Message-ID.")
    exchanges = models.JSONField(
        default=list, help_text="Each call: method, path, request, status, response, ms; redacted."
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Attempt {self.number} of {self.push_id}: {self.outcome}"
