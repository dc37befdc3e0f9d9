"""Values from a closed list. Value: the internal word; what the list does not know stays unknown.

Invariant: an unknown value is never turned into a likely one. A status read as "active" by default would
put sold homes on the market.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

BY = "picklist@1"
LIMIT = 200

LISTING_STATUS = (
    "active",
    "active_under_contract",
    "pending",
    "closed",
    "coming_soon",
    "hold",
    "withdrawn",
    "canceled",
    "expired",
    "delete",
    "incomplete",
)  # StandardStatus of the RESO Data Dictionary 2.0, one word each
LEAD_KIND = ("buyer", "seller", "renter", "landlord", "tour", "valuation")


class Picklist(Mapping[str, str]):
    """Source words to internal words, looked up without case, blanks and punctuation.

    Internal words map to themselves.
    """

    __slots__ = ("_exact", "_folded")

    def __init__(self, entries: Mapping[Any, Any], allowed: Iterable[str] = ()) -> None:
        """entries: source word -> internal word. allowed: internal words known without an entry."""
        self._exact = {_word(source): str(internal) for source, internal in entries.items()}
        known = dict.fromkeys((*allowed, *self._exact.values()))
        self._folded = {fold(word): word for word in known}
        self._folded.update({fold(source): internal for source, internal in self._exact.items()})

    def __getitem__(self, word: str) -> str:
        return self._exact[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._exact)

    def __len__(self) -> int:
        return len(self._exact)

    def lookup(self, word: str) -> str | None:
        """The internal word, or None."""
        return self._exact.get(word) or self._folded.get(fold(word))


def _word(source: object) -> str:
    """YAML reads Yes, No and numbers as such; as picklist words they are text again."""
    if isinstance(source, bool):
        return "true" if source else "false"
    return str(source)


def fold(word: str) -> str:
    """Letters and digits only, without case; a word of punctuation alone stays itself."""
    return "".join(letter for letter in word.casefold() if letter.isalnum()) or word


# What the RESO Data Dictionary 2.0 names as other words for a standard status. "Off market" is none: it may be four.
_STATUS_SYNONYMS = {
    "active_under_contract": "contingent, active contingent, active with contract, accepting backups, backup offer",
    "pending": "under contract, offer accepted, sale pending",
    "closed": "sold, closed sale, leased, rented",
    "hold": "temp off market, temporarily off market, hold do not show",
    "canceled": "cancelled",
    "active": "for sale",
    "incomplete": "draft, partial",
}
STATUS_LIST = Picklist(
    {word: status for status, words in _STATUS_SYNONYMS.items() for word in words.split(", ")}, LISTING_STATUS
)
KIND_LIST = Picklist({}, LEAD_KIND)


def normalize(raw: object, ctx: Context, picklist: Mapping[str, str] | None = None) -> Result:
    """Translate a source's word by the caller's picklist."""
    value = ("true" if raw else "false") if isinstance(raw, bool) else raw
    text = read_text(value, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text if value is raw else failed(raw, BY, IssueCode.COUNTED_AS_EMPTY)
    entries = picklist if isinstance(picklist, Picklist) else Picklist(picklist or {})
    found = entries.lookup(text)
    if found is None:
        return failed(raw, BY, IssueCode.UNMAPPED_VALUE)
    return Result(
        found,
        found.replace("_", " ").capitalize() if found in _INTERNAL else found,
        NO_PARTS,
        found,
        (),
        raw,
        BY,
    )


_INTERNAL = frozenset((*LISTING_STATUS, *LEAD_KIND))
