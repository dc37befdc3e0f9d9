"""Texts with {{ placeholders }} and nothing else. Pure: no code runs in a template, and no value is read twice.

Invariants: what a value holds is never taken for a placeholder; a placeholder that does not exist is found when the
template is saved (`problems`), not when a lead waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# What a template may name, and what it becomes.
PLACEHOLDERS: Mapping[str, str] = {
    "contact.greeting": "the first name, or “there” if we do not know it",
    "contact.first_name": "the contact's first name",
    "contact.last_name": "the contact's last name",
    "contact.full_name": "the contact's whole name",
    "contact.email": "the contact's e-mail address",
    "contact.phone": "the contact's phone, as people write it",
    "agent.name": "the agent's name, or the team's if nobody was assigned",
    "agent.email": "the agent's e-mail address",
    "agent.phone": "the agent's phone",
    "property.address": "the street and city that the enquiry is about",
    "property.mls_id": "its MLS number",
    "property.price": "its price, such as $450,000",
    "lead.reference": "how we name the enquiry, such as L-12",
    "lead.kind": "what the person wants, such as Buyer",
    "lead.message": "what the person wrote",
    "source.name": "where the enquiry came from",
    "claim_link": "where the agent takes the lead (alerts only)",
    "unsubscribe_link": "where the person stops our e-mails",
}

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def render(template: str, values: Mapping[str, str]) -> str:
    """Put `values` in the places of their names; a name without a value becomes empty."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), template)


def one_line(text: str) -> str:
    """Make `text` safe for a header: one line, no control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def problems(template: str) -> list[str]:
    """What is wrong with a template, in words for the person who saves it."""
    found: list[str] = []
    for name in dict.fromkeys(_PLACEHOLDER.findall(template)):
        if name not in PLACEHOLDERS:
            found.append(f"There is no placeholder {{{{ {name} }}}}. Known are: {', '.join(PLACEHOLDERS)}.")
    if _BRACES.search(_PLACEHOLDER.sub("", template)):
        found.append("A {{ or }} stands alone, or there is code in {% %}. Only whole {{ placeholders }} work here.")
    return found
