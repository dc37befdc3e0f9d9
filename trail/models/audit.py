"""The audit trail.

Invariant: an audit entry is written in the transaction of the change it tells of, and is never changed or deleted;
the database itself refuses both (trail/append_only.py).
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """Who did what to what, when, and why."""

    class ActorKind(models.TextChoices):
        SYSTEM = "system", "Steward"
        PERSON = "person", "Person"
        SOURCE = "source", "Lead source"

    at = models.DateTimeField(db_default=Now(), db_index=True)
    actor_kind = models.CharField(max_length=8, choices=ActorKind, default=ActorKind.SYSTEM)
    actor = models.CharField(max_length=150, blank=True, help_text="Login, source or process that acted.")
    action = models.CharField(max_length=60, db_index=True, help_text="thing.past_participle")
    subject_type = models.CharField(max_length=40, help_text="app.model of what changed")
    subject_id = models.CharField(max_length=40)
    lead_id = models.BigIntegerField(null=True, blank=True, help_text="The lead whose story this belongs to.")
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True, help_text="What changed; never a secret.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="audit_by_subject"),
            models.Index(fields=["lead_id"], name="audit_by_lead", condition=models.Q(lead_id__isnull=False)),
        ]
        permissions = [
            ("view_all_auditentry", "Can see what others did; without it only the own actions"),
            ("export_rows", "Can export lists as files; each export is an audit entry"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"
