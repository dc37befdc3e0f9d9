"""The two kinds of ModelAdmin: rows that a machine writes, and rows that people write."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextareaWidget

from trail.admin.export import Exports
from trail.admin.filters import filters_in_words
from trail.admin.lever import Levers
from trail.admin.page import Cell, Facts, Panel
from trail.admin.wording import heading
from trail.record import Actor, record


def actor(request: HttpRequest) -> Actor:
    """Who sits at the screen, for the audit trail."""
    return Actor.person(request.user.get_username())


def address(request: HttpRequest, model: str, pk: object) -> str:
    """Where a row is shown, such as ("intake.source", 4); "" when this person may not see it, or there is none."""
    app, name = model.split(".")
    if pk is None or not request.user.has_perm(f"{app}.view_{name}"):
        return ""
    return reverse(f"admin:{app}_{name}_change", args=[pk])


class _Screen(Exports, Levers, ModelAdmin):
    """What both kinds share: lists that say how they are filtered, 50 rows a page."""

    list_per_page = 50
    list_filter_submit = True
    list_before_template = "admin/steward/list_before.html"
    show_full_result_count = False
    actions = None
    # Said above the list: what stands here, in one sentence.
    lead_in: ClassVar[str] = ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {"lead_in": self.lead_in, **(extra_context or {})})
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            response.context_data["filters_in_words"] = filters_in_words(self.model, request.GET)
            response.context_data["may_export"] = self.may_export(request)
        return response


class ReadOnlyAdmin(_Screen):
    """Rows that a machine writes.

    Nobody adds, changes or deletes them here, whatever their permissions: a row edited by hand would no longer say
    what happened. What a person may do to one is a lever, which is a service and leaves an audit entry.

    The page of a row is its `panels`; there is no form and nothing to save.
    """

    paginator = InfinitePaginator
    list_disable_select_all = True
    record_template = "admin/steward/record.html"

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def headline(self, row: Any) -> Cell:
        """What stands in the head of a row's page: its name, one line of it, its tone."""
        return Cell(str(row))

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        """What a row's page shows, top to bottom."""
        return [
            Facts(
                "Details",
                [
                    (heading(str(field.verbose_name)), _plain(row, field))
                    for field in self.opts.fields
                    if not field.primary_key
                ],
            )
        ]

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What a row's own template needs beside the panels."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A row's page. Looking is all there is: any other method is refused."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row),
            "headline": self.headline(row),
            "panels": self.panels(request, row),
            "buttons": self.buttons(request, row),
            **self.page_context(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.record_template, context)


class RecordedAdmin(_Screen):
    """Rows that people write. Every save and delete is an audit entry, in the transaction of the change."""

    warn_unsaved_form = True
    change_form_outer_before_template = "admin/steward/before_form.html"
    change_form_outer_after_template = "admin/steward/after_form.html"
    formfield_overrides: ClassVar[dict[Any, dict[str, Any]]] = {
        models.JSONField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})},
        models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 4})},
    }

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        # As labels, which also name what this person may only read.
        labels = {field.name: heading(str(field.verbose_name)) for field in self.opts.fields}
        return super().get_form(request, obj, labels=labels, **kwargs)

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        """What stands above the form of a saved row."""
        return []

    def panels_below(self, request: HttpRequest, row: Any) -> list[Panel]:
        """What stands below it."""
        return []

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        with transaction.atomic():
            if change:
                # Only what the form changed: a row's state, lease or gate may be moved by a worker at this moment.
                columns = {field.name for field in self.opts.concrete_fields}
                obj.save(update_fields=[name for name in form.changed_data if name in columns])
            else:
                super().save_model(request, obj, form, change)
            if change and not form.changed_data:
                return
            noun = str(self.opts.verbose_name).replace(" ", "_")
            detail = (
                {
                    name: [_json(form.initial.get(name)), _json(form.cleaned_data.get(name))]
                    for name in form.changed_data
                }
                if change
                else {}
            )
            record(obj, f"{noun}.{'changed' if change else 'added'}", by=actor(request), detail=detail)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            noun = str(self.opts.verbose_name).replace(" ", "_")
            record(obj, f"{noun}.deleted", by=actor(request), detail={"was": str(obj)})
            super().delete_model(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context.update(
                panels=self.panels(request, row),
                panels_below=self.panels_below(request, row),
                buttons=self.buttons(request, row),
            )
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response


def _plain(row: models.Model, field: Any) -> Cell:
    value = getattr(row, field.name)
    if field.choices:
        return Cell(getattr(row, f"get_{field.name}_display")())
    if isinstance(field, models.DateTimeField):
        return Cell(when=value)
    if isinstance(field, models.BooleanField):
        return Cell({True: "Yes", False: "No", None: ""}[value])
    return Cell(value)


def _json(value: Any) -> Any:
    if isinstance(value, str | int | float | bool | list | dict) or value is None:
        return value
    if isinstance(value, models.QuerySet):
        return [str(one) for one in value]
    return str(value)
