"""What a payload looks like, without what it says: each leaf's path, type and masked shape.

Invariant: nothing of a value leaves this module but its type and its shape, 'Aaa Aaa' for 'Ann Lee'; of a secret not
even that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake.mapping.engine import is_empty, pivoted
from intake.mapping.paths import LIMIT, leaves, show
from intake.mapping.secret_names import HIDDEN, is_secret_name
from intake.mapping.spec import FieldRule, MappingSpec

SHAPE_LIMIT = 60  # characters of a masked sample
NOTHING = ("nothing", "empty list", "empty object")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a record.

    template: its path with list positions folded. path: the same as text. type: of its first value, a word of
    `kind_of_value`. filled: does it say something? shape: the value, masked.
    """

    template: tuple[str, ...]
    path: str
    type: str
    filled: bool
    shape: str


def observe(record: Mapping[str, Any], spec: MappingSpec) -> list[Leaf]:
    """The leaves of a record as the mapping sees it (pairs of names and values are members), in its own order."""
    seen = []
    for template, value in leaves(pivoted(dict(record), spec.pivots)).items():
        text = show(template)
        if text and len(text) <= LIMIT:
            filled = not is_empty(value, spec.context)
            masked = "" if not filled else HIDDEN if is_secret_name(text) else shape(value)
            seen.append(Leaf(template, text, kind_of_value(value), filled, masked))
    return seen


def kind_of_value(value: object) -> str:
    """The word for a JSON type, as people say it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "empty list" if isinstance(value, list) else "empty object"


def shape(value: object) -> str:
    """A value with every letter and digit masked. What is neither, such as '@' and '(', shows what it was."""
    text = str(value)[:SHAPE_LIMIT]
    return "".join(
        "9" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.isalpha() else sign for sign in text
    )


def is_read(spec: MappingSpec, template: tuple[str, ...]) -> bool:
    """Does some rule, or the identity, read this leaf?"""
    return any(template[:length] in spec.used for length in range(1, len(template) + 1))


def is_ignored(spec: MappingSpec, path: str) -> bool:
    """Does the mapping say that nobody wants this path?"""
    return bool(spec.ignored and spec.ignored.fullmatch(path))


def reads(rule: FieldRule, template: tuple[str, ...]) -> bool:
    """Does this rule read this leaf?"""
    return any(template[: len(path.template)] == path.template for path in rule.first_of)


def is_missed(*, absent: int, filled: int, records: int) -> bool:
    """Is it long enough without a value that this is no chance?

    A path that is filled in every second record is missed after twenty without, one that is filled in every tenth
    after a hundred: by chance that happens once in e^10, about 22,000 times.

    Args:
        absent: records in a row without it.
        filled: records that had it.
        records: records since it was first seen.
    """
    return filled > 0 and absent >= max(20, 10 * records / filled)
