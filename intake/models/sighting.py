"""What sources have been seen to send: payload paths, and the words where a picklist translates.

Invariant: written by `intake.services.watch_drift` alone, after the fact; nothing on a lead's way reads or waits for
these rows. A path's sample is masked. A word is kept as it is, for somebody has to translate it.
"""

from __future__ import annotations

from django.db import models

from intake.models.source import Source


class FieldSighting(models.Model):
    """A payload path of a source, list positions folded."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="fields_seen")
    path = models.CharField(max_length=300)
    types = models.JSONField(default=list, help_text="The types it was seen with, in words.")
    sample = models.CharField(max_length=60, blank=True, help_text="The last value, every letter and digit masked.")
    records = models.PositiveIntegerField(default=0, help_text="Records since it was first seen, with it or without.")
    count = models.PositiveIntegerField(default=0, help_text="Records that had it.")
    filled = models.PositiveIntegerField(default=0, help_text="Records in which it said something.")
    absent = models.PositiveIntegerField(default=0, help_text="Records in a row, up to now, in which it said nothing.")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "path"], name="one_sighting_per_path")]

    def __str__(self) -> str:
        return self.path


class WordSighting(models.Model):
    """A word that a source wrote where a picklist translates."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="words_seen")
    target = models.CharField(max_length=60, help_text="The internal field whose picklist met it.")
    word = models.CharField(max_length=120)
    count = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "word"], name="one_sighting_per_word")]

    def __str__(self) -> str:
        return self.word


class DriftCursor(models.Model):
    """How far the watch over payloads has come. One row."""

    position = models.BigIntegerField(default=0, help_text="The last item that was looked at.")
    # Ids are given before they are committed: an item below the newest may still be on its way. What was the newest
    # at the look before has arrived by now.
    horizon = models.BigIntegerField(default=0, help_text="The newest item at the last look.")

    def __str__(self) -> str:
        return f"{self.position} of {self.horizon}"
