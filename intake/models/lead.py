"""Leads: one enquiry each, and the trail of what became of it.

Invariant: a step stands on a lead's trail at most once, with the time it happened and its proof.
"""

from __future__ import annotations

from functools import cached_property

from django.db import models
from django.db.models.functions import Now

from intake.models.contact import Contact
from intake.models.item import Item
from intake.models.property import Property
from intake.models.source import Source


class Lead(models.Model):
    """One enquiry: a contact and, maybe, a property."""

    class Kind(models.TextChoices):
        BUYER = "buyer", "Buyer"
        SELLER = "seller", "Seller"
        RENTER = "renter", "Renter"
        LANDLORD = "landlord", "Landlord"
        TOUR = "tour", "Tour request"
        VALUATION = "valuation", "Valuation"

    item = models.OneToOneField(Item, on_delete=models.PROTECT, related_name="lead")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="leads")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="leads")
    property = models.ForeignKey(Property, on_delete=models.PROTECT, null=True, blank=True, related_name="leads")
    kind = models.CharField(max_length=10, choices=Kind, blank=True)
    message = models.TextField(blank=True)
    budget_low = models.BigIntegerField(null=True, blank=True)
    budget_high = models.BigIntegerField(null=True, blank=True)
    timeframe = models.CharField(max_length=200, blank=True)
    financing = models.CharField(max_length=200, blank=True)
    campaign = models.CharField(max_length=200, blank=True)
    source_detail = models.CharField(max_length=200, blank=True, help_text="The site or form within the source.")
    wished_agent = models.CharField(max_length=200, blank=True, help_text="The agent that the enquiry names.")
    property_facts = models.JSONField(
        default=dict, blank=True, help_text="What it says of a property that has no MLS number."
    )
    received_at = models.DateTimeField()
    occurred_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["received_at"], name="lead_by_time")]
        permissions = [("replay_lead", "Can replay a lead from a step")]

    def __str__(self) -> str:
        return self.reference

    @cached_property  # `property` is a field here
    def reference(self) -> str:
        """How people name it."""
        return f"L-{self.pk}"


class TrailStep(models.Model):
    """One step on a lead's way, with its proof."""

    class Step(models.TextChoices):
        RECEIVED = "RECEIVED", "Received"
        NORMALIZED = "NORMALIZED", "Normalized"
        CRM_CREATED = "CRM_CREATED", "Created in the CRM"
        CRM_UPDATED = "CRM_UPDATED", "Updated in the CRM"
        ASSIGNED = "ASSIGNED", "Assigned"
        EMAIL_SENT = "EMAIL_SENT", "E-mail sent"
        EMAIL_SKIPPED = "EMAIL_SKIPPED", "E-mail skipped"
        EMAIL_UNKNOWN = "EMAIL_UNKNOWN", "E-mail outcome unknown"
        TASK_CREATED = "TASK_CREATED", "Task created"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=14, choices=Step)
    at = models.DateTimeField(db_default=Now())
    proof = models.JSONField(default=dict, help_text="Such as the CRM's id, the Message-ID, the mapping version.")

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["lead", "step"], name="a_step_once_per_lead")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.step}"
