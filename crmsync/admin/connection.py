"""Connections: the accounts that we write to, their health, and their one secret."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from crmsync.admin.connection_form import ConnectionForm
from crmsync.models import Connection, Installation, Push
from crmsync.options import ProviderOptions, told
from crmsync.services.budget import dollars, spent
from crmsync.services.check_connection import check
from crmsync.services.set_secret import set_secret
from intake.secrets import SecretRefused
from trail.admin import Cell, Facts, Lever, Panel, ReasonForm, RecordedAdmin, actor
from trail.admin.columns import ago, stacked, tag

SET_SECRETS = "crmsync.rotate_connection_secret"


class SecretForm(forms.Form):
    """The new secret; it can be written here and never read again."""

    secret = forms.CharField(
        max_length=400,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="The token or password itself, or env:NAME or file:PATH that names it.",
    )


class _TestFailed(Exception):
    """The account did not answer as it should; the message says what it said."""


def _test(connection: Connection, request: HttpRequest, data: dict[str, Any]) -> str:
    checked = check(connection.pk, by=actor(request))
    told = " ".join(checked.sentences)
    if not checked.ok:
        raise _TestFailed(told)
    return told


def _secret(connection: Connection, request: HttpRequest, data: dict[str, Any]) -> str:
    shown = set_secret(connection, secret=data["secret"], by=actor(request))
    return "Saved. The value cannot be shown again." + (f" Ends in {shown}." if shown else "")


def _pause(connection: Connection, request: HttpRequest, data: dict[str, Any]) -> str:
    connection.pause(reason=data["reason"], by=actor(request))
    return f"{connection.name} is paused. What is to be written there is kept and waits."


def _resume(connection: Connection, request: HttpRequest, data: dict[str, Any]) -> str:
    connection.resume(by=actor(request))
    return f"{connection.name} is active again. What waited is written now."


def health(connection: Connection) -> tuple[str, str]:
    """One word and its tone: paused, waiting, last test failed, or active."""
    if connection.state == Connection.State.PAUSED:
        return "Paused", "bad"
    if connection.held_until and connection.held_until > timezone.now():
        return "Waiting", "wait"
    if connection.last_check_ok is False:
        return "Last test failed", "wait"
    return "Active", "good"


@admin.register(Connection)
class ConnectionAdmin(RecordedAdmin):
    list_display = ("named", "standing", "kind", "address", "tested", "rate")
    list_filter = (("state", ChoicesCheckboxFilter), ("kind", ChoicesCheckboxFilter))
    lead_in = "The accounts that we write to. A paused one keeps everything; nothing is lost while it waits."
    form = ConnectionForm
    levers = (
        Lever(
            "test",
            "Test connection",
            "crmsync.test_connection",
            _test,
            refusals=(_TestFailed,),
            direct=True,
            primary=True,
        ),
        Lever(
            "secret",
            "Set a new secret",
            SET_SECRETS,
            _secret,
            lambda connection: (
                "The secret before is replaced at once, for every worker.",
                "The value is stored encrypted and cannot be shown again.",
            ),
            form=SecretForm,
            refusals=(SecretRefused,),
        ),
        Lever(
            "pause",
            "Pause",
            "crmsync.pause_connection",
            _pause,
            lambda connection: (
                f"Nothing is written to {connection.name} until you resume. Leads are still received and kept.",
                f"{connection.pushes.filter(state=Push.State.WAITING).count():,} pushes wait there now.",
            ),
            form=ReasonForm,
            offered=lambda connection: connection.state == Connection.State.ACTIVE,
            danger=True,
        ),
        Lever(
            "resume",
            "Resume",
            "crmsync.pause_connection",
            _resume,
            lambda connection: (
                "What waited is written now. If the account still refuses, it pauses again and says so.",
            ),
            offered=lambda connection: connection.state == Connection.State.PAUSED,
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> tuple[str, ...]:
        # Links, owner ids and configuration name an account by its slug; its kind decides what its links mean.
        return ("slug", "kind") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        secret = ("secret",) if self._may_write_secret(request, obj) else ()
        return (
            (None, {"fields": (("name", "slug"), "kind", "base_url", *secret, "options")}),
            ("Rate", {"fields": (("rate_limit", "rate_window_seconds"),)}),
        )

    def get_form(self, request: HttpRequest, obj: Connection | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if not self._may_write_secret(request, obj):
            form.base_fields.pop("secret")
        return form

    def _may_write_secret(self, request: HttpRequest, obj: Connection | None) -> bool:
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return writes and request.user.has_perm(SET_SECRETS)

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if secret := form.cleaned_data.get("secret"):
                set_secret(obj, secret=secret, by=actor(request))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Connection | None = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """Nobody: what was written there would lose its place. Pause it instead."""
        return False

    @display(description="Connection", ordering="name")
    def named(self, connection: Connection) -> str:
        return stacked(connection.name, connection.slug)

    @display(description="Health", ordering="state")
    def standing(self, connection: Connection) -> str:
        return tag(*health(connection))

    @display(description="Base URL", ordering="base_url")
    def address(self, connection: Connection) -> str:
        return connection.base_url or "-"

    @display(description="Last test", ordering="last_check_at")
    def tested(self, connection: Connection) -> str:
        return ago(connection.last_check_at)

    @display(description="Rate")
    def rate(self, connection: Connection) -> str:
        if not connection.rate_limit:
            return "No limit"
        return f"{connection.rate_limit} in {connection.rate_window_seconds} s"

    def panels(self, request: HttpRequest, row: Connection) -> list[Panel]:
        word, tone = health(row)
        pushes = f"{reverse('admin:crmsync_push_changelist')}?connection__id__exact={row.pk}"
        waiting = row.pushes.filter(state=Push.State.WAITING).count()
        dead = row.pushes.filter(state=Push.State.DEAD).count()
        return [
            Facts(
                "Health",
                [
                    ("State", Cell(word, tone=tone, small=row.pause_reason or row.held_reason)),
                    ("Held until", Cell(when=row.held_until)),
                    (
                        "Last test",
                        Cell(when=row.last_check_at, small=row.last_check)
                        if row.last_check_at
                        else Cell("Never tested"),
                    ),
                    *_our_ids(row),
                    *_budget(row),
                    ("Waiting", Cell(f"{waiting:,}", href=f"{pushes}&state__exact=waiting")),
                    (
                        "Dead letters",
                        Cell(f"{dead:,}", href=f"{reverse('admin:crmsync_deadletter_changelist')}?connection={row.pk}"),
                    ),
                    ("Secret", _secret_cell(row)),
                ],
            )
        ]


def _our_ids(row: Connection) -> list[tuple[str, Cell]]:
    if not row.is_crm:
        return []
    installation = Installation.objects.first()
    ready = row.schema_ready_at
    verified = Cell(when=ready, small="verified there") if ready else Cell("Not verified yet")
    ids = [("Our ids there", Cell(f"{installation.key}-…", code=True))] if installation else []
    return [("External-id property", verified), *ids]


def _budget(row: Connection) -> list[tuple[str, Cell]]:
    options = told(row.kind, row.options)
    if not isinstance(options, ProviderOptions):
        return []
    used = spent(timezone.now(), connection=row)
    ledger = f"{reverse('admin:crmsync_spending_changelist')}?connection__id__exact={row.pk}"
    tone = "wait" if used >= options.budget_cents else "good"
    return [("Spent today", Cell(f"{dollars(used)} of {dollars(options.budget_cents)}", href=ledger, tone=tone))]


def _secret_cell(row: Connection) -> Cell:
    if not row.secret_reference:
        return Cell("None is set")
    by = f"set by {row.secret_set_by}" if row.secret_set_by else ""
    if not row.secret_reference.startswith("enc:"):
        return Cell(row.secret_reference, small=by, code=False)
    return Cell(f"Ends in {row.secret_last_four}" if row.secret_last_four else "Set", small=by)
