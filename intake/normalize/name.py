"""Names of people. Value: "First Middle Last Suffix". Parts: each piece, and whether it is an organization
after all.

Invariant: what is plainly no name (an e-mail, digits, "N/A") gets no value, and a second person in the field is kept
in the parts and said, never melted into the first. `nameparser` knows the words with a meaning; casing, households and
companies are ours.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from nameparser import Lexicon, parse

from intake.normalize import company
from intake.normalize.casing import recase
from intake.normalize.household import people_of
from intake.normalize.reading import failed, read_text
from intake.normalize.result import Context, Issue, IssueCode, Result
from intake.normalize.stable import settle

BY = "name@1"
LIMIT = 160  # nameparser takes about a second for 20,000 characters
_CACHED = 4096

_LEXICON = Lexicon.default()
# Words with a meaning of their own. A name without any is split by position, forty times faster.
_SPECIAL = frozenset().union(
    _LEXICON.titles,
    _LEXICON.given_name_titles,
    _LEXICON.suffix_words,
    _LEXICON.suffix_acronyms,
    _LEXICON.particles,
    _LEXICON.conjunctions,
    _LEXICON.bound_given_names,
    _LEXICON.honorific_tails,
    _LEXICON.maiden_markers,
    company.BUSINESS_WORDS,
    company.LEGAL_FORMS,
)
_PARTICLES = frozenset(_LEXICON.particles)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|[^\W\d_]\.")
_STACKED = re.compile(r"(?:[^\W\d_]\.){2,}")
_VOWELS = frozenset("aeiou")
_GENERATIONS = frozenset({"junior", "senior"})
_TRAILING_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr"})
_NOTHING = frozenset(
    {
        "n/a",
        "na",
        "none",
        "null",
        "unknown",
        "test",
        "test test",
        "no name",
        "anonymous",
        "not provided",
        "first last",
        "-",
    }
    | {
        "first name",
        "last name",
        "full name",
        "undefined",
        "guest",
        "xxx",
        "asdf",
        "homeowner",
        "current resident",
    }
)


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a full name.

    Parts: prefix, first, middle, last, suffix, nickname where written. Of a household these are the first person's,
    who owns the e-mail and the phone beside the name; `people` then holds everybody's parts and `name`, all but the
    first with `relation` "household", and `others` their names as one text. Of an organization only `is_organization`
    and `company`.
    """
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    result = _parse(text)
    return replace(result, raw=raw, parts=dict(result.parts))


@lru_cache(maxsize=_CACHED)
def _parse(text: str) -> Result:
    return settle(_once, text, BY, IssueCode.NOT_A_NAME)


def _once(text: str) -> Result:
    text = text.strip(" ,;-_*")
    if text.casefold() in _NOTHING:
        return failed(text, BY, IssueCode.PLACEHOLDER)
    if "@" in text or "://" in text or not any(letter.isalpha() for letter in text) or sum(map(str.isdigit, text)) > 3:
        return failed(text, BY, IssueCode.NOT_A_NAME)
    if company.is_organization(text):
        value = company.styled(text)
        parts: dict[str, Any] = {"is_organization": True, "company": value}
        return Result(value, value, parts, company.key_of(company.words_of(text)), (), text, BY)
    first, *others = (_person(name) for name in people_of(text, lambda name: _pieces(name).get("last", "")))
    value = first.pop("name")
    if not value:
        return failed(text, BY, IssueCode.NOT_A_NAME)
    parts = dict(first)
    issues: tuple[Issue, ...] = ()
    if others:
        others = [{**person, "relation": "household"} for person in others if person["name"]]
        parts["others"] = ", ".join(person["name"] for person in others)
        parts["people"] = [{"name": value, **first}, *others]
        issues = (Issue(IssueCode.HOUSEHOLD),)
    letters = f"{first.get('first', '')} {first.get('last', '')}".casefold()
    key = "".join(letter for letter in letters if letter.isalnum() or letter == " ").strip()
    return Result(value, value, parts, key, issues, text, BY)


def _person(text: str) -> dict[str, str]:
    """The parts of one person's name and, as `name`, the whole as people write it."""
    found = _pieces(text)
    order = ["first", "middle", "last", "suffix"]
    first, middle = found.get("first", ""), found.get("middle", "")
    if _is_initial(first) and " " not in middle and len(middle.rstrip(".")) > 1:
        # "M Peter Williams" is called Peter; the name stays in the order it was written in.
        found |= {"first": middle, "middle": first}
        order = ["middle", "first", "last", "suffix"]
    if not first:
        order = ["prefix", *order]  # "Mrs. Smith"
    return {"name": " ".join(filter(None, map(found.get, order))), **found}


def _pieces(text: str) -> dict[str, str]:
    found = _by_position(text) or _by_meaning(text)
    found = {
        role: recase(f"- {piece}")[2:] if role == "suffix" else recase(piece, family=role == "last")
        for role, piece in found.items()
    }
    return {role: piece for role, piece in found.items() if piece}


def _by_position(text: str) -> dict[str, str] | None:
    """A name of plain words, none of which has a meaning of its own: forty times faster than asking for meanings."""
    left, comma, right = text.partition(",")
    before, after = left.split(), right.split()
    words = [*before, *after]
    if not before or (comma and not after) or not all(map(_is_plain, words)) or _is_initial(words[-1]):
        return None
    if comma:
        return {"first": after[0], "middle": " ".join(after[1:]), "last": " ".join(before)}
    return {"first": words[0], "middle": " ".join(words[1:-1]), "last": words[-1] if len(words) > 1 else ""}


def _is_plain(word: str) -> bool:
    if not _WORD.fullmatch(word):
        return False
    lower = word.casefold()
    return _is_initial(word) or (lower not in _SPECIAL and lower.rpartition("-")[2] not in _PARTICLES)


def _is_initial(word: str) -> bool:
    return len(word.rstrip(".")) == 1


def _by_meaning(text: str) -> dict[str, str]:
    """What nameparser finds, and what it leaves in the wrong place."""
    parsed = parse(text)
    title, given, suffix = parsed.title, parsed.given, parsed.suffix
    middle, family = parsed.middle.split(), parsed.family
    if _is_initial(family) and not _VOWELS.isdisjoint(suffix.casefold()) and "," not in text:
        middle, family, suffix = [*middle, family], suffix, ""  # "JAMES J MA" is no Master of Arts
    elif middle and "," not in text:
        last = family.casefold().rstrip(".")
        if last in _GENERATIONS or last in _TRAILING_TITLES:  # "Dale Jones Senior", "PAUL LEWIS MR"
            suffix, title = (family, title) if last in _GENERATIONS else (suffix, title or family)
            family = middle.pop()
        elif _is_initial(family):  # "SMITH JOHN W" of a roll of owners
            given, middle, family = middle[0], [*middle[1:], family], given
    if not family and suffix.casefold() in _GENERATIONS:
        family, suffix = suffix, ""  # "Bill Junior"
    while middle and middle[-1].casefold().rpartition("-")[2] in _PARTICLES and "-" in middle[-1]:
        family = f"{middle.pop()} {family}"  # "Heijdanus-De Boer"
    if _STACKED.fullmatch(given):  # "J.B. Hunt" and "J. B. Hunt" are one
        given, *initials = (f"{letter}." for letter in given.split(".") if letter)
        middle = [*initials, *middle]
    return {
        "prefix": title,
        "first": given,
        "middle": " ".join(middle),
        "last": family,
        "suffix": suffix,
        "nickname": parsed.nickname,
    }
