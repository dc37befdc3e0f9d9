"""Who gets a lead: agents, routing rules, the assignment itself, and the mark that a lead's follow-up is planned.

Invariant: a lead is planned once: its assignment, its pushes and its `FollowUp` are made in one transaction.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Agent(models.Model):
    """A person of the team who takes leads."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    email = models.EmailField()
    phone = models.CharField(max_length=20, blank=True)
    active = models.BooleanField(default=True)
    owner_ids = models.JSONField(
        default=dict,
        blank=True,
        help_text="The agent's owner id per connection slug; found by e-mail when empty.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RoutingRule(models.Model):
    """If a lead looks like this, it goes to one of these agents. The first rule that fits wins."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=100, help_text="Smaller is asked first.")
    active = models.BooleanField(default=True)
    sources = models.JSONField(default=list, blank=True, help_text="Source slugs; empty means any.")
    zips = models.JSONField(default=list, blank=True, help_text="ZIP codes or their beginnings; empty means any.")
    price_low = models.BigIntegerField(null=True, blank=True)
    price_high = models.BigIntegerField(null=True, blank=True)
    property_types = models.JSONField(default=list, blank=True)
    agents = models.ManyToManyField(Agent, related_name="rules", help_text="One: named agent. Several: round robin.")
    turn = models.PositiveIntegerField(default=0, editable=False, help_text="Whose turn it is next.")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """This lead is this agent's."""

    lead = models.OneToOneField("intake.Lead", on_delete=models.PROTECT, related_name="assignment")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="assignments")
    rule = models.ForeignKey(RoutingRule, on_delete=models.SET_NULL, null=True, blank=True)
    assigned_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="When the agent followed the claim link.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.lead_id} to {self.agent}"


class FollowUp(models.Model):
    """This lead's follow-up has been planned. Whoever finds it here plans nothing again, also when a CRM, a mailbox
    or an agent is added later: an old lead gets no first e-mail because of a new setting."""

    lead = models.OneToOneField("intake.Lead", on_delete=models.PROTECT, related_name="follow_up")
    planned_at = models.DateTimeField(db_default=Now())
    routing = models.CharField(max_length=200, blank=True, help_text="Why it went to whom, in words.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Follow-up of {self.lead_id}"
