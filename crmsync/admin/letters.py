"""Everything that waits for a person, in one list: deliveries that could not be read, records that could not be used,
pushes that gave up or whose outcome is unknown.

Invariant: what is counted, what is listed and what a redrive runs on are the same querysets (`Chosen`). A record whose
write to the CRM gave up is shown through that push and not a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, Count, F, Max, Min, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict

from crmsync.models import Push
from intake.models import Delivery, Item

WAITING_PUSHES = (Push.State.DEAD, Push.State.UNKNOWN)
KINDS: dict[str, str] = {"delivery": "Read delivery", "item": "Use record", **dict(Push.Kind.choices)}
AGES: dict[str, tuple[str, timedelta]] = {
    "1h": ("over 1 hour", timedelta(hours=1)),
    "1d": ("over 1 day", timedelta(days=1)),
    "7d": ("over 7 days", timedelta(days=7)),
}
# Newest ids that a person has seen; what arrives later is not part of what was confirmed.
Ceilings = dict[str, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which dead letters: all, or narrowed by kind, error code, connection and age, or picked one by one.

    Attributes:
        picks: (table, id) pairs; empty means everything that the other attributes leave.
        ceilings: per table the highest id that belongs to it.
    """

    kind: str = ""
    code: str = ""
    connection: str = ""
    older: str = ""
    picks: tuple[tuple[str, int], ...] = ()
    ceilings: Ceilings = field(default_factory=dict)

    @classmethod
    def of(cls, query: QueryDict) -> Chosen:
        """What an address asks for; anything it cannot mean is ignored."""
        picks = []
        for pick in query.getlist("pick"):
            table, _, number = pick.partition(":")
            if table in ("push", "item", "delivery") and number.isdecimal() and len(number) < 19:
                picks.append((table, int(number)))
        connection = query.get("connection", "")
        kind, older = query.get("kind", ""), query.get("older", "")
        return cls(
            kind=kind if kind in KINDS else "",
            code=query.get("code", ""),
            connection=connection if connection.isdecimal() and len(connection) < 19 else "",
            older=older if older in AGES else "",
            picks=tuple(picks),
        )

    def address(self, **changes: str) -> str:
        """The query string that asks for the same, with changes."""
        other = replace(self, **changes)  # type: ignore[arg-type]
        pairs = [(name, getattr(other, name)) for name in ("kind", "code", "connection", "older")]
        return urlencode(
            [(name, value) for name, value in pairs if value]
            + [("pick", f"{table}:{number}") for table, number in other.picks]
        )

    def pushes(self, now: datetime) -> QuerySet[Any]:
        rows = Push.objects.filter(state__in=WAITING_PUSHES).annotate(since=Coalesce("first_failed_at", "created_at"))
        if self.connection:
            rows = rows.filter(connection_id=int(self.connection))
        if self.kind and self.kind not in ("item", "delivery"):
            rows = rows.filter(kind=self.kind)
        return self._narrowed(rows, "push", now, wanted=self.kind not in ("item", "delivery"))

    def items(self, now: datetime) -> QuerySet[Any]:
        # Records that were resolved wait for a push; these never came that far.
        rows = Item.objects.filter(state=Item.State.DEAD_LETTER, contact__isnull=True, property__isnull=True).annotate(
            since=F("received_at")
        )
        return self._narrowed(rows, "item", now, wanted=self.kind in ("", "item") and not self.connection)

    def deliveries(self, now: datetime) -> QuerySet[Any]:
        rows = Delivery.objects.filter(state=Delivery.State.DEAD).annotate(since=F("received_at"))
        return self._narrowed(rows, "delivery", now, wanted=self.kind in ("", "delivery") and not self.connection)

    def _narrowed(self, rows: QuerySet[Any], table: str, now: datetime, *, wanted: bool) -> QuerySet[Any]:
        if not wanted:
            return rows.none()
        if self.code:
            rows = rows.filter(error_code=self.code)
        if self.older:
            rows = rows.filter(since__lt=now - AGES[self.older][1])
        if self.picks:
            rows = rows.filter(pk__in=[number for where, number in self.picks if where == table])
        if table in self.ceilings:
            rows = rows.filter(pk__lte=self.ceilings[table])
        return rows

    def tables(self, now: datetime) -> dict[str, QuerySet[Any]]:
        """The three querysets by table."""
        return {"push": self.pushes(now), "item": self.items(now), "delivery": self.deliveries(now)}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many, how old, and up to which ids."""

    number: int
    oldest: datetime | None
    ceilings: Ceilings


def count(chosen: Chosen, now: datetime) -> Counted:
    """Count what is chosen: one statement per table."""
    number, ages, ceilings = 0, [], {}
    for table, rows in chosen.tables(now).items():
        found = rows.aggregate(number=Count("pk"), oldest=Min("since"), newest=Max("pk"))
        number += found["number"]
        ceilings[table] = found["newest"] or 0
        if found["oldest"]:
            ages.append(found["oldest"])
    return Counted(number, min(ages, default=None), ceilings)


@dataclass(frozen=True, slots=True)
class Group:
    """Letters that stopped for the same reason at the same place."""

    kind: str
    code: str
    sentence: str
    number: int
    first: datetime
    last: datetime
    connection: int | None = None
    unknown: bool = False

    @property
    def step(self) -> str:
        return KINDS[self.kind]


def groups(chosen: Chosen, now: datetime) -> list[Group]:
    """Letters by what went wrong and where, the largest group first."""
    numbers: dict[str, Any] = {"number": Count("pk"), "first": Min("since"), "last": Max("since")}
    found = [
        Group(
            row["kind"],
            row["error_code"],
            row["sentence"] or "",
            row["number"],
            row["first"],
            row["last"],
            row["connection_id"],
            row["state"] == Push.State.UNKNOWN,
        )
        for row in chosen.pushes(now)
        .order_by()
        .values("kind", "error_code", "connection_id", "state")
        .annotate(sentence=Max("error_message"), **numbers)
    ]
    found += [
        Group("delivery", row["error_code"], row["sentence"] or "", row["number"], row["first"], row["last"])
        for row in chosen.deliveries(now)
        .order_by()
        .values("error_code")
        .annotate(sentence=Max("error_message"), **numbers)
    ]
    items = list(chosen.items(now).order_by().values("error_code").annotate(sample=Max("pk"), **numbers))
    samples = {item.pk: item for item in Item.objects.filter(pk__in=[row["sample"] for row in items]).only("problems")}
    found += [
        Group(
            "item",
            row["error_code"],
            " ".join(samples[row["sample"]].problems[:2]),
            row["number"],
            row["first"],
            row["last"],
        )
        for row in items
        if row["sample"] in samples
    ]
    return sorted(found, key=lambda group: (-group.number, group.kind, group.code))


@dataclass(frozen=True, slots=True)
class Letter:
    """One row of the list."""

    table: str
    row: Any
    since: datetime

    @property
    def pick(self) -> str:
        return f"{self.table}:{self.row.pk}"

    @property
    def kind(self) -> str:
        return KINDS[self.row.kind if self.table == "push" else self.table]

    @property
    def sentence(self) -> str:
        return " ".join(self.row.problems) if self.table == "item" else str(self.row.error_message)


def letters(chosen: Chosen, now: datetime, *, offset: int, limit: int) -> list[Letter]:
    """A page of the list, oldest first: one statement for the order, one per table for its rows."""
    parts = [
        rows.order_by().annotate(place=Value(table, output_field=CharField())).values_list("place", "pk", "since")
        for table, rows in chosen.tables(now).items()
    ]
    page = list(parts[0].union(*parts[1:], all=True).order_by("since", "pk")[offset : offset + limit])
    loaded = {
        "push": _in_bulk(
            Push.objects.select_related("connection", "contact", "property", "lead__contact"), page, "push"
        ),
        "item": _in_bulk(Item.objects.select_related("source"), page, "item"),
        "delivery": _in_bulk(Delivery.objects.select_related("source").defer("body", "headers"), page, "delivery"),
    }
    return [Letter(table, loaded[table][number], since) for table, number, since in page if number in loaded[table]]


def _in_bulk(rows: QuerySet[Any], page: Iterable[tuple[str, int, datetime]], table: str) -> dict[int, Any]:
    numbers = [number for where, number, _ in page if where == table]
    return rows.in_bulk(numbers) if numbers else {}
