"""The sandbox's one page: what it holds and what it was asked, newest first. Everything shown is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from crmsync.sandbox.store import Record, Store

_SHOWN = 100  # rows per table

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884; vertical-align: top }
th { font-weight: 600 } td { overflow-wrap: anywhere } code { font-size: .9em }
.bad { color: #b3261e; font-weight: 600 }
@media (prefers-color-scheme: dark) { .bad { color: #ff8a80 } }
"""

_COLUMNS = {
    "contacts": ("firstname", "lastname", "email", "phone", "city", "zip", "hubspot_owner_id", "steward_id"),
    "listings": (
        "steward_mls_id",
        "hs_address_1",
        "hs_city",
        "hs_zip",
        "hs_price",
        "steward_status",
        "steward_id",
    ),
    "tasks": ("hs_task_subject", "hs_timestamp", "hs_task_status", "hubspot_owner_id", "steward_id"),
}


def render(store: Store) -> str:
    """The page as HTML. Must run inside a transaction."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<title>Sandbox CRM</title><link rel="stylesheet" href="/style.css"></head><body>',
        "<h1>Sandbox CRM</h1>",
        "<p>Stands in for HubSpot. Nothing here is real, and nothing leaves this machine.</p>",
    ]
    owners = {owner.id: f"{owner.first} {owner.last}" for owner in store.owners()}
    for kind, columns in _COLUMNS.items():
        records = store.select(kind, order="id DESC", limit=_SHOWN)
        head = ["id", *(column.removeprefix("hs_") for column in columns)]
        rows = [_row(record, columns, owners) for record in records]
        if kind == "tasks":
            head.append("contact")
            for row, record in zip(rows, records, strict=True):
                row.append(", ".join(str(id) for id, _ in store.associated(record.id, "contacts")))
        parts.append(_table(f"{kind.capitalize()} ({store.count(kind)})", head, rows))
    calls = [
        [
            datetime.fromtimestamp(call["at"], UTC).strftime("%H:%M:%S"),
            call["method"],
            call["path"],
            str(call["status"] or "no answer"),
            call["fault"],
            f"{call['milliseconds']} ms",
        ]
        for call in store.calls(_SHOWN)
    ]
    total = sum(store.call_counts().values())
    parts.append(_table(f"Calls received ({total})", ["time", "method", "path", "status", "fault", "took"], calls))
    parts.append("</body></html>")
    return "".join(parts)


def _row(record: Record, columns: Iterable[str], owners: dict[str, str]) -> list[str]:
    cells = [str(record.id)]
    for column in columns:
        value = record.properties.get(column, "")
        cells.append(owners.get(value, value) if column == "hubspot_owner_id" else value)
    return cells


def _table(title: str, head: Iterable[str], rows: list[list[str]]) -> str:
    if not rows:
        return f"<h2>{escape(title)}</h2><p>None yet.</p>"
    top = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td{_mark(cell)}>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    more = f"<p>The newest {_SHOWN}.</p>" if len(rows) == _SHOWN else ""
    return (
        f'<h2>{escape(title)}</h2><div class="scroll"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def _mark(cell: str) -> str:
    bad = cell == "no answer" or (len(cell) == 3 and cell[0] in "45" and cell.isdigit())
    return ' class="bad"' if bad else ""
