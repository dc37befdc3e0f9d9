"""`manage.py audit_data FILE.csv`: what is missing, malformed or there twice in an export, as a table or JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from intake.services.audit_data import audit_table, keep_report
from intake.tables import TableUnreadable, inspect
from intake.tables.audit import Report
from trail.record import Actor

_BY = Actor(name="audit_data")


class Command(BaseCommand):
    """Reads the file where it lies; of it, only the figures are kept, and only as a baseline."""

    help = "Count what is missing, malformed and duplicated in a CSV or Excel export."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--baseline", action="store_true", help="keep the figures as the baseline of the KPIs")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                report = audit_table(file, inspect(file))
        except OSError as error:
            raise CommandError(f"{path}: the file cannot be read: {error.strerror}.") from None
        except TableUnreadable as error:
            raise CommandError(f"{path}: {error}") from None
        self.stdout.write(json.dumps(report.document(), indent=2) if options["json"] else told(path.name, report))
        if options["baseline"]:
            keep_report(path.name, report, by=_BY).make_baseline(by=_BY)
            self.stderr.write("The figures are the baseline of the KPIs now.")


def told(name: str, report: Report) -> str:
    """The report as a table that a terminal shows."""
    heads = ("Column", "Field", "Filled", "Malformed", "Distinct", "Most frequent")
    table = [heads] + [
        (
            column.name[:30],
            column.target or "-",
            share(column.filled, report.rows),
            share(column.malformed, column.filled) if column.target else "-",
            f"{column.distinct:,}",
            ", ".join(f"{text} ({times:,})" for text, times in column.top[:3])[:60],
        )
        for column in report.columns
    ]
    widths = [max(len(row[place]) for row in table) for place in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    shared = [
        f"Same {one.by.lower()}: {one.rows:,} rows in {one.groups:,} groups, {one.extra:,} more than one each"
        + (f"; for example rows {', '.join(map(str, one.examples[0]))}" if one.examples else "")
        for one in report.duplicates
    ]
    return "\n".join(
        (
            f"{name}: {report.rows:,} rows",
            f"Without a usable e-mail or phone: {report.unreachable:,} ({share(report.unreachable, report.rows)})",
            f"Without a name: {report.nameless:,} ({share(report.nameless, report.rows)})",
            f"Rows that do not fit the columns: {report.misfits:,}",
            *shared,
            "",
            *lines,
        )
    )


def share(part: int, whole: int) -> str:
    """In percent; small shares are not rounded to nothing."""
    return "-" if not whole else f"{100 * part / whole:.1f} %"
