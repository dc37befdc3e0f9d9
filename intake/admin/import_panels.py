"""What the pages of an import say of it: its file, what will happen, how far it is, what was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse

from intake.models import FileImport, Source
from intake.tables.csv_file import separator_name
from trail.admin import Cell, Table
from trail.admin.wording import count, span

SHOWN = 20  # refused rows on the page


def file_facts(one: FileImport) -> list[tuple[str, Cell]]:
    """The file and how it is read."""
    shape = one.file.table()
    if shape.format == "xlsx":
        kind = f"Excel, sheet {shape.sheet}"
    else:
        kind = f"CSV, {shape.encoding.removesuffix('-sig')}, cells separated by {separator_name(shape.separator)}"
    size = f"{one.file.size / 1024:,.0f} KB" if one.file.size < 1024**2 else f"{one.file.size / 1024**2:,.1f} MB"
    return [("File", Cell(f"{one.file.name}, {size}", small=kind))]


def tells(one: FileImport) -> list[str]:
    """What will happen when it starts, in sentences."""
    if one.source.kind == Source.Kind.LISTING:
        return ["Each row makes or changes a property, known by its MLS number. What cannot be used is a dead letter."]
    workflow = one.source.workflow
    steps = dict(workflow.steps) if workflow else {}
    words = {"assign": "is assigned", "alert": "alerts an agent", "email": "gets a first e-mail", "task": "gets a task"}
    follows = [words[step] for step in words if workflow is None or steps.get(step, True)]
    if workflow is not None and not workflow.enabled:
        follows = []
    told = [
        "Each row becomes a lead, and its contact is written to the CRM once. What cannot be used is a dead letter."
    ]
    if not follows:
        told.append("Nobody is written to: no e-mail, alert, assignment or task follows from these rows.")
    else:
        told.append(f"Each new lead {', '.join(follows)}. To import quietly, give the source the workflow File import.")
    return told


def progress(one: FileImport) -> dict[str, Any]:
    """How far it is, as its template shows it."""
    rows = one.rows or 0
    left = one.seconds_left
    under_way = one.state == FileImport.State.WAITING
    return {
        "percent": round(100 * one.position / rows, 1) if rows else 0,
        "read": f"{one.position:,}",
        "rows": f"{one.rows:,}" if one.rows is not None else "",
        "accepted": f"{one.accepted:,}",
        "repeats": f"{one.repeats:,}",
        "refused": f"{one.refused:,}",
        "speed": f"{one.rows_per_second:,.0f} rows a second" if under_way and one.rows_per_second else "",
        "left": span(timedelta(seconds=left)) if under_way and left else "",
        "paused": under_way and one.source.state != one.source.State.ACTIVE,
        "under_way": under_way,
    }


def refused_table(one: FileImport) -> Table:
    """The first refused rows."""
    return Table(
        "Refused rows",
        ("Row", "Why", "Delivery"),
        [
            (
                Cell(f"{refused.number:,}"),
                Cell(refused.reason, small=refused.code, code=True),
                Cell("Open", href=reverse("admin:intake_delivery_change", args=[refused.delivery_id])),
            )
            for refused in one.refused_rows.order_by("number")[:SHOWN]
        ],
        note=f"the first {SHOWN} of {count(one.refused, 'row')}" if one.refused > SHOWN else "",
    )


def deliveries(one: FileImport) -> str:
    """The list of the source's deliveries that came by file."""
    return f"{reverse('admin:intake_delivery_changelist')}?source__id__exact={one.source_id}&via__exact=file"
