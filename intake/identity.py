"""Who is it? Pure rules that say which known contact a new record belongs to.

Exact keys only: the same e-mail is the same contact; the same phone is the same contact unless e-mail and
given name both say otherwise, for families and offices share phones. Folded keys (dots, plus tags), nicknames and
spelling are the duplicate finder's business and never merge anything here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A contact as far as identity goes; `number` is its place in the caller's list, oldest first."""

    number: int
    given_name: str
    emails: frozenset[str]
    phones: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which contact it is (None: a new one), and whom else the record also pointed at, with the reason."""

    contact: int | None
    also: tuple[tuple[int, str], ...] = ()


def names_agree(one: str, other: str) -> bool:
    """Can these two given names be one person's? Unknown agrees with all, an initial with its names."""
    one, other = one.casefold().rstrip("."), other.casefold().rstrip(".")
    if not one or not other:
        return True
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0]
    return one == other


def identify(*, given_name: str, emails: Sequence[str], phones: Sequence[str], known: Sequence[Known]) -> Verdict:
    """Which of `known` is the person with these exact keys?

    Args:
        given_name: as normalized; may be empty.
        emails: e-mail addresses, the most important first.
        phones: phone keys.
        known: contacts that own one of these keys, oldest first.
    """
    by_email = [one for email in emails for one in known if email in one.emails]
    by_phone = [one for phone in phones for one in known if phone in one.phones]
    also: dict[int, str] = {}
    chosen: Known | None = None
    if by_email:
        chosen = by_email[0]
        for other in by_email[1:]:
            also.setdefault(other.number, "One record held e-mail addresses of both.")
        for other in by_phone:
            also.setdefault(other.number, "One record held the e-mail of one and the phone of the other.")
    else:
        fitting = [
            one
            for one in by_phone
            if names_agree(one.given_name, given_name) or not emails or not one.emails  # nothing contradicts
        ]
        fitting.sort(key=lambda one: not names_agree(one.given_name, given_name))
        chosen = fitting[0] if fitting else None
        for other in by_phone:
            also.setdefault(other.number, "They share a phone number.")
    if chosen is not None:
        also.pop(chosen.number, None)
    return Verdict(chosen.number if chosen else None, tuple(also.items()))
