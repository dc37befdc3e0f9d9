"""Properties: the homes, units and addresses that leads are about. Key: the MLS and its number there."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Property(models.Model):
    """A property on the market, unique by (originating MLS, mls_id)."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        ACTIVE_UNDER_CONTRACT = "active_under_contract", "Active under contract"
        PENDING = "pending", "Pending"
        CLOSED = "closed", "Closed"
        COMING_SOON = "coming_soon", "Coming soon"
        HOLD = "hold", "Hold"
        WITHDRAWN = "withdrawn", "Withdrawn"
        CANCELED = "canceled", "Canceled"
        EXPIRED = "expired", "Expired"
        DELETE = "delete", "Deleted"
        INCOMPLETE = "incomplete", "Incomplete"

    originating_mls = models.CharField(max_length=200, blank=True)
    mls_id = models.CharField(max_length=200)
    parcel = models.CharField(max_length=200, blank=True)
    county = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=2, blank=True)
    zip = models.CharField(max_length=5, blank=True)
    zip4 = models.CharField(max_length=4, blank=True)
    price = models.BigIntegerField(null=True, blank=True, help_text="US dollars.")
    price_low = models.BigIntegerField(null=True, blank=True)
    price_high = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(max_length=24, choices=Status, blank=True)
    type = models.CharField(max_length=200, blank=True)
    beds = models.PositiveSmallIntegerField(null=True, blank=True)
    baths = models.FloatField(null=True, blank=True)
    sqft = models.PositiveIntegerField(null=True, blank=True)
    lot_sqft = models.PositiveBigIntegerField(null=True, blank=True)
    year_built = models.PositiveSmallIntegerField(null=True, blank=True)
    list_date = models.DateField(null=True, blank=True)
    close_date = models.DateField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    tax_assessment = models.BigIntegerField(null=True, blank=True)
    school_rating = models.CharField(max_length=200, blank=True)
    owner_history = models.TextField(blank=True)
    url = models.CharField(max_length=2000, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    provenance = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "properties"
        constraints = [
            models.UniqueConstraint(fields=["originating_mls", "mls_id"], name="one_property_per_mls_number"),
        ]

    def __str__(self) -> str:
        return f"{self.mls_id} {self.street}".strip()
