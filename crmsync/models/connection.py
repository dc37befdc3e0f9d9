"""Connections: one account at a CRM or a mailbox, with its health, its rate and its breaker.

Invariant: everything that workers must agree on about an account (paused, held, open breaker, calls made
lately) stands in these rows, so that any number of processes on any number of machines share one budget.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from crmsync.options import KINDS, HubSpotOptions, problems, told
from trail.record import STEWARD, Actor
from trail.transitions import Stateful


def _host(address: str) -> tuple[str, ...]:
    """Who is spoken to at an address. Of one that is not a plain http address every letter counts."""
    try:
        url = urlsplit(address.strip().lower())  # casefold would make one host of straße.example and strasse.example
    except ValueError:
        return (address,)
    return (url.scheme, url.netloc) if url.scheme in ("http", "https") and url.netloc else (address,)


class Connection(Stateful):
    """One account that we write to."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"

    TRANSITIONS = {
        State.ACTIVE: frozenset({State.PAUSED}),
        State.PAUSED: frozenset({State.ACTIVE}),
    }

    class Kind(models.TextChoices):
        HUBSPOT = "hubspot", "HubSpot"
        SMTP = "smtp", "Mail server"
        MAIL_FILES = "mail_files", "Mail as files"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    pause_reason = models.CharField(max_length=300, blank=True)
    base_url = models.CharField(max_length=300, blank=True, help_text="Or host:port of a mail server.")
    secret_reference = models.CharField(max_length=500, blank=True, help_text="env:NAME, file:NAME or enc:...")
    secret_last_four = models.CharField(max_length=4, blank=True)
    secret_set_by = models.CharField(max_length=150, blank=True)
    secret_set_at = models.DateTimeField(null=True, blank=True)
    options = models.JSONField(
        default=dict,
        blank=True,
        help_text="What this kind of account can be told: version, object types, field map.",
    )
    rate_limit = models.PositiveIntegerField(default=100, help_text="Calls per window; 0 means no limit.")
    rate_window_seconds = models.PositiveIntegerField(default=10)
    schema_ready_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When our unique external-id property was last created or verified there.",
    )
    last_check_at = models.DateTimeField(null=True, blank=True)
    last_check_ok = models.BooleanField(null=True)
    last_check = models.TextField(blank=True, help_text="The result of the last connection test, in words.")
    # The gate: what all workers share. `held_until` comes from a 429 or from an open breaker.
    held_until = models.DateTimeField(null=True, blank=True)
    held_reason = models.CharField(max_length=200, blank=True)
    breaker_opened_at = models.DateTimeField(null=True, blank=True)
    probe_until = models.DateTimeField(null=True, blank=True, help_text="While one worker probes a half-open breaker.")

    class Meta:
        ordering = ["name"]
        permissions = [
            ("rotate_connection_secret", "Can set and rotate the secret of a connection"),
            ("test_connection", "Can run the connection test"),
            ("pause_connection", "Can pause and resume a connection"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse options that its kind does not have, before a worker meets them."""
        found = problems(self.kind, self.options) if self.kind in KINDS else []
        if found:
            raise ValidationError({"options": [f"{name}: {message}" if name else message for name, message in found]})

    @property
    def is_crm(self) -> bool:
        return self.kind not in (self.Kind.SMTP, self.Kind.MAIL_FILES)

    @property
    def takes_properties(self) -> bool:
        """Does this CRM get listings too? Not every account has an object for them."""
        reads = told(self.kind, self.options)
        return isinstance(reads, HubSpotOptions) and reads.properties

    def moves_secret_to(self, base_url: str) -> bool:
        """Would this address give the secret to another host than the one that it was entered for?"""
        return bool(self.secret_reference) and _host(base_url) != _host(self.base_url)

    def pause(self, *, reason: str, by: Actor = STEWARD) -> None:
        """Stop sending. What arrives meanwhile is kept and waits."""
        self._move(self.State.PAUSED, "connection.paused", by=by, reason=reason, pause_reason=reason)

    def resume(self, *, by: Actor) -> None:
        """Send again."""
        self._move(
            self.State.ACTIVE,
            "connection.resumed",
            by=by,
            pause_reason="",
            held_until=None,
            held_reason="",
            breaker_opened_at=None,
            probe_until=None,
        )


class CallWindow(models.Model):
    """Calls of one connection in one second: what the sliding rate window and the breaker add up."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="windows")
    second = models.BigIntegerField(help_text="Unix time, whole seconds, by the database's clock.")
    reserved = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(default=0, help_text="Calls that tell the breaker nothing: a 429.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "second"], name="one_window_per_second")]

    def __str__(self) -> str:
        return f"{self.connection_id}@{self.second}: {self.calls}"
