"""Contacts: the people behind the leads, and how to reach them.

Invariant: an e-mail address belongs to at most one contact (the database holds it); a phone may be shared.
`revision` grows with each change and never shrinks; the CRM is behind while it has a smaller one.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from intake.normalize.phone import as_people_write_it


class Contact(models.Model):
    """A person or an organization."""

    first_name = models.CharField(max_length=200, blank=True)
    middle_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    suffix = models.CharField(max_length=200, blank=True)
    nickname = models.CharField(max_length=200, blank=True)
    company = models.CharField(max_length=200, blank=True)
    is_organization = models.BooleanField(default=False)
    street = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=2, blank=True)
    zip = models.CharField(max_length=5, blank=True)
    zip4 = models.CharField(max_length=4, blank=True)
    preferred_contact = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=200, blank=True)
    # Consent is None until somebody says something; of two answers the more restrictive one wins.
    consent_email = models.BooleanField(null=True, blank=True)
    consent_sms = models.BooleanField(null=True, blank=True)
    consent_call = models.BooleanField(null=True, blank=True)
    do_not_call = models.BooleanField(null=True, blank=True)
    household = models.CharField(max_length=200, blank=True, help_text="Who else was named beside this person.")
    # Of a person who was only ever named beside another: stays here until somebody gives it an e-mail or phone.
    household_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="household_members"
    )
    birth_date = models.DateField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    provenance = models.JSONField(
        default=dict,
        help_text="Per field: origin, payload path, mapping version, normalizer, item, occurred_at.",
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.full_name or self.company or f"Contact {self.pk}"

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.middle_name, self.last_name, self.suffix)))


class ContactPoint(models.Model):
    """An e-mail address or a phone of a contact."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="points")
    kind = models.CharField(max_length=5, choices=Kind)
    value = models.CharField(max_length=254, help_text="The address, or 10 digits.")
    key = models.CharField(max_length=254, help_text="What an exact match compares: the address, or E.164.")
    folded_key = models.CharField(
        max_length=254,
        blank=True,
        help_text="Without dots and tags; for the duplicate finder, never for a match.",
    )
    extension = models.CharField(max_length=20, blank=True)
    is_primary = models.BooleanField(default=False)
    verified = models.BooleanField(null=True, blank=True, help_text="No: a provider says that it reaches nobody.")
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When a provider last said so.")
    provenance = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["kind", "-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(kind="email"), name="an_email_has_one_contact"),
            models.UniqueConstraint(fields=["contact", "kind", "key"], name="a_point_once_per_contact"),
        ]
        indexes = [models.Index(fields=["kind", "key"], name="point_by_key")]

    def __str__(self) -> str:
        return self.value

    @property
    def shown(self) -> str:
        """The value as people write it."""
        return as_people_write_it(self.value) if self.kind == self.Kind.PHONE else self.value


class PossibleDuplicate(models.Model):
    """Two contacts that one record pointed at. Kept for the duplicate finder; nothing is merged here."""

    first = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_possible_duplicate_per_pair"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="smaller_id_first"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"
