"""Imports of files: upload, confirm the columns with a preview, watch the progress, take the result."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter
from unfold.decorators import display

from intake.admin import import_panels
from intake.admin.columns_form import ColumnsForm, previewed
from intake.admin.upload import ImportForm, upload_page
from intake.mapping.document import MappingInvalid
from intake.models import FileImport
from intake.services.keep_file import keep_file
from intake.services.map_file import columns_of, document_for, may_map, preview, published_of
from intake.services.open_file_source import open_file_source
from intake.services.publish_mapping import MappingCannotBePublished
from intake.services.start_import import (
    CannotImport,
    differs,
    prepare_import,
    resume_import,
    start_import,
    stop_import,
)
from intake.services.tell_refused import refused_heads, refused_rows
from trail.admin import Cell, Facts, Lever, Panel, ReadOnlyAdmin, actor, address
from trail.admin.columns import ago, stacked, tag
from trail.admin.export import as_file
from trail.admin.wording import count
from trail.record import record

TONES: dict[str, str] = {
    FileImport.State.DRAFT: "wait",
    FileImport.State.WAITING: "busy",
    FileImport.State.DONE: "good",
    FileImport.State.STOPPED: "quiet",
    FileImport.State.FAILED: "bad",
}
MAY_IMPORT = "intake.add_fileimport"
PREVIEWED = 12  # rows


def _stop(one: FileImport, request: HttpRequest, data: dict[str, Any]) -> str:
    stop_import(one, by=actor(request))
    return "Stopped. The rows that were taken stay; you can go on from the next one."


def _resume(one: FileImport, request: HttpRequest, data: dict[str, Any]) -> str:
    resume_import(one, by=actor(request))
    return f"It goes on after row {one.position:,}."


@admin.register(FileImport)
class FileImportAdmin(ReadOnlyAdmin):
    list_display = ("named", "standing", "progress", "outcome", "begun")
    list_filter = (("state", ChoicesCheckboxFilter), ("source", RelatedDropdownFilter))
    list_select_related = ("file", "source")
    ordering = ("-id",)
    lead_in = "Files whose rows became leads. Importing the same file again changes nothing."
    record_template = "admin/intake/file_import.html"
    export_columns = (
        "id",
        "file__name",
        "source__slug",
        "state",
        "rows",
        "position",
        "accepted",
        "repeats",
        "refused",
        "created_by",
        "created_at",
        "finished_at",
    )
    levers = (
        Lever(
            "stop",
            "Stop",
            MAY_IMPORT,
            _stop,
            lambda one: ("No further row is taken. Those that were taken stay.", "You can go on later."),
            offered=lambda one: one.state in (FileImport.State.DRAFT, FileImport.State.WAITING),
            danger=True,
        ),
        Lever(
            "resume",
            "Go on",
            MAY_IMPORT,
            _resume,
            lambda one: (f"The import goes on after row {one.position:,}, by the mapping that is published now.",),
            offered=lambda one: one.state in (FileImport.State.STOPPED, FileImport.State.FAILED),
            refusals=(CannotImport,),
            primary=True,
        ),
    )

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm(MAY_IMPORT))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[FileImport]:
        imports: models.QuerySet[FileImport] = super().get_queryset(request)
        # The sample is for the columns' page alone, which loads it.
        return imports.select_related("file", "source__workflow", "mapping__source").defer("file__sample")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:row_id>/columns/", view(self.columns_view), name="intake_fileimport_columns"),
            path("<int:row_id>/progress/", view(self.progress_view), name="intake_fileimport_progress"),
            path("<int:row_id>/refused/", view(self.refused_view), name="intake_fileimport_refused"),
            *super().get_urls(),
        ]

    @display(description="File", ordering="file__name")
    def named(self, one: FileImport) -> str:
        return stacked(one.file.name, f"into {one.source}")

    @display(description="State", ordering="state")
    def standing(self, one: FileImport) -> str:
        return tag(one.get_state_display(), TONES[one.state])

    @display(description="Rows read")
    def progress(self, one: FileImport) -> str:
        return f"{one.position:,} of {one.rows:,}" if one.rows is not None else f"{one.position:,}"

    @display(description="What became of them")
    def outcome(self, one: FileImport) -> str:
        return stacked(f"{one.accepted:,} accepted", f"{count(one.repeats, 'duplicate')}, {one.refused:,} refused")

    @display(description="Uploaded", ordering="id")
    def begun(self, one: FileImport) -> str:
        return stacked(ago(one.created_at), f"by {one.created_by}" if one.created_by else "")

    # --- Upload ---------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def taken(file: UploadedFile[bytes], data: dict[str, Any]) -> str:
            by = actor(request)
            # Read before anything is written: SQLite's one write lock must not wait for a large file.
            kept = keep_file(file.file, file.name or "file", by=by)  # type: ignore[arg-type]
            source = data["source"] or open_file_source(data["name"], by=by, kind=data["kind"] or "lead")
            one = prepare_import(kept, source, by=by)
            return reverse("admin:intake_fileimport_columns", args=[one.pk])

        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import a file",
            "button": "Upload and look at the columns",
            "tells": (
                "Nothing is imported yet. Next you see the file's columns and what its first rows become.",
                "Each row becomes a lead like one that arrives by webhook: cleaned, matched with who is known, and "
                "written to the CRM once.",
            ),
            "home": reverse("admin:intake_fileimport_changelist"),
        }
        return upload_page(request, context, ImportForm, taken)

    # --- Columns and preview --------------------------------------------------------------------------------------

    def columns_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        one = self._allowed(request, row_id, MAY_IMPORT)
        home = reverse("admin:intake_fileimport_change", args=[one.pk])
        if one.state != FileImport.State.DRAFT:
            return HttpResponseRedirect(home)
        form = ColumnsForm(request.POST or None, columns=columns_of(one), kind=one.source.kind)
        targets = form.targets()
        if request.method == "POST" and form.is_valid() and request.POST.get("do") == "start":
            if differs(one, targets) and not request.user.has_perm("intake.publish_mapping"):
                raise PermissionDenied
            try:
                start_import(one, targets, by=actor(request))
            except (CannotImport, MappingCannotBePublished) as refusal:
                messages.error(request, f"{refusal} Nothing was imported.")
            else:
                messages.success(request, "The import has begun. You may leave this page.")
                return HttpResponseRedirect(home)
        wrong: list[tuple[str, str]] = []
        try:
            shown = preview(one, document_for(one, targets), PREVIEWED)
        except MappingInvalid as error:
            shown, wrong = [], list(error.problems)
        version = published_of(one)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": one,
            "title": f"Import {one.file.name}",
            "one": one,
            "facts": import_panels.file_facts(one),
            "notes": one.file.table().notes,
            "form": form,
            "may_map": may_map(one),
            "version": version,
            "wrong": wrong,
            "tells": import_panels.tells(one),
            "home": home,
            **previewed(shown),
        }
        return TemplateResponse(request, "admin/intake/columns.html", context)

    # --- Progress and result --------------------------------------------------------------------------------------

    def headline(self, row: FileImport) -> Cell:
        return Cell(row.file.name, small=row.get_state_display(), tone=TONES[row.state])

    def page_context(self, request: HttpRequest, row: FileImport) -> dict[str, Any]:
        return {
            "one": row,
            "progress": import_panels.progress(row),
            "may_import": request.user.has_perm(MAY_IMPORT),
            "may_take": request.user.has_perm("intake.view_payload"),
        }

    def panels(self, request: HttpRequest, row: FileImport) -> list[Panel]:
        found: list[Panel] = []
        if row.error_message:
            found.append(Facts("Why it ended early", [("Reason", Cell(row.error_message))]))
        if row.refused:
            found.append(import_panels.refused_table(row))
        found.append(
            Facts(
                "About this import",
                [
                    ("Source", Cell(row.source, href=address(request, "intake.source", row.source_id))),
                    ("Mapping", Cell(row.mapping, href=address(request, "intake.mappingversion", row.mapping_id))),
                    ("Deliveries", Cell("See all", href=import_panels.deliveries(row))),
                    ("Uploaded", Cell(when=row.created_at, small=f"by {row.created_by}" if row.created_by else "")),
                    ("Started", Cell(when=row.started_at)),
                    ("Ended", Cell(when=row.finished_at)),
                    *import_panels.file_facts(row),
                ],
            )
        )
        return found

    def progress_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """The progress alone, for the page that asks for it every two seconds; the whole page anew once it ended."""
        one = self._allowed(request, row_id, "intake.view_fileimport")
        response = TemplateResponse(
            request, "admin/intake/progress.html", {"one": one, "progress": import_panels.progress(one)}
        )
        if one.state != FileImport.State.WAITING:
            response.headers["HX-Refresh"] = "true"
        return response

    def refused_view(self, request: HttpRequest, row_id: int) -> HttpResponseBase:
        """The result file. It holds what people wrote, so taking it is an audit entry."""
        one = self._allowed(request, row_id, "intake.view_payload")
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:intake_fileimport_change", args=[one.pk]))
        record(one, "import.result_taken", by=actor(request), detail={"rows": one.refused})
        return as_file(f"refused-rows-{one.pk}.csv", refused_heads(one), refused_rows(one))

    def _allowed(self, request: HttpRequest, row_id: int, permission: str) -> FileImport:
        if not (self.has_view_permission(request) and request.user.has_perm(permission)):
            raise PermissionDenied
        one: FileImport | None = self.get_object(request, str(row_id))
        if one is None:
            raise Http404
        return one
