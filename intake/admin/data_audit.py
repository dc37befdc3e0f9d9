"""Data audits: upload a CRM export, see what is missing, malformed and there twice, keep it as the baseline."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from intake.admin.upload import UploadForm, upload_page
from intake.admin.values import label
from intake.models import DataAudit
from intake.services.audit_data import ask_audit
from intake.services.keep_file import keep_file
from trail.admin import Cell, Facts, Lever, Panel, ReadOnlyAdmin, Table, actor
from trail.admin.columns import ago, stacked, tag
from trail.admin.wording import count

TONES: dict[str, str] = {
    DataAudit.State.WAITING: "busy",
    DataAudit.State.DONE: "good",
    DataAudit.State.FAILED: "bad",
}
MAY_AUDIT = "intake.add_dataaudit"
_SHOWN = 24  # columns of a chart; the table has them all
# Mid tones, which are read on light and on dark ground; the words beside them say the same.
_GOOD, _BAD, _EMPTY, _INK = "#3b82f6", "#ef4444", "#94a3b8", "#64748b"


def _baseline(one: DataAudit, request: HttpRequest, data: dict[str, Any]) -> str:
    one.make_baseline(by=actor(request))
    return f"{one} is the baseline. The KPIs are compared with it from now on."


@admin.register(DataAudit)
class DataAuditAdmin(ReadOnlyAdmin):
    list_display = ("named", "standing", "rows", "twice", "begun")
    list_filter = (("state", ChoicesCheckboxFilter),)
    ordering = ("-id",)
    lead_in = "What an export holds before anything is connected: missing, malformed, there twice. Nothing is imported."
    record_template = "admin/intake/data_audit.html"
    levers = (
        Lever(
            "baseline",
            "Make it the baseline",
            "intake.set_baseline",
            _baseline,
            lambda one: (
                f"The KPIs are compared with these figures, of {count(one.rows, 'row')}, from now on.",
                "The audit that was the baseline before stays in the list.",
            ),
            offered=lambda one: one.state == DataAudit.State.DONE and one.baseline_at is None,
            primary=True,
        ),
    )

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm(MAY_AUDIT))

    @display(description="File", ordering="name")
    def named(self, one: DataAudit) -> str:
        return stacked(one.name, "the baseline" if one.baseline_at else "")

    @display(description="State", ordering="state")
    def standing(self, one: DataAudit) -> str:
        return tag(one.get_state_display(), TONES[one.state])

    @display(description="Same e-mail or phone")
    def twice(self, one: DataAudit) -> str:
        found = {shared["by"]: shared["extra"] for shared in one.report.get("duplicates", ())}
        return f"{found.get('E-mail', 0):,} / {found.get('Phone', 0):,}" if found else "-"

    @display(description="Uploaded", ordering="id")
    def begun(self, one: DataAudit) -> str:
        return stacked(ago(one.created_at), f"by {one.created_by}" if one.created_by else "")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def taken(file: UploadedFile[bytes], data: dict[str, Any]) -> str:
            by = actor(request)
            one = ask_audit(keep_file(file.file, file.name or "file", by=by), by=by)  # type: ignore[arg-type]
            return reverse("admin:intake_dataaudit_change", args=[one.pk])

        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Audit the data of a file",
            "button": "Upload and count",
            "tells": (
                "Take an export of your CRM. Nothing of it is imported, and nobody is written to.",
                "You see per column how much is filled and usable, and how many rows are there twice.",
            ),
            "home": reverse("admin:intake_dataaudit_changelist"),
        }
        return upload_page(request, context, UploadForm, taken)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        # The page that waits asks for itself; once there is a report, it is loaded anew, for its charts.
        context = (isinstance(response, TemplateResponse) and response.context_data) or {}
        if request.headers.get("HX-Request") and not context.get("under_way"):
            response.headers["HX-Refresh"] = "true"
        return response

    def headline(self, row: DataAudit) -> Cell:
        return Cell(row.name, small=row.get_state_display(), tone=TONES[row.state])

    def page_context(self, request: HttpRequest, row: DataAudit) -> dict[str, Any]:
        under_way = row.state == DataAudit.State.WAITING
        found: dict[str, Any] = {"one": row, "under_way": under_way, "rows": count(row.rows, "row")}
        if row.state != DataAudit.State.DONE:
            return found
        report = row.report
        columns = report["columns"][:_SHOWN]
        return {
            **found,
            "figures": _figures(report),
            "fill_chart": _chart(
                [column["name"] for column in columns],
                (
                    ("Usable", [column["filled"] - column["malformed"] for column in columns], _GOOD),
                    ("Malformed", [column["malformed"] for column in columns], _BAD),
                    ("Empty", [report["rows"] - column["filled"] for column in columns], _EMPTY),
                ),
            ),
            "fill_height": 60 + 26 * len(columns),
            "twice_chart": _chart(
                [f"Same {shared['by'].lower()}" for shared in report["duplicates"]],
                (("Rows beyond one each", [shared["extra"] for shared in report["duplicates"]], _BAD),),
            ),
            "options": _OPTIONS,
        }

    def panels(self, request: HttpRequest, row: DataAudit) -> list[Panel]:
        if row.error_message:
            return [Facts("Why it could not be counted", [("Reason", Cell(row.error_message))])]
        if row.state != DataAudit.State.DONE:
            return []
        return [_columns_table(row.report), _twice_table(row.report)]


_OPTIONS = json.dumps(
    {
        "indexAxis": "y",
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "barPercentage": 0.75,
        "plugins": {"legend": {"position": "bottom", "align": "start", "labels": {"color": _INK, "boxWidth": 12}}},
        "scales": {
            "x": {"stacked": True, "ticks": {"color": _INK, "precision": 0}, "grid": {"tickWidth": 0}},
            "y": {"stacked": True, "ticks": {"color": _INK, "autoSkip": False}, "grid": {"display": False}},
        },
    }
)


def _chart(labels: list[str], series: tuple[tuple[str, list[int], str], ...]) -> str:
    short = [name if len(name) <= 22 else f"{name[:21]}…" for name in labels]
    return json.dumps(
        {
            "labels": short,
            "datasets": [{"label": name, "data": numbers, "backgroundColor": color} for name, numbers, color in series],
        }
    )


def _figures(report: dict[str, Any]) -> list[dict[str, str]]:
    rows = report["rows"]
    extra = {shared["by"]: shared["extra"] for shared in report["duplicates"]}
    facts = (
        ("Rows", rows, f"{report['misfits']:,} do not fit the columns" if report["misfits"] else "all fit the columns"),
        (
            "Cannot be reached",
            report["unreachable"],
            f"{_share(report['unreachable'], rows)} have no usable e-mail or phone",
        ),
        ("Without a name", report["nameless"], f"{_share(report['nameless'], rows)} of the rows"),
        (
            "There twice",
            max(extra.values(), default=0),
            f"by e-mail {extra.get('E-mail', 0):,}, phone {extra.get('Phone', 0):,}, "
            f"name and address {extra.get('Name and address', 0):,}",
        ),
    )
    return [{"name": name, "figure": f"{number:,}", "says": says} for name, number, says in facts]


def _columns_table(report: dict[str, Any]) -> Table:
    return Table(
        "Column by column",
        ("Column", "Filled", "Malformed", "Distinct", "Most frequent", "Why malformed"),
        [
            (
                Cell(column["name"], small=label(column["target"]) if column["target"] else "not recognized"),
                Cell(_share(column["filled"], report["rows"]), small=f"{column['filled']:,}"),
                Cell(_share(column["malformed"], column["filled"]), small=f"{column['malformed']:,}")
                if column["target"]
                else Cell(),
                Cell(f"{column['distinct']:,}"),
                Cell("\n".join(f"{text} ({times:,})" for text, times in column["top"])),
                Cell("\n".join(f"{sentence} ({times:,})" for sentence, times in column["reasons"])),
            )
            for column in report["columns"]
        ],
        numbers=(1, 2, 3),
        note="values are masked",
    )


def _twice_table(report: dict[str, Any]) -> Table:
    return Table(
        "Rows that share a key",
        ("Key", "Rows compared", "Groups", "Rows in groups", "Beyond one each", "Largest groups, by row number"),
        [
            (
                Cell(shared["by"]),
                Cell(f"{shared['compared']:,}"),
                Cell(f"{shared['groups']:,}"),
                Cell(f"{shared['rows']:,}"),
                Cell(f"{shared['extra']:,}"),
                Cell("\n".join(", ".join(map(str, rows)) for rows in shared["examples"][:5])),
            )
            for shared in report["duplicates"]
        ],
        numbers=(1, 2, 3, 4),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
