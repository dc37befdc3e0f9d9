"""Heartbeats: when each recurring job last ended."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """The last time a recurring job finished, and how often it should."""

    name = models.CharField(max_length=80, unique=True)
    every_seconds = models.FloatField(help_text="Expected interval, seconds.")
    finished_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
