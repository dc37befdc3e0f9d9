"""Owner orders: per field whose word stands, where it is not the usual order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from intake.models import OwnerOrder
from intake.models.owner_order import FIELDS, check_order
from intake.precedence import ORIGINS
from trail.admin import RecordedAdmin
from trail.admin.forms import LinesField


class OwnerOrderForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A field and its owners, one a line."""

    field = forms.ChoiceField(choices=[(name, name) for name in FIELDS], widget=UnfoldAdminSelectWidget())
    order = LinesField(
        rows=5,
        required=True,
        initial=list(ORIGINS),
        validators=[check_order],
        help_text="One a line, the strongest first: person, mls, crm, source, provider.",
    )

    class Meta:
        model = OwnerOrder
        fields = ("field", "order")


@admin.register(OwnerOrder)
class OwnerOrderAdmin(RecordedAdmin):
    form = OwnerOrderForm
    list_display = ("field", "owners")
    lead_in = (
        f"Whose word stands when two disagree: usually {', '.join(ORIGINS)}. A field that is listed here has an order "
        "of its own; it holds for what comes from now on."
    )

    def get_readonly_fields(self, request: Any, obj: OwnerOrder | None = None) -> tuple[str, ...]:
        return ("field",) if obj else ()

    @display(description="The strongest first")
    def owners(self, order: OwnerOrder) -> str:
        return ", ".join(order.order)
