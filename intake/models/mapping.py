"""Mapping dictionaries: how a source's words become ours. Draft -> published -> retired.

Invariant: a source has at most one published version, and a version that was ever published never changes; whoever
wants another rule makes a draft.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from intake.mapping.spec import MappingSpec
from intake.models.source import Source
from trail.record import Actor
from trail.transitions import Stateful


class MappingVersion(Stateful):
    """One version of a source's mapping dictionary."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    TRANSITIONS = {
        State.DRAFT: frozenset({State.PUBLISHED}),
        State.PUBLISHED: frozenset({State.RETIRED}),
        State.RETIRED: frozenset({State.PUBLISHED}),
    }

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="mappings")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    envelope = models.JSONField(
        default=dict,
        blank=True,
        help_text="Everything but fields and picklists: decode, items, identity, pivot, context, empty, ignore.",
    )
    normalizers = models.JSONField(
        default=dict,
        editable=False,
        help_text="Pinned when it was first published: which version each of its normalizers has.",
    )
    note = models.TextField(blank=True, help_text="What this version changes, and why.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["source", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="one_mapping_per_number"),
            models.UniqueConstraint(
                fields=["source"], condition=Q(state="published"), name="one_published_mapping_per_source"
            ),
        ]
        permissions = [("publish_mapping", "Can publish and roll back a mapping version")]

    def __str__(self) -> str:
        return f"{self.source.slug} v{self.number}"

    def document(self) -> dict[str, Any]:
        """The whole dictionary in the documented format (docs/configuration.md), for the engine and for export."""
        picklists: dict[str, dict[str, str]] = {}
        for entry in self.picklist_entries.all():
            picklists.setdefault(entry.picklist, {})[entry.source_value] = entry.our_value
        return {
            **self.envelope,
            "kind": self.source.kind,
            "fields": [rule.document() for rule in self.fields.all()],
            "picklists": picklists,
        }

    def compiled(self) -> MappingSpec:
        """The dictionary as the engine applies it.

        Raises:
            intake.mapping.document.MappingInvalid: it has problems.
        """
        return MappingSpec.parse(
            {**self.document(), "source": self.source.slug, "version": self.number}, self.normalizers
        )

    def publish(self, *, normalizers: dict[str, str], by: Actor, reason: str = "") -> None:
        """Make it the source's dictionary; the caller retires the one before in the same transaction.

        Args:
            normalizers: which version each has, for the first time it is published; later ones change nothing.
        """
        self._move(
            self.State.PUBLISHED,
            "mapping.published",
            by=by,
            reason=reason,
            detail={"source": self.source.slug, "number": self.number},
            published_at=Now(),
            normalizers=self.normalizers or normalizers,
        )

    def retire(self, *, by: Actor) -> None:
        """Another version took its place."""
        self._move(self.State.RETIRED, "mapping.retired", by=by)


class FieldMapping(models.Model):
    """One rule: where a value may stand in the payload, and what is made of it."""

    class OnInvalid(models.TextChoices):
        NULL = "null", "Leave empty"
        KEEP_RAW = "keep_raw", "Keep as sent"
        REVIEW = "review", "Leave empty, flag for review"
        REJECT = "reject", "Dead letter"

    mapping = models.ForeignKey(MappingVersion, on_delete=models.CASCADE, related_name="fields")
    position = models.PositiveSmallIntegerField(default=0)
    to = models.CharField("internal field", max_length=60, help_text="Such as contact.email or property.price.")
    first_of = models.JSONField(
        "payload paths", default=list, blank=True, help_text="The first that is not empty wins."
    )
    concat = models.CharField(
        "join all with", max_length=10, blank=True, help_text="Instead of the first: all of them in one text."
    )
    split = models.CharField("split at", max_length=10, blank=True)
    part = models.SmallIntegerField(default=1, help_text="Of a split text: 1 is the first, -1 the last.")
    normalizer = models.CharField(max_length=40, blank=True)
    picklist = models.CharField(max_length=40, blank=True)
    constant = models.CharField(max_length=200, blank=True)
    default = models.CharField(max_length=200, blank=True)
    required = models.BooleanField(default=False)
    on_invalid = models.CharField(max_length=8, choices=OnInvalid, default=OnInvalid.NULL)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.to

    def document(self) -> dict[str, Any]:
        """The rule in the documented format; what is empty is left out."""
        rule: dict[str, Any] = {"to": self.to}
        for name in ("first_of", "concat", "split", "normalizer", "picklist", "constant", "default", "required"):
            if value := getattr(self, name):
                rule[name] = value
        if self.part != 1:
            rule["part"] = self.part
        if self.on_invalid != self.OnInvalid.NULL:
            rule["on_invalid"] = self.on_invalid
        return rule


class PicklistEntry(models.Model):
    """One word of the source and ours for it."""

    mapping = models.ForeignKey(MappingVersion, on_delete=models.CASCADE, related_name="picklist_entries")
    picklist = models.CharField(max_length=40)
    source_value = models.CharField(max_length=120)
    our_value = models.CharField(max_length=60)

    class Meta:
        ordering = ["picklist", "id"]
        verbose_name_plural = "picklist entries"
        constraints = [
            models.UniqueConstraint(fields=["mapping", "picklist", "source_value"], name="one_entry_per_source_value"),
        ]

    def __str__(self) -> str:
        return f"{self.source_value} -> {self.our_value}"
