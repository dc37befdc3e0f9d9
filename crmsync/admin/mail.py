"""E-mail: templates, addresses that we never write to, and what the mailbox of files has sent."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from crmsync.admin.routing import known_sources
from crmsync.models import EmailTemplate, Suppression
from crmsync.services.suppress import suppress
from crmsync.templating import PLACEHOLDERS
from trail.admin import Cell, Facts, Panel, RecordedAdmin, Table, Text, actor
from trail.admin.columns import ago, stacked, tag
from trail.admin.forms import LinesField

_NEWEST = 200  # sent mails that the page lists


class EmailTemplateForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Says at save what would go wrong at sending; the placeholders are the model's to check."""

    sources = LinesField(help_text="Source slugs, one a line; empty means any.")

    class Meta:
        model = EmailTemplate
        fields = ("slug", "purpose", "sources", "subject", "body", "from_name", "from_email", "active")

    def clean_sources(self) -> list[str]:
        return known_sources(self.cleaned_data["sources"])


@admin.register(EmailTemplate)
class EmailTemplateAdmin(RecordedAdmin):
    form = EmailTemplateForm
    list_display = ("named", "purpose", "for_sources", "on")
    list_filter = (("purpose", ChoicesCheckboxFilter), "active")
    lead_in = (
        "Texts with placeholders. A contact gets the first e-mail once in 24 hours, and never after unsubscribing."
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("sent/", view(self.sent_view), name="crmsync_emailtemplate_sent"),
            path("sent/<str:name>/", view(self.sent_mail_view), name="crmsync_emailtemplate_sent_mail"),
            *super().get_urls(),
        ]

    @display(description="Template", ordering="slug")
    def named(self, template: EmailTemplate) -> str:
        return stacked(template.slug, template.subject)

    @display(description="Sources")
    def for_sources(self, template: EmailTemplate) -> str:
        return ", ".join(template.sources) or "any"

    @display(description="State", ordering="active")
    def on(self, template: EmailTemplate) -> str:
        return tag("On", "good") if template.active else tag("Off", "quiet")

    def panels(self, request: HttpRequest, row: EmailTemplate) -> list[Panel]:
        rows = [(f"{{{{ {name} }}}}", Cell(meaning)) for name, meaning in PLACEHOLDERS.items()]
        return [Facts("Placeholders", rows, note="what you can write, and what it becomes")]

    def sent_view(self, request: HttpRequest) -> HttpResponse:
        """What the mailbox of kind "files" has sent, newest first."""
        self._may_read_mail(request)
        rows = []
        for file in _files()[:_NEWEST]:
            mail = _read(file)
            rows.append(
                (
                    Cell(
                        mail["Subject"] or "(no subject)",
                        href=reverse("admin:crmsync_emailtemplate_sent_mail", args=[file.name]),
                    ),
                    Cell(mail["To"]),
                    Cell(when=datetime.fromtimestamp(file.stat().st_mtime, UTC)),
                )
            )
        panel = Table("Newest first", ("Subject", "To", "Sent"), rows, empty="No e-mail was written to a file yet.")
        return self._page(request, "Sent mail", [panel])

    def sent_mail_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """One of them."""
        self._may_read_mail(request)
        # Found in the listing, never built from the address: a name cannot lead out of the folder.
        file = next((one for one in _files() if one.name == name), None)
        if file is None:
            raise Http404
        mail = _read(file)
        part = mail.get_body(preferencelist=("plain",))
        facts = Facts("Heads", [(head, Cell(value)) for head, value in mail.items()])
        text = Text("Text", part.get_content() if part else "(no plain text)")
        return self._page(request, str(mail["Subject"] or "(no subject)"), [facts, text])

    def _may_read_mail(self, request: HttpRequest) -> None:
        # A mail shows what a payload shows: names, addresses, wishes.
        if not request.user.has_perm("crmsync.view_emailtemplate") or not request.user.has_perm("intake.view_payload"):
            raise PermissionDenied

    def _page(self, request: HttpRequest, title: str, panels: list[Panel]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "content_title": title,
            "headline": Cell(title),
            "panels": panels,
        }
        return TemplateResponse(request, "admin/steward/record.html", context)


def _files() -> list[Path]:
    folder = Path(settings.EMAIL_FILES_DIR)
    return sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True) if folder.is_dir() else []


def _read(file: Path) -> Any:
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


@admin.register(Suppression)
class SuppressionAdmin(RecordedAdmin):
    list_display = ("email", "why", "added", "added_by")
    list_filter = (("reason", ChoicesCheckboxFilter),)
    search_fields = ("=email",)
    search_help_text = "The whole address"
    fields = ("email",)
    lead_in = "Addresses that get no e-mail from us, whatever a lead asks for."

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        """Nobody: a suppression is added or taken back, so that the audit log shows both."""
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        suppress(obj.email, reason=Suppression.Reason.BY_HAND, by=actor(request))
        obj.pk = Suppression.objects.get(email=obj.email.strip().casefold()).pk

    @display(description="Why", ordering="reason")
    def why(self, row: Suppression) -> str:
        return tag(row.get_reason_display(), "quiet")

    @display(description="Since", ordering="added_at")
    def added(self, row: Suppression) -> str:
        return ago(row.added_at)
