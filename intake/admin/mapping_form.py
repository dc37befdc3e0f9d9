"""The form of a mapping draft: its rules and its picklists. Nothing that was published can be edited with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from intake.models import FieldMapping, MappingVersion, PicklistEntry
from intake.normalize import registry
from intake.records.targets import TARGETS
from trail.admin.forms import LinesField


class FieldMappingForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """One rule; the targets and normalizers that exist are offered, nothing else."""

    first_of = LinesField(label="Payload paths")
    to = forms.ChoiceField(
        label="Internal field",
        choices=[("", "Choose"), *((target, target) for target in TARGETS)],
        widget=UnfoldAdminSelectWidget(),
    )
    normalizer = forms.CharField(required=False)

    class Meta:
        model = FieldMapping
        fields = (
            "position",
            "to",
            "first_of",
            "normalizer",
            "picklist",
            "constant",
            "default",
            "required",
            "on_invalid",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [("", "The field's own"), *((name, name) for name in registry.names())]
        kept = self.instance.normalizer
        if kept and kept not in dict(names):  # a pinned version such as phone@1
            names.append((kept, kept))
        self.fields["normalizer"].widget = UnfoldAdminSelectWidget(choices=names)


class _DraftInline(TabularInline):
    extra = 0

    def _may(self, request: HttpRequest, obj: MappingVersion | None) -> bool:
        return bool(
            request.user.has_perm("intake.change_mappingversion") and obj and obj.state == MappingVersion.State.DRAFT
        )

    def has_add_permission(self, request: HttpRequest, obj: MappingVersion | None = None) -> bool:
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: MappingVersion | None = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: MappingVersion | None = None) -> bool:
        return self._may(request, obj)


class FieldMappingInline(_DraftInline):
    model = FieldMapping
    form = FieldMappingForm
    verbose_name_plural = "Rules: the first path that is not empty wins"


class PicklistEntryInline(_DraftInline):
    model = PicklistEntry
    verbose_name_plural = "Picklists: a word of the source and ours for it"
