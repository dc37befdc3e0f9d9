"""The workflow catalogue."""

from __future__ import annotations

from django.db import models


class Workflow(models.Model):
    """One row of the catalogue: what Steward does for a team, how well, and how we know that it still does."""

    class Timing(models.TextChoices):
        REAL_TIME = "real_time", "Real time"
        NEAR_REAL_TIME = "near_real_time", "Near real time"
        BATCH = "batch", "Batch"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    purpose = models.TextField(help_text="What it does for the team, in one sentence.")
    kpi = models.CharField(max_length=120, blank=True)
    target = models.CharField(max_length=60, blank=True)
    timing = models.CharField(max_length=16, choices=Timing, default=Timing.REAL_TIME)
    timing_reason = models.TextField(blank=True)
    schedule = models.CharField(max_length=120, blank=True)
    owner = models.CharField(max_length=80, blank=True)
    steps = models.JSONField(default=dict, blank=True, help_text="Which follow-up steps a lead gets, by name.")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
