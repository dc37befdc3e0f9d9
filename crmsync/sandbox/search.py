"""HubSpot's search request as SQL over the table of values."""

from __future__ import annotations

from typing import Any

from crmsync.sandbox.refusals import Refusal

MAX_GROUPS, MAX_FILTERS = 5, 6

_COMPARE = {"EQ": "=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_NEGATED = {
    "NEQ": "EQ",
    "NOT_IN": "IN",
    "NOT_HAS_PROPERTY": "HAS_PROPERTY",
    "NOT_CONTAINS_TOKEN": "CONTAINS_TOKEN",
}
OPERATORS = frozenset({*_COMPARE, *_NEGATED, "IN", "HAS_PROPERTY", "CONTAINS_TOKEN", "BETWEEN"})


def where(kind: str, groups: object) -> tuple[str, list[object]]:
    """Turn ``filterGroups`` into a condition on records: groups are or-ed, filters in one are and-ed.

    Raises:
        Refusal: something in them is not as documented.
    """
    if not isinstance(groups, list) or len(groups) > MAX_GROUPS:
        raise Refusal(400, f"filterGroups must be a list of at most {MAX_GROUPS}")
    parts: list[str] = []
    parameters: list[object] = []
    for group in groups:
        filters = group.get("filters") if isinstance(group, dict) else None
        if not isinstance(filters, list) or not 0 < len(filters) <= MAX_FILTERS:
            raise Refusal(400, f"A filter group needs between 1 and {MAX_FILTERS} filters")
        conditions = []
        for one in filters:
            sql, values = _filter(kind, one)
            conditions.append(sql)
            parameters += values
        parts.append(" AND ".join(conditions))
    return " OR ".join(f"({part})" for part in parts) or "1", parameters


def _filter(kind: str, one: object) -> tuple[str, list[object]]:
    if not isinstance(one, dict) or not isinstance(one.get("propertyName"), str):
        raise Refusal(400, "A filter needs a propertyName")
    operator = str(one.get("operator"))
    if operator not in OPERATORS:
        raise Refusal(
            400,
            f"Invalid input JSON: operator {operator!r} is not one of {', '.join(sorted(OPERATORS))}",
        )
    positive = _NEGATED.get(operator, operator)
    condition, values = _condition(positive, one)
    negation = "NOT " if operator in _NEGATED else ""
    sql = f"id {negation}IN (SELECT id FROM value WHERE object = ? AND name = ? AND {condition})"  # noqa: S608 - made of constants
    return sql, [kind, one["propertyName"], *values]


def _condition(operator: str, one: dict[str, Any]) -> tuple[str, list[object]]:
    if operator == "HAS_PROPERTY":
        return "1", []
    if operator == "IN":
        values = one.get("values")
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise Refusal(400, "operator IN requires values: a list of strings")
        return f"value IN ({','.join('?' * len(values))})", [value.lower() for value in values]
    value = one.get("value")
    if not isinstance(value, str):
        raise Refusal(400, f"operator {operator} requires a value: a string")
    if operator == "CONTAINS_TOKEN":
        return "value LIKE ?", [f"%{value.lower().replace('*', '%')}%"]
    if operator == "BETWEEN":
        high = one.get("highValue")
        if not isinstance(high, str):
            raise Refusal(400, "operator BETWEEN requires a highValue: a string")
        column = _column(value, high)
        return f"{column} BETWEEN ? AND ?", [_number(value), _number(high)]
    column = "value" if operator == "EQ" else _column(value)
    compared = value.lower() if operator == "EQ" else _number(value)
    return f"{column} {_COMPARE[operator]} ?", [compared]


def _column(*values: str) -> str:
    return "CAST(value AS REAL)" if all(isinstance(_number(value), float) for value in values) else "value"


def _number(value: str) -> object:
    try:
        return float(value)
    except ValueError:
        return value.lower()
