"""Any list as a file: CSV or Excel, the rows that the list shows, for those who may export.

Invariant: a file holds exactly the rows of the list as it is filtered, in its order; each export is an audit entry that
is written before the first row is sent; and a column that a person may not see is not in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import FileResponse, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from trail.admin.filters import filters_in_words
from trail.record import Actor, record
from trail.spreadsheet import CSV_TYPE, XLSX_TYPE, csv_lines, xlsx_file

PERMISSION = "trail.export_rows"
# An Excel file is made whole before it is sent; a CSV flows, however long it is.
EXCEL_ROWS = 100_000
_CHUNK = 1_000


class Exports:
    """Mixin of a ModelAdmin: a list that names its `export_columns` can be exported.

    A column is a field or a path of fields (`source__slug`), or a method `column_<name>` of the admin. In a pair, the
    second is the permission without which the column is left out.
    """

    export_columns: ClassVar[Sequence[str | tuple[str, str]]] = ()
    model: type[models.Model]
    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        own = []
        if self.export_columns:
            view = self.admin_site.admin_view(self.export_view)
            own.append(path("export/", view, name=f"{self._address()}_export"))
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def may_export(self, request: HttpRequest) -> bool:
        """May this person take the list away as a file?"""
        allowed = self.has_view_permission(request) and request.user.has_perm(PERMISSION)  # type: ignore[attr-defined]
        return bool(self.export_columns) and bool(allowed)

    def export_count(self, request: HttpRequest) -> int:
        """How many rows the list has."""
        return int(self._listed(request).count())

    def export_rows(self, request: HttpRequest, columns: Sequence[str]) -> Iterator[list[Any]]:
        """The rows of the list, as its address filters and orders them."""
        for row in self._listed(request).iterator(_CHUNK):
            yield [self._value(row, column) for column in columns]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        if not self.may_export(request):
            raise PermissionDenied
        home = f"{reverse(f'admin:{self._address()}_changelist')}?{request.GET.urlencode()}"
        if request.method != "POST":
            return HttpResponseRedirect(home)
        excel = request.POST.get("format") == "xlsx"
        columns = self._columns(request)
        try:
            count = self.export_count(request)
        except IncorrectLookupParameters:
            messages.error(request, "The list cannot be filtered like that. Nothing was exported.")
            return HttpResponseRedirect(reverse(f"admin:{self._address()}_changelist"))
        if excel and count > EXCEL_ROWS:
            messages.error(
                request,
                f"These are {count:,} rows; an Excel file takes {EXCEL_ROWS:,}. Narrow the list, or take the CSV.",
            )
            return HttpResponseRedirect(home)
        record(
            request.user,  # type: ignore[arg-type]  # whoever may export is logged in
            "list.exported",
            by=Actor.person(request.user.get_username()),
            detail={
                "list": self.model._meta.label_lower,
                "shown": filters_in_words(self.model, request.GET),
                "rows": count,
                "format": "xlsx" if excel else "csv",
                "columns": list(columns),
            },
        )
        plural = str(self.model._meta.verbose_name_plural).replace(" ", "-")
        name = f"{plural}-{timezone.localdate()}.{'xlsx' if excel else 'csv'}"
        return as_file(name, columns, self.export_rows(request, columns), excel=excel)

    def _address(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}"

    def _columns(self, request: HttpRequest) -> list[str]:
        named = [(column, "") if isinstance(column, str) else column for column in self.export_columns]
        return [column for column, permission in named if not permission or request.user.has_perm(permission)]

    def _listed(self, request: HttpRequest) -> models.QuerySet[Any]:
        listed: models.QuerySet[Any] = self.get_changelist_instance(request).queryset  # type: ignore[attr-defined]
        return listed

    def _value(self, row: Any, column: str) -> Any:
        if method := getattr(self, f"column_{column}", None):
            return method(row)
        for name in column.split("__"):
            row = getattr(row, name, None)
        return row


def as_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, excel: bool = False) -> HttpResponseBase:
    """Rows as a file to download. A CSV flows row by row."""
    if excel:
        return FileResponse(xlsx_file(heads, rows), as_attachment=True, filename=name, content_type=XLSX_TYPE)
    return StreamingHttpResponse(
        csv_lines(heads, rows),
        content_type=CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
