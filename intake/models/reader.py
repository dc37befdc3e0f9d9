"""Readers: who may ask what became of a source's leads."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from intake.models.source import Source


class SourceReader(models.Model):
    """This integration user may ask about this source's deliveries and leads, and no other's."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="readable_sources")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="readers")

    class Meta:
        ordering = ["source", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "source"], name="one_reader_per_user_and_source")]

    def __str__(self) -> str:
        return f"{self.user} reads {self.source.slug}"
