"""Amounts in free text: "$1.2M", "450k", "300-400k", "1.144.000", "from $300k". The shared reading of price
and money.

Invariant: an amount is never guessed from words, and a range always keeps both ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:[,.' ’]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:\. \d\d(?!\d)|[.,]\d+)?(?!\d)|[.,]\d+(?![.,]?\d))"
    r"(?:\s*(?P<scale>k|thousand|m|mm|mil|mio|million|b|billion)(?![^\W\d_]))?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:-|–|—|~|to|and|through|thru)\s*(?:US)?\$?\s*", re.IGNORECASE)
_AT_LEAST = re.compile(
    r"\b(?:from|over|above|at least|min(?:imum)?|starting(?: at)?|more than|>=?)\s*(?:us)?\$?\s*$|^[>≥]"
)
_AT_MOST = re.compile(r"\b(?:up to|under|below|at most|max(?:imum)?|less than|no more than|<=?)\s*(?:us)?\$?\s*$|^[<≤]")
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mm": 6, "mil": 6, "mio": 6, "million": 6, "b": 9, "billion": 9}
_FOREIGN = re.compile(
    r"[€£¥₹₽₩₺₴₤₦₱฿₫]|\b(?:EUR|GBP|CAD|AUD|MXN|CHF|JPY|CNY|INR|BRL|NZD|AED|SEK|NOK|DKK|PLN|ZAR)\b|(?<!U)[A-TV-Z]\$|\b(?:R|C|A|CA|AU|NZ|HK|MX)\s?\$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """What was written.

    Low and high are set for ranges and bounds ("from", "up to"), each alone for a bound.
    """

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    foreign: bool = False
    more: bool = False


def read_amount(text: str) -> Amount | None:
    """Read the first amount or range in a text of bounded length; None when no number is written."""
    first = _first(text)
    if first is None:
        return None
    value = _decimal(first)
    foreign = bool(_FOREIGN.search(text))
    second = _NUMBER.search(text, first.end())
    if second is not None and _BETWEEN.fullmatch(text, first.end(), second.start()):
        high = _decimal(second)
        if not first["scale"] and second["scale"] and value < high:
            scaled = value.scaleb(_SCALES[second["scale"].lower()])
            value = scaled if scaled <= high else value
        low, high = min(value, high), max(value, high)
        return Amount(low, low, high, foreign)
    before, after = text[: first.start()].lower(), text[first.end() :].lstrip()
    if _AT_MOST.search(before):
        return Amount(value, None, value, foreign)
    if _AT_LEAST.search(before) or after.startswith("+"):
        return Amount(value, value, None, foreign)
    if before.rstrip(" $").endswith("-") and second is None:
        return Amount(-value, foreign=foreign)
    return Amount(value, foreign=foreign, more=second is not None or _NUMBER.search(before) is not None)


def _first(text: str) -> re.Match[str] | None:
    """The first number that is marked as an amount ("2 bed $450k"), or the range it ends; else the first number."""
    numbers = list(_NUMBER.finditer(text))
    marked = (
        place
        for place, number in enumerate(numbers)
        if number["scale"] or text[: number.start()].rstrip().endswith("$")
    )
    place = next(marked, 0)
    while place and _BETWEEN.fullmatch(text, numbers[place - 1].end(), numbers[place].start()):
        place -= 1
    return numbers[place] if numbers else None


def whole(value: Decimal) -> int:
    """Whole dollars, a half rounded up."""
    return int(value.to_integral_value(rounding=ROUND_HALF_UP))


def _decimal(match: re.Match[str]) -> Decimal:
    digits = match["digits"].replace(" ", "").replace("'", "").replace("’", "")
    if digits[0] in ".,":
        digits = "0" + digits
    marks = [mark for mark in digits if mark in ",."]
    if marks:
        decimal_mark = _decimal_mark(digits, marks)
        digits = "".join(
            "." if mark == decimal_mark else mark for mark in digits if mark not in ",." or mark == decimal_mark
        )
    value = Decimal(digits)
    return value.scaleb(_SCALES[match["scale"].lower()]) if match["scale"] else value


def _decimal_mark(digits: str, marks: list[str]) -> str | None:
    """Which mark starts the cents.

    The last one, unless it is repeated or followed by exactly three digits.
    """
    last = marks[-1]
    if marks.count(last) > 1:
        return None
    tail = len(digits) - digits.rfind(last) - 1
    if len(set(marks)) == 2:
        return last
    head = digits.split(last)[0]
    return None if tail == 3 and head not in ("0", "") and len(head) <= 3 else last
