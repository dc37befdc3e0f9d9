"""Sources: who may send us leads, how we know it is them, and how many we turned away."""

from __future__ import annotations

from datetime import timedelta

from django.core.validators import MinValueValidator
from django.db import models

from trail.record import Actor
from trail.transitions import Stateful


class Source(Stateful):
    """A portal, form, ad platform or feed that sends us leads."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"

    TRANSITIONS = {
        State.ACTIVE: frozenset({State.PAUSED}),
        State.PAUSED: frozenset({State.ACTIVE}),
    }

    class Kind(models.TextChoices):
        LEAD = "lead", "Leads"
        LISTING = "listing", "Listings"

    class Origin(models.TextChoices):
        SOURCE = "source", "Lead source"
        MLS = "mls", "MLS"

    slug = models.SlugField(unique=True, help_text="The last part of its webhook address.")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.LEAD)
    origin = models.CharField(
        max_length=8,
        choices=Origin,
        default=Origin.SOURCE,
        help_text="Its rank in the owner order of a field.",
    )
    scheme = models.CharField(max_length=32, help_text="How it proves that a request is its own.")
    scheme_options = models.JSONField(default=dict, blank=True)
    content_types = models.JSONField(
        default=list, blank=True, help_text="Media types it may send; empty means any that we can read."
    )
    max_bytes = models.PositiveIntegerField(null=True, blank=True, help_text="Largest request, bytes.")
    per_minute = models.PositiveIntegerField(
        default=6000, validators=[MinValueValidator(1)], help_text="Requests a minute and web process."
    )
    repeat_window_seconds = models.PositiveIntegerField(
        default=86400,
        help_text="For records without an id: the same words within this time are a repeat, later a new enquiry.",
    )
    workflow = models.ForeignKey("trail.Workflow", on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ["name"]
        permissions = [
            ("rotate_source_secret", "Can set and rotate the secrets of a source"),
            ("pause_source", "Can pause and resume a source"),
        ]

    def __str__(self) -> str:
        return self.name

    def pause(self, *, by: Actor, reason: str) -> None:
        """Stop processing. What arrives is still accepted and kept, and waits."""
        self._move(self.State.PAUSED, "source.paused", by=by, reason=reason)

    def resume(self, *, by: Actor) -> None:
        """Process again, what waited first."""
        self._move(self.State.ACTIVE, "source.resumed", by=by)

    @property
    def repeat_window(self) -> timedelta:
        return timedelta(seconds=self.repeat_window_seconds)


class SourceSecret(models.Model):
    """One secret of a source; several may be valid at once, so that a rotation loses nothing."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="secrets")
    key_id = models.CharField(max_length=40, default="main")
    reference = models.CharField(
        max_length=500,
        help_text="env:NAME, file:NAME, or an encrypted value (enc:...); never the plain secret.",
    )
    last_four = models.CharField(max_length=4, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    set_at = models.DateTimeField(auto_now=True)
    set_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key_id"], name="one_secret_per_key_id")]

    def __str__(self) -> str:
        return f"{self.source.slug}/{self.key_id}"


class Refusal(models.Model):
    """How many requests a day were turned away at the door, by reason. All that is kept of them."""

    day = models.DateField()
    source = models.CharField(max_length=60, help_text="The slug that was called, or ? when there is none such.")
    code = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-day", "source", "code"]
        constraints = [models.UniqueConstraint(fields=["day", "source", "code"], name="one_refusal_count")]

    def __str__(self) -> str:
        return f"{self.day} {self.source} {self.code}: {self.count}"
