"""Prices and amounts of money in US dollars. Value: whole dollars. Parts `low` and `high` for ranges and
bounds.

Invariant: a range has the low end as value, both ends as parts and an issue; never one end in silence.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import Any

from intake.normalize.amount import Amount, read_amount, whole
from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, Issue, IssueCode, Result

LIMIT = 120
# "the $400s", "mid 300's": hundreds of thousands, as homes are advertised.
_HUNDREDS = re.compile(r"(?<![\d.,])([1-9])00['’]?s\b", re.IGNORECASE)
HIGHEST = 2_000_000_000  # dollars; no home costs more, and it fits the databases' four-byte integer


def normalize(raw: object, ctx: Context, *, by: str) -> Result:
    """Clean an amount of dollars; `by` names the kind (price or money)."""
    if type(raw) is int and 0 <= raw <= HIGHEST:
        return Result(raw, f"${raw:,}", NO_PARTS, str(raw), (), raw, by)
    text = read_text(raw, ctx, by, LIMIT)
    if isinstance(text, Result):
        return text
    if hundreds := _HUNDREDS.search(text):
        low = Decimal(hundreds[1]).scaleb(5)
        return _result(Amount(low, low, low + 99_999), raw, by)
    amount = read_amount(text)
    if amount is None:
        return failed(raw, by, IssueCode.NO_AMOUNT)
    return _result(amount, raw, by)


def _result(amount: Amount, raw: object, by: str) -> Result:
    value = whole(amount.value)
    ends = [end for end in (amount.value, amount.high) if end is not None]
    if any(not 0 <= end <= HIGHEST for end in ends) or not 0 <= value <= HIGHEST:
        return failed(raw, by, IssueCode.OUT_OF_RANGE)
    parts: dict[str, Any] = {}
    if amount.low is not None:
        parts["low"] = whole(amount.low)
    if amount.high is not None:
        parts["high"] = whole(amount.high)
    issues = []
    display = f"${value:,}"
    if len(parts) == 2:
        issues.append(Issue(IssueCode.PRICE_RANGE))
        display = f"${parts['low']:,} - ${parts['high']:,}"
    if amount.foreign:
        issues.append(Issue(IssueCode.FOREIGN_CURRENCY))
    if amount.more:
        issues.append(Issue(IssueCode.SEVERAL_VALUES))
    if value != amount.value:
        issues.append(Issue(IssueCode.ROUNDED))
    return Result(value, display, parts, str(value), tuple(issues), raw, by)


price = partial(normalize, by="price@1")
money = partial(normalize, by="money@1")
