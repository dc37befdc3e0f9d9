"""E-mail: templates with placeholders only, and the addresses that we never write to."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from crmsync.templating import problems


class EmailTemplate(models.Model):
    """A text with {{ placeholders }}; no code runs in it."""

    class Purpose(models.TextChoices):
        FIRST_EMAIL = "first_email", "First e-mail to the contact"
        AGENT_ALERT = "agent_alert", "Alert to the agent"

    slug = models.SlugField(unique=True)
    purpose = models.CharField(max_length=12, choices=Purpose)
    sources = models.JSONField(default=list, blank=True, help_text="Source slugs; empty means any.")
    subject = models.CharField(max_length=200)
    body = models.TextField(help_text="Plain text. Placeholders: {{ contact.first_name }}, {{ agent.name }} and so on.")
    from_name = models.CharField(max_length=80, blank=True)
    from_email = models.EmailField(blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def clean(self) -> None:
        """Refuse a placeholder that does not exist, before a lead meets it."""
        found = {name: problems(getattr(self, name)) for name in ("subject", "body")}
        if any(found.values()):
            raise ValidationError({name: messages for name, messages in found.items() if messages})


class Suppression(models.Model):
    """An address that gets no e-mail from us, and why."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Complained"
        BY_HAND = "by_hand", "Added by hand"

    email = models.CharField(max_length=254, unique=True)
    reason = models.CharField(max_length=12, choices=Reason)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.email
