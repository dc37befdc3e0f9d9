"""Dry runs: what a draft would have made of the last records, beside what the published version made of them.

Invariant: a dry run speaks of one content of one draft, against one published version. A draft that was changed since,
or a version that was published meanwhile, needs another.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from intake.models.mapping import MappingVersion


class DryRun(models.Model):
    """One dry run of a mapping draft."""

    mapping = models.ForeignKey(MappingVersion, on_delete=models.CASCADE, related_name="dry_runs")
    content_hash = models.CharField(
        max_length=64, help_text="Of the draft as it was then, normalizer versions included."
    )
    base = models.ForeignKey(
        MappingVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The version that was published then; none where it was the first.",
    )
    result = models.JSONField(default=dict, help_text="Counts per field; see intake.mapping.difference.")
    # Personal: emptied when the draft is published, for then they have done their service.
    samples = models.JSONField(default=dict, help_text="Up to 20 per field and outcome, with their values.")
    milliseconds = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Dry run of {self.mapping}"
