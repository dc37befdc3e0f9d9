"""Owner orders: whose word stands for a field, where a team wants another order than the usual one.

Invariant: a person comes first in every order; what somebody decided is never undone by a machine.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from intake.precedence import ORIGINS, PERSON
from intake.records import ContactRecord, PropertyRecord

FIELDS = tuple(
    sorted(
        f"{noun}.{name}"
        for noun, record in (("contact", ContactRecord), ("property", PropertyRecord))
        for name in record.model_fields
        if name not in ("points", "mls_id", "originating_mls")  # these say which record it is; they are never weighed
    )
)


def check_order(order: Any) -> None:
    """Is this every origin once, a person first?

    Raises:
        ValidationError: with the fix.
    """
    if not isinstance(order, list) or sorted(map(str, order)) != sorted(ORIGINS) or order[0] != PERSON:
        raise ValidationError(f"Write each of {', '.join(ORIGINS)} once, {PERSON} first.")


class OwnerOrder(models.Model):
    """The order of one field; fields without a row have the usual one."""

    field = models.CharField(
        max_length=60, unique=True, choices=[(name, name) for name in FIELDS], help_text="Such as contact.phone."
    )
    order = models.JSONField(default=list, validators=[check_order], help_text="The first has the last word.")

    class Meta:
        ordering = ["field"]

    def __str__(self) -> str:
        return f"{self.field}: {', '.join(map(str, self.order))}"


def owner_orders() -> dict[str, dict[str, list[str]]]:
    """The orders that are not the usual one: by contact and property, then by the field's own name."""
    orders: dict[str, dict[str, list[str]]] = {"contact": {}, "property": {}}
    for name, order in OwnerOrder.objects.values_list("field", "order"):
        noun, _, field = name.partition(".")
        orders[noun][field] = order
    return orders
