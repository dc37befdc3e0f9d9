"""Sources: who may send us leads, by which proof, at which address."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from intake.models import MappingVersion, Source
from intake.secrets import SecretRefused
from intake.services.open_file_source import NO_WEBHOOK
from intake.services.publish_mapping import new_draft
from intake.services.rotate_secret import rotate_secret
from intake.signatures import registry
from trail.admin import Cell, Facts, Lever, Panel, ReasonForm, RecordedAdmin, Table, actor
from trail.admin.columns import stacked, tag


class RotateForm(forms.Form):
    """The new secret; it can be written here and never read again."""

    key_id = forms.SlugField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        help_text="A name for the new secret, such as 2026-12. Not used before at this source.",
    )
    secret = forms.CharField(
        max_length=400,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="The secret itself, or env:NAME or file:PATH that names it.",
    )
    old_hours = forms.IntegerField(
        label="Hours until the old secrets end",
        min_value=0,
        max_value=24 * 90,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Long enough for the sender to change over. 0 ends them now.",
    )


def _rotate(source: Source, request: HttpRequest, data: dict[str, Any]) -> str:
    ends = timezone.now() + timedelta(hours=data["old_hours"]) if data["old_hours"] else None
    new = rotate_secret(source, key_id=data["key_id"], secret=data["secret"], by=actor(request), old_end_at=ends)
    shown = f" Ends in {new.last_four}." if new.last_four else ""
    until = f"The old ones are valid for {data['old_hours']} h more." if ends else "The old ones ended now."
    return f"Saved. The value cannot be shown again.{shown} {until}"


def _pause(source: Source, request: HttpRequest, data: dict[str, Any]) -> str:
    source.pause(by=actor(request), reason=data["reason"])
    return f"{source.name} is paused. What it sends is kept and waits."


def _resume(source: Source, request: HttpRequest, data: dict[str, Any]) -> str:
    source.resume(by=actor(request))
    return f"{source.name} is active again. What waited is processed now."


def _draft(source: Source, request: HttpRequest, data: dict[str, Any]) -> tuple[str, str]:
    published = source.mappings.filter(state="published").first()
    draft = new_draft(source, by=actor(request), copy_of=published)
    told = f"{draft} is a draft. Nothing changes until you publish it."
    return told, reverse("admin:intake_mappingversion_edit", args=[draft.pk])


@admin.register(Source)
class SourceAdmin(RecordedAdmin):
    list_display = ("named", "standing", "kind", "proof", "address")
    list_filter = (("state", ChoicesCheckboxFilter), ("kind", ChoicesCheckboxFilter))
    search_fields = ("slug", "name")
    list_select_related = ("workflow",)
    lead_in = "Who may send us leads, how we know that it is them, and at which address."
    fieldsets = (
        (None, {"fields": ("name", "slug", ("kind", "origin"), "workflow")}),
        ("Proof", {"fields": ("scheme", "scheme_options")}),
        ("Limits", {"fields": ("content_types", ("max_bytes", "per_minute"), "repeat_window_seconds")}),
    )
    levers = (
        Lever(
            "rotate",
            "Set a new secret",
            "intake.rotate_source_secret",
            _rotate,
            lambda source: (
                "The old secrets are accepted beside the new one until they end, so no lead is refused meanwhile.",
                "The value is stored encrypted and cannot be shown again.",
            ),
            form=RotateForm,
            refusals=(SecretRefused,),
        ),
        Lever(
            "draft",
            "New mapping draft",
            "intake.change_mappingversion",
            _draft,
            lambda source: (
                "A copy of the published mapping that you can edit. Nothing changes until you publish it.",
            ),
        ),
        Lever(
            "pause",
            "Pause",
            "intake.pause_source",
            _pause,
            lambda source: (
                "What the source sends is still accepted and kept; it waits and is processed once you resume.",
                "Nothing is lost, but leads are not answered meanwhile.",
            ),
            form=ReasonForm,
            offered=lambda source: source.state == Source.State.ACTIVE,
            danger=True,
        ),
        Lever(
            "resume",
            "Resume",
            "intake.pause_source",
            _resume,
            lambda source: ("What waited is processed now, in the order in which it came.",),
            offered=lambda source: source.state == Source.State.PAUSED,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:source_id>/{name}/",
                self.admin_site.admin_view(partial(self.to_mapping, page=page)),
                name=f"intake_source_{name}",
            )
            for name, page in (("mapping", "edit"), ("picklists", "picklists"))
        ]
        return [*own, *super().get_urls()]

    def to_mapping(self, request: HttpRequest, source_id: int, page: str) -> HttpResponse:
        """Lead on to an editor of the mapping that somebody would edit now: the draft, else what is published."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = version_to_edit(source_id)
        if version is None:
            messages.info(request, "This source has no mapping yet. Begin with a new draft.")
            return HttpResponseRedirect(reverse("admin:intake_source_change", args=[source_id]))
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return HttpResponseRedirect(reverse(f"admin:intake_mappingversion_{page}", args=[version.pk]) + query)

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        # The address is made of the slug: changing it would cut the sender off.
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Source | None = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Nobody: what a source sent would lose its sender. Pause it instead."""
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "scheme":
            choices = [(name, name.replace("_", " ").capitalize()) for name in registry.names()]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget(), help_text=db_field.help_text)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description="Source", ordering="name")
    def named(self, source: Source) -> str:
        return stacked(source.name, source.slug)

    @display(description="State", ordering="state")
    def standing(self, source: Source) -> str:
        return tag(source.get_state_display(), "good" if source.state == Source.State.ACTIVE else "wait")

    @display(description="Proof", ordering="scheme")
    def proof(self, source: Source) -> str:
        return source.scheme.replace("_", " ")

    @display(description="Address")
    def address(self, source: Source) -> str:
        return endpoint(source)

    def panels(self, request: HttpRequest, row: Source) -> list[Panel]:
        active = row.state == Source.State.ACTIVE
        now = timezone.now()
        version = row.mappings.filter(state="published").first()
        return [
            Facts(
                "How to send",
                [
                    ("State", Cell(row.get_state_display(), tone="good" if active else "wait")),
                    ("Address", Cell(endpoint(row), code=True)),
                    (
                        "Mapping",
                        Cell(
                            f"Version {version.number}" if version else "None is published: leads become dead letters.",
                            href=reverse("admin:intake_mappingversion_change", args=[version.pk]) if version else "",
                        ),
                    ),
                    ("Deliveries", Cell("See all", href=_filtered("intake_delivery", row))),
                    ("Leads", Cell("See all", href=_filtered("intake_lead", row))),
                ],
            ),
            Table(
                "Secrets",
                ("Key id", "Ends in", "Set", "Valid until", "State"),
                [
                    (
                        Cell(secret.key_id),
                        Cell(secret.last_four or ("by reference" if not secret.reference.startswith("enc:") else "")),
                        Cell(when=secret.set_at, small=f"by {secret.set_by}" if secret.set_by else ""),
                        Cell(when=secret.not_after) if secret.not_after else Cell("No end"),
                        _validity(secret.not_before, secret.not_after, now),
                    )
                    for secret in row.secrets.order_by("-set_at")
                ],
                empty="No secret is set: every request that must be signed is refused.",
                note="Written once, never shown",
            ),
        ]


def endpoint(source: Source) -> str:
    """The address that the sender is given."""
    if source.scheme == NO_WEBHOOK:
        return "No webhook: files, and leads by hand"
    return f"{settings.PUBLIC_URL}{reverse('hook', args=[source.slug])}"


def version_to_edit(source_id: int) -> MappingVersion | None:
    """The newest version that is not retired; a draft that is older than what is published was passed over."""
    return (
        MappingVersion.objects.filter(source_id=source_id)
        .exclude(state=MappingVersion.State.RETIRED)
        .order_by("-number")
        .first()
    )


def _filtered(model: str, source: Source) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?source__id__exact={source.pk}"


def _validity(not_before: datetime | None, not_after: datetime | None, now: datetime) -> Cell:
    if not_before and not_before > now:
        return Cell("Not yet", tone="quiet")
    if not_after and not_after <= now:
        return Cell("Ended", tone="quiet")
    return Cell("Runs out", tone="wait") if not_after else Cell("Valid", tone="good")
