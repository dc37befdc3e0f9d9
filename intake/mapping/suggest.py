"""Which internal field a path of a payload most likely is: by its name, as the known senders write it.

Invariant: a suggestion is only ever shown to a person, never applied.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

from intake.mapping.paths import Key, compile_path
from intake.normalize.picklist import fold
from intake.records import TARGETS
from intake.sources.presets import names, preset

# What people call things beside the fields' own names and the words of the known senders.
_ALSO = {
    "mail": "contact.email",
    "emailaddress": "contact.email",
    "cell": "contact.phone",
    "cellphone": "contact.phone",
    "mobile": "contact.phone",
    "mobilephone": "contact.phone",
    "telephone": "contact.phone",
    "tel": "contact.phone",
    "phonenumber": "contact.phone",
    "fname": "contact.first_name",
    "givenname": "contact.first_name",
    "lname": "contact.last_name",
    "surname": "contact.last_name",
    "familyname": "contact.last_name",
    "fullname": "contact.name",
    "postalcode": "contact.zip",
    "zipcode": "contact.zip",
    "comments": "lead.message",
    "notes": "lead.message",
    "mls": "property.mls_id",
    "mlsnumber": "property.mls_id",
    "bedrooms": "property.beds",
    "bathrooms": "property.baths",
    "squarefeet": "property.sqft",
}
# How alike two names must be, from 0 to 1; below it a suggestion is more often wrong than right.
_ALIKE = 0.84


def suggest(path: str, kind: str) -> str:
    """The target that this path may be, or "".

    Args:
        path: as a sighting has it.
        kind: lead or listing; where a name fits both a person and a home, it decides.
    """
    known = _known(kind)
    for name in _names(path):
        if found := known.get(name):
            return found
    for name in _names(path):
        if near := difflib.get_close_matches(name, known, 1, _ALIKE):
            return known[near[0]]
    return ""


def nearest_word(word: str, ours: Iterable[str]) -> str:
    """Which of our words a source's word most likely means, or "". Close calls are no guess: "sold" is not "hold"."""
    by_fold = {fold(one): one for one in ours}
    near = difflib.get_close_matches(fold(word), by_fold, 1, 0.8)
    return by_fold[near[0]] if near else ""


def _names(path: str) -> list[str]:
    """The path's last name, then its last two together, folded: `contact.phone[0]` gives phone, contactphone."""
    keys = [step.name for step in compile_path(path).steps if isinstance(step, Key)]
    return [folded for count in (1, 2) if len(keys) >= count and (folded := fold("".join(keys[-count:])))]


@cache
def _known(kind: str) -> dict[str, str]:
    known: dict[str, str] = {}
    nouns = ("property", "contact", "lead") if kind == "listing" else ("contact", "lead", "property")
    for target in sorted(TARGETS, key=lambda target: nouns.index(target.partition(".")[0])):
        known.setdefault(fold(target.partition(".")[2]), target)
    known |= _ALSO
    for name in names():
        given = preset(name)
        for rule in given["mapping"]["fields"] if given["kind"] == kind else ():
            for path in rule.get("first_of", ()):
                known.setdefault(_names(path)[0], rule["to"])
    return known
