"""Names of people. Value: "First Middle Last Suffix". Parts: each piece, and whether it is an organization
after all.

Invariant: what is plainly no name (an e-mail, digits, "N/A") gets no value, and a second person in the
field is kept in the parts and said, never melted into the first. `nameparser` finds the pieces; casing,
households and companies are ours.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from nameparser import Lexicon, parse

from intake.normalize import company
from intake.normalize.casing import recase
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
_PLAIN = re.compile(r"([A-Za-z]{2,20})(?:(,)? ([A-Za-z]{2,20}))?")
_TWO = re.compile(r"\s+(?:&|\+|and)\s+", re.IGNORECASE)
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
_TITLE_ONLY = re.compile(r"(?:mrs?|ms|miss|drs?|prof|rev)\.?", re.IGNORECASE)


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a full name.

    Parts: prefix, first, middle, last, suffix, nickname where written; `others` for further people of a
    household; `is_organization`, then also `company`.
    """
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    result = _parse(text)
    return replace(result, raw=raw, parts=dict(result.parts))


@lru_cache(maxsize=_CACHED)
def _parse(text: str) -> Result:
    if plain := _PLAIN.fullmatch(text):
        words = {word.lower() for word in plain.groups("") if word}
        if _SPECIAL.isdisjoint(words) and text.lower() not in _NOTHING:
            first, comma, last = plain.groups("")
            if comma:
                first, last = last, first
            return _person({"first": recase(first), "last": recase(last, family=True)}, text, ())
    return settle(_once, text, BY, IssueCode.NOT_A_NAME)


def _once(text: str) -> Result:
    text = text.strip(" ,;-_*")
    if text.casefold() in _NOTHING:
        return failed(text, BY, IssueCode.PLACEHOLDER)
    if "@" in text or "://" in text or not any(letter.isalpha() for letter in text) or sum(map(str.isdigit, text)) > 3:
        return failed(text, BY, IssueCode.NOT_A_NAME)
    if company.is_organization(text):
        value = company.styled(text)
        parts = {"is_organization": True, "company": value}
        return Result(value, value, parts, company.key_of(company.words_of(text)), (), text, BY)
    issues: tuple[Issue, ...] = ()
    others = ""
    people = _TWO.split(text, maxsplit=1)
    if len(people) == 2 and not _TITLE_ONLY.fullmatch(people[0]):
        text, others = _first_of_household(*people)
        issues = (Issue(IssueCode.HOUSEHOLD),)
    parsed = parse(text)
    found = {
        "prefix": parsed.title,
        "first": recase(parsed.given),
        "middle": recase(parsed.middle),
        "last": recase(parsed.family, family=True),
        "suffix": recase(f"- {parsed.suffix}")[2:] if parsed.suffix else "",
        "nickname": recase(parsed.nickname),
        "others": recase(others, family=True),
    }
    return _person(found, text, issues)


def _first_of_household(left: str, right: str) -> tuple[str, str]:
    """The first person's full name and the others.

    "John & Mary Smith" is John Smith, "Smith, John & Mary" too.
    """
    if " " not in left and "," not in left and " " in right:
        return f"{left} {right.rpartition(' ')[2]}", right
    return left, right


def _person(found: dict[str, str], text: str, issues: tuple[Issue, ...]) -> Result:
    parts: dict[str, Any] = {name: piece for name, piece in found.items() if piece}
    value = " ".join(parts[name] for name in ("first", "middle", "last", "suffix") if name in parts)
    if not value:
        return failed(text, BY, IssueCode.NOT_A_NAME)
    key = "".join(
        letter for letter in f"{found['first']} {found['last']}".casefold() if letter.isalnum() or letter == " "
    )
    return Result(value, value, parts, key.strip(), issues, text, BY)
