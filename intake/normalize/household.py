"""Several people in one field: "John & Mary Smith", "SMITH, JOHN W & MARY", "Mr. and Mrs. John Smith".

Invariant: each person comes out as a name of its own with the family name that both share, in the order they were
written. Nobody is invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_AND = re.compile(r"\s*[&+]\s*|\s+and\s+|(?<=[^\W\d_]{2})/(?=[^\W\d_]{2})", re.IGNORECASE)
_TITLES = re.compile(r"(?:(?:mrs?|ms|miss|drs?|prof|rev)\.?\s*)+", re.IGNORECASE)
_MOST = 4  # more is a list, not a household


def people_of(text: str, family_of: Callable[[str], str]) -> list[str]:
    """The people that a name holds, each with a full name; one when it holds one.

    family_of: the family name within one person's full name.
    """
    people = [piece for piece in _AND.split(text) if piece][:_MOST]
    if len(people) < 2:
        return [text]
    family, comma, first = people[0].partition(",")
    if comma:
        return [f"{first.strip()} {family}", *(_with(piece, family) for piece in people[1:])]
    last = people[-1]
    if titles := _TITLES.match(last):
        rest = last[titles.end() :]
        if rest and all(_TITLES.fullmatch(piece) for piece in people[:-1]):
            # "Mr. & Mrs. John Smith": the given name belongs to the first, and the second is Mrs. Smith.
            return [f"{people[0]} {rest}", f"{titles[0].strip()} {family_of(rest) or rest}"]
    if _lacks_family(last):
        words = people[0].split()
        # "SMITH JOHN W & MARY": rolls of owners put the family name first, and an initial last.
        family = words[0] if len(words) > 2 and _is_initial(words[-1]) else family_of(people[0])
    else:
        family = family_of(last)
    return [_with(piece, family) for piece in people]


def _with(piece: str, family: str) -> str:
    return f"{piece} {family}".strip() if _lacks_family(piece) else piece


def _lacks_family(piece: str) -> bool:
    """Is this a given name alone, perhaps with an initial behind it?"""
    words = _TITLES.sub("", piece).split()
    return len(words) == 1 or (len(words) == 2 and _is_initial(words[1]))


def _is_initial(word: str) -> bool:
    return len(word.rstrip(".")) == 1
