"""Links: our record <-> their record.

Invariant: a record there has at most one of ours, and a record of ours at most one per connection; the database holds
it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crmsync.models.connection import Connection


class CrmLink(models.Model):
    """Which record there is our record. Two of ours never share one of theirs."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="links")
    contact = models.ForeignKey("intake.Contact", on_delete=models.PROTECT, null=True, blank=True, related_name="links")
    property = models.ForeignKey(
        "intake.Property", on_delete=models.PROTECT, null=True, blank=True, related_name="links"
    )
    object_kind = models.CharField(max_length=10)
    remote_id = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=0, help_text="Our revision that is there.")
    created_there = models.BooleanField(default=False, help_text="We made it; false when it was there before us.")
    sent = models.JSONField(
        default=dict,
        blank=True,
        help_text="Per field what we last wrote there, so that only changes are sent; null where the CRM's own value "
        "stood first and stays.",
    )
    synced_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "object_kind", "remote_id"], name="a_remote_record_has_one_of_ours"
            ),
            models.UniqueConstraint(
                fields=["connection", "contact"],
                condition=Q(contact__isnull=False),
                name="one_link_per_contact",
            ),
            models.UniqueConstraint(
                fields=["connection", "property"],
                condition=Q(property__isnull=False),
                name="one_link_per_property",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_kind} {self.remote_id}"
