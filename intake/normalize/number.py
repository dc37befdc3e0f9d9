"""Sizes and counts of a home: sqft, lot_sqft, beds, baths, year. Values: integers; baths in steps of a
quarter.

Invariant: a unit that was written is honored (acres become square feet), and a unit that was assumed is
said.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from intake.normalize.amount import read_amount, whole
from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, Issue, IssueCode, Result

LIMIT = 100
SQFT_PER_ACRE = 43_560
SQFT_PER_SQUARE_METER = Decimal("10.7639")

# Lowest and highest possible value of each kind; beyond them it is a typing error or another field's value.
LIMITS = {
    "sqft": (1, 10_000_000),
    "lot_sqft": (1, 2_000_000_000),
    "beds": (0, 200),
    "baths": (0, 200),
    "year": (1600, 2200),
}

_ACRES = re.compile(r"\bac(?:re)?s?\b|(?<=\d)ac(?:re)?s?\b", re.IGNORECASE)
_METERS = re.compile(r"(?:\b|(?<=\d))(?:m2|m²|sqm|sq\.? ?m(?:eters?)?|square met(?:er|re)s?)(?![\w])", re.IGNORECASE)
_STUDIO = re.compile(r"\s*(?:studio|efficiency|bachelor)\b", re.IGNORECASE)
_HALVES = re.compile(
    r"(\d{1,2})\s*(?:full|f\b)\D{0,20}?(?:(\d{1,2})\s*(?:half|partial|h\b|p\b).*)?"
    r"|(\d{1,2})\s*(?:1/2|and a half)\D*",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"(?:\b(\d{1,2})[ -])?\b([13])/([24])\b")
# "3 bed / 2 bath" in one field: the number that stands before the word counts, and the other word's never does.
_COUNT = r"((?:\b\d{1,3}(?:\.\d+)?\s?(?:-|to)\s?)?\b\d{1,3}(?:\.\d+)?\+?)\s?-?\s?"
_COUNTED = {
    "beds": re.compile(_COUNT + r"(?:bd|br|bed)", re.IGNORECASE),
    "baths": re.compile(_COUNT + r"ba", re.IGNORECASE),
}
_YEAR = re.compile(r"\D*(\d{4})(?:\.0+)?\D*")


def _integer(raw: object, ctx: Context, *, kind: str) -> Result:
    """Read a whole number of the given kind; a range keeps its low end as value and both as parts."""
    by = f"{kind}@1"
    low, high = LIMITS[kind]
    if type(raw) is int and low <= raw <= high:
        return Result(raw, _display(raw, kind), NO_PARTS, str(raw), (), raw, by)
    text = read_text(raw, ctx, by, LIMIT)
    if isinstance(text, Result):
        return text
    if kind == "beds" and _STUDIO.match(text):
        return Result(0, "0", NO_PARTS, "0", (), raw, by)
    metric = bool(_METERS.search(text))
    amount = read_amount(_METERS.sub(" ", _own_count(text, kind)))
    if amount is None:
        return failed(raw, by, IssueCode.NOT_A_NUMBER)
    factor, issues = _factor(text, amount.value, metric, kind)
    value = whole(amount.value * factor)
    if not low <= amount.value * factor <= high or not low <= value <= high:
        return failed(raw, by, IssueCode.OUT_OF_RANGE)
    parts: dict[str, Any] = {}
    if amount.low is not None and amount.high is not None:
        parts = {"low": value, "high": whole(amount.high * factor)}
        issues.append(Issue(IssueCode.SEVERAL_VALUES))
    if factor == 1 and value != amount.value:
        issues.append(Issue(IssueCode.ROUNDED))
    return Result(value, _display(value, kind), parts, str(value), tuple(issues), raw, by)


def _own_count(text: str, kind: str) -> str:
    """The part of the text that counts this kind: of "3 bed / 2 bath" the one or the other, of "3 bed" no bath."""
    if kind not in _COUNTED:
        return text
    if own := _COUNTED[kind].search(text):
        return own[1]
    return "" if any(counted.search(text) for counted in _COUNTED.values()) else text


def _factor(text: str, value: Decimal, metric: bool, kind: str) -> tuple[Decimal, list[Issue]]:
    """What the number is multiplied with to become the stored unit, and what has to be said about it."""
    if kind in ("sqft", "lot_sqft") and metric:
        return SQFT_PER_SQUARE_METER, []
    if kind not in ("sqft", "lot_sqft"):
        return Decimal(1), []
    if _ACRES.search(text):
        return Decimal(SQFT_PER_ACRE), [Issue(IssueCode.ACRES_CONVERTED)]
    if (
        kind == "lot_sqft"
        and value != value.to_integral_value()
        and value < 1000
        and not any(letter.isalpha() for letter in text)
    ):
        return Decimal(SQFT_PER_ACRE), [Issue(IssueCode.UNIT_ASSUMED, detail="A small broken number is read as acres.")]
    return Decimal(1), []


def _display(value: int, kind: str) -> str:
    return f"{value:,} sq ft" if kind in ("sqft", "lot_sqft") else str(value)


def baths(raw: object, ctx: Context) -> Result:
    """Read bathrooms: "2.5", "2 full 1 half", "2 1/2"; in steps of a quarter, a half bath counting 0.5."""
    by = "baths@1"
    # NFKC would join "2½" to "21/2"
    text = read_text(raw.replace("½", " 1/2") if isinstance(raw, str) and len(raw) < LIMIT else raw, ctx, by, LIMIT)
    if isinstance(text, Result):
        return replace(text, raw=raw)
    text = _FRACTION.sub(lambda match: str(int(match[1] or 0) + int(match[2]) / int(match[3])), text)
    if halves := _HALVES.fullmatch(text):
        count = Decimal(halves[1] or halves[3]) + (Decimal("0.5") if halves[3] else Decimal(halves[2] or 0) / 2)
        ranged = False
    else:
        amount = read_amount(_own_count(text, "baths"))
        if amount is None:
            return failed(raw, by, IssueCode.NOT_A_NUMBER)
        count, ranged = amount.value, amount.low is not None and amount.high is not None
    low, high = LIMITS["baths"]
    if not low <= count <= high:
        return failed(raw, by, IssueCode.OUT_OF_RANGE)
    quarters = whole(count * 4)
    value = quarters / 4
    issues = [Issue(IssueCode.ROUNDED)] if Decimal(quarters) / 4 != count else []
    if ranged:
        issues.append(Issue(IssueCode.SEVERAL_VALUES))
    display = f"{value:g}"
    return Result(value, display, NO_PARTS, display, tuple(issues), raw, by)


def year(raw: object, ctx: Context) -> Result:
    """Read a year of four digits."""
    by = "year@1"
    text = read_text(raw, ctx, by, LIMIT)
    if isinstance(text, Result):
        return text
    match = _YEAR.fullmatch(text)
    if match is None:
        return failed(raw, by, IssueCode.NOT_A_NUMBER)
    value = int(match[1])
    low, high = LIMITS["year"]
    if not low <= value <= high:
        return failed(raw, by, IssueCode.OUT_OF_RANGE)
    return Result(value, str(value), NO_PARTS, str(value), (), raw, by)


sqft = partial(_integer, kind="sqft")
lot_sqft = partial(_integer, kind="lot_sqft")
beds = partial(_integer, kind="beds")
