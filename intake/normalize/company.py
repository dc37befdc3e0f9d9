"""Company names. Value: as people write it. Key: the name without its legal form, for matching.

Invariant: the legal form stays in the value (it is part of the name on a contract) and never in the key.
"""

from __future__ import annotations

import re

from intake.normalize.casing import recase
from intake.normalize.reading import failed, read_text
from intake.normalize.result import Context, IssueCode, Result
from intake.normalize.stable import still

BY = "company@1"
LIMIT = 200

LEGAL_FORMS = {
    "llc": "LLC",
    "llp": "LLP",
    "lllp": "LLLP",
    "lp": "LP",
    "pllc": "PLLC",
    "pc": "PC",
    "plc": "PLC",
    "pa": "PA",
    "inc": "Inc",
    "incorporated": "Incorporated",
    "corp": "Corp",
    "corporation": "Corporation",
    "co": "Co",
    "company": "Company",
    "ltd": "Ltd",
    "limited": "Limited",
    "na": "NA",
    "trust": "Trust",
    "gmbh": "GmbH",
}
# Words that make a name an organization wherever they stand.
_BUSINESS_WORDS_TEXT = """
agency associates association bank brokerage builders capital church college construction credit
developers enterprises estates foundation fund group hoa holdings homes hospital investments
investors lending management ministries mortgage partners partnership properties realtor realtors
realty rentals school services solutions sons trustees university ventures
"""
BUSINESS_WORDS = frozenset(_BUSINESS_WORDS_TEXT.split())
_CERTAIN_FORMS = frozenset(LEGAL_FORMS) - {"co", "pa", "na", "pc", "company"}
_DOTTED_FORMS = frozenset({"inc", "co", "corp", "ltd"})
_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_DOTTED = re.compile(r"\b(?:[a-z]\.\s?){2,}", re.IGNORECASE)
_NOTHING = frozenset({"n a", "na", "none", "null", "self", "unknown", "not applicable", "test"})


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a company name; the key has no legal form, case or punctuation."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    words = words_of(text)
    if not words:
        return failed(raw, BY, IssueCode.NOT_A_NAME)
    if " ".join(words) in _NOTHING:
        return failed(raw, BY, IssueCode.PLACEHOLDER)
    value = styled(text)
    return Result(value, value, {}, key_of(words), (), raw, BY)


def is_organization(text: str) -> bool:
    """Does this name belong to an organization rather than to a person? One word alone never does."""
    words = words_of(text)
    if len(words) < 2:
        return False
    return words[-1] in _CERTAIN_FORMS or not BUSINESS_WORDS.isdisjoint(words[1:]) or words[:2] == ["estate", "of"]


def styled(text: str) -> str:
    """The name as people expect it: case set where it carries none, legal forms in their usual case."""
    return still(_styled, text)


def _styled(text: str) -> str:
    text = text.strip(" ,;")
    if not (text == text.upper() or text == text.lower()):
        head, blank, last = text.rpartition(" ")
        return f"{head}{blank}{_styled_word(last)}" if last.strip(".,").lower() in LEGAL_FORMS else text
    return " ".join(_styled_word(word) for word in text.split(" "))


def _styled_word(word: str) -> str:
    bare = word.strip(".,").lower().replace(".", "")
    if bare in LEGAL_FORMS:
        comma = "," if word.endswith(",") else ""
        dot = "." if bare in _DOTTED_FORMS and word.rstrip(",").endswith(".") else ""
        return LEGAL_FORMS[bare] + dot + comma
    if len(bare) <= 3 and word == word.upper() and bare not in {"the", "and", "for", "of", "at", "in"}:
        return word
    return recase(word)


def words_of(text: str) -> list[str]:
    """The words in lower case; dotted abbreviations ("L.L.C.") are one word."""
    return _WORDS.findall(_DOTTED.sub(lambda match: re.sub(r"[.\s]", "", match[0]) + " ", text).casefold())


def key_of(words: list[str]) -> str:
    """The words without leading article and trailing legal forms.

    A name made of legal forms only keeps them.
    """
    start, end = (1 if words[0] == "the" and len(words) > 1 else 0), len(words)
    while end > start + 1 and (words[end - 1] in LEGAL_FORMS or words[end - 1] == "and"):
        end -= 1
    return " ".join(words[start:end])
