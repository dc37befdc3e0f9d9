"""What providers said of our records, kept beside them.

Invariant: a value here never replaces what a source or a person said; the newest of a field counts, the others are how
it came to be. A provider's answer is written once, however often it is delivered.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from intake.models.contact import Contact
from intake.models.property import Property


class EnrichedValue(models.Model):
    """One value of one field, as a provider has it."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="enriched")
    property = models.ForeignKey(Property, on_delete=models.CASCADE, null=True, blank=True, related_name="enriched")
    field = models.CharField(max_length=40, help_text="Our name of it, or what was checked, such as phone_active.")
    about = models.CharField(max_length=254, blank=True, help_text="Of a check: the number or address it speaks of.")
    value = models.TextField()
    provider = models.CharField(max_length=50, help_text="The connection's slug.")
    asked_at = models.DateTimeField(db_default=Now())
    cost_cents = models.PositiveIntegerField(help_text="Of the question, which may have brought several values.")
    confidence = models.FloatField(null=True, blank=True, help_text="0 to 1, where the provider says.")
    ask = models.BigIntegerField(help_text="The push that asked.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["ask", "field", "about", "value"], name="an_answer_is_kept_once"),
            models.CheckConstraint(
                condition=Q(contact__isnull=False, property__isnull=True)
                | Q(contact__isnull=True, property__isnull=False),
                name="an_enriched_value_is_of_one_record",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} by {self.provider}"
