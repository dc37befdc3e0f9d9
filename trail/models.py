"""The audit trail, the workflow catalogue and the heartbeats.

Invariant: an audit entry is written in the transaction of the change it tells of, and is never changed or deleted;
the database itself refuses both (trail/append_only.py).
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
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
        permissions = [("view_all_auditentry", "Can see what others did; without it only the own actions")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"


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
    required = models.JSONField(
        default=dict,
        blank=True,
        help_text='Fields that a record should have: {"contact": ["phone"], "property": ["year_built"]}. What is '
        "missing is asked of a provider, once.",
    )
    budget_cents = models.PositiveIntegerField(
        default=0, help_text="Cents a day that may be spent on such questions; 0 asks nothing that costs."
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse required fields that nobody could read, before a lead meets them."""
        given = self.required
        lists = isinstance(given, dict) and all(isinstance(names, list) for names in given.values())
        if not lists or set(given) - {"contact", "property"}:
            raise ValidationError(
                {"required": 'Write lists of fields under contact or property, such as {"contact": ["phone"]}, or {}.'}
            )


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
