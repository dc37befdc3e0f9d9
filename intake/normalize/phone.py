"""Phone numbers. Value: ten digits (North America) or the international form (elsewhere). Key: E.164.

Invariant: a placeholder such as 000-000-0000 never gets a value or a key, because as a match key it would
make one person of strangers. A number in no assigned range keeps its digits and says so: telling it from a
typing error is not our decision.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import phonenumbers

from intake.normalize.reading import failed, read_text
from intake.normalize.result import Context, Issue, IssueCode, Result, Severity

BY = "phone@1"
LIMIT = 100
_CACHED = 4096  # leads repeat their numbers within minutes; this many stay well under 10 MB

_DIGITS = re.compile(r"\D+")
_SPREADSHEET = re.compile(r"(\d{7,15})\.0+")
_LABEL = re.compile(r"^(?:tel|phone|cell|mobile|home|work|office|ph|c|h|w|m|o)\s*[.:#]\s*", re.IGNORECASE)
_LABEL_BEHIND = re.compile(r"\s*\(?\b(?:cell|mobile|home|work|office)\)?$", re.IGNORECASE)
_DIALED_ABROAD = re.compile(r"^00\s?1(?=[-. (]?\d)")
# A whole North American number with or without extension: what the library answers for it, without its 200 us.
_QUICK = re.compile(
    r"(?:\+?1[-. ]?)?\(?([2-9]\d\d)\)?[-. ]{0,2}(\d{3})[-. ]?(\d{4})(?:,? ?(?:x|ext\.?|extension|#):? ?(\d{1,6}))?",
    re.IGNORECASE,
)
_SECOND = re.compile(r"\s*(?:[/;,|&]|\bor\b|\band\b)\s*(?=\+?[\d(])", re.IGNORECASE)
_SEVEN = re.compile(r"(\d{3})[-.\s]?(\d{4})(?:\s*(?:x|ext\.?|extension|#)\s*:?\s*(\d{1,7}))?", re.IGNORECASE)
_PLACEHOLDERS = {"1234567890", "0123456789", "9876543210", "1231231234", "1234567891"}


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a phone number; parts `e164` and, when written, `ext`."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    result = _parse(text, ctx.region, ctx.area_code)
    return replace(result, raw=raw, parts=dict(result.parts))


def as_people_write_it(value: str) -> str:
    """Ten digits as (512) 555-0142; anything else as it stands."""
    return f"({value[:3]}) {value[3:6]}-{value[6:]}" if len(value) == 10 and value.isdecimal() else value


@lru_cache(maxsize=_CACHED)
def _parse(text: str, region: str, area_code: str) -> Result:
    issues: list[Issue] = []
    written, text = text, _DIALED_ABROAD.sub("+1", _LABEL_BEHIND.sub("", _LABEL.sub("", text)))
    if spreadsheet := _SPREADSHEET.fullmatch(text):
        text = spreadsheet[1]
    pieces = _SECOND.split(text)
    if len(pieces) > 1 and all(len(_DIGITS.sub("", piece)) >= 10 for piece in pieces[:2]):
        text = pieces[0]
        issues.append(Issue(IssueCode.SEVERAL_VALUES))
    digits = _DIGITS.sub("", text)
    if _is_placeholder(digits):
        return failed(written, BY, IssueCode.PLACEHOLDER)
    if seven := _SEVEN.fullmatch(text):
        if not area_code:
            return failed(written, BY, IssueCode.AREA_CODE_MISSING)
        text = f"{area_code}{seven[1]}{seven[2]}" + (f" x{seven[3]}" if seven[3] else "")
        issues.append(Issue(IssueCode.AREA_CODE_ADDED, Severity.INFO))
    number = _number(text, region)
    if number is None:
        return failed(written, BY, IssueCode.INVALID_PHONE)
    national = phonenumbers.national_significant_number(number)
    north_american = number.country_code == 1
    possible = len(national) == 10 if north_american else phonenumbers.is_possible_number(number)
    if not possible:
        return failed(written, BY, IssueCode.INVALID_PHONE)
    if _is_placeholder(national):
        return failed(written, BY, IssueCode.PLACEHOLDER)
    if not phonenumbers.is_valid_number(number):
        issues.append(Issue(IssueCode.UNASSIGNED_NUMBER))
    e164 = f"+{number.country_code}{national}"
    extension = number.extension or ""
    parts = {"e164": e164} | ({"ext": extension} if extension else {})
    suffix = f" x{extension}" if extension else ""
    if north_american:
        if national[3:8] == "55501":
            issues.append(Issue(IssueCode.FICTIONAL_NUMBER, Severity.INFO))
        value, display = national, f"({national[:3]}) {national[3:6]}-{national[6:]}{suffix}"
    else:
        issues.append(Issue(IssueCode.FOREIGN_NUMBER, Severity.INFO))
        value, display = e164, e164 + suffix
    return Result(value, display, parts, e164, tuple(issues), written, BY)


def _number(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    if region == "US" and (quick := _QUICK.fullmatch(text)):
        digits = int(quick[1] + quick[2] + quick[3])
        return phonenumbers.PhoneNumber(country_code=1, national_number=digits, extension=quick[4])
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _is_placeholder(digits: str) -> bool:
    """Digits that people type when a form insists: one digit over and over, or the keypad in order."""
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(national) < 7:
        return bool(national) and len(set(national)) == 1 and len(national) > 2
    return len(set(national[-7:])) == 1 or national in _PLACEHOLDERS
