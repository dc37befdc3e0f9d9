"""What a normalizer answers: the clean value, how people see it, its parts, its match key, and what was odd
about it.

Invariant: a Result never hides a doubt. Whenever `value` is None and the raw value was not blank there is
at least one issue, and issue codes form a closed list with one plain sentence each, so that screens and
dead letters can show them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NO_PARTS: Mapping[str, Any] = MappingProxyType({})


class Severity(StrEnum):
    """How much an issue matters.

    INFO was handled, WARN deserves a look, ERROR means that there is no value.
    """

    INFO = "info"
    WARN = "warn"
    ERROR = "error"


_TRUST = {Severity.INFO: 0.9, Severity.WARN: 0.5, Severity.ERROR: 0.0}


class IssueCode(StrEnum):
    """Everything a normalizer can find odd. Codes are stored; rename none."""

    ACRES_CONVERTED = "acres_converted"
    AMBIGUOUS_DATE = "ambiguous_date"
    AREA_CODE_ADDED = "area_code_added"
    AREA_CODE_MISSING = "area_code_missing"
    COUNTED_AS_EMPTY = "counted_as_empty"
    CUT_TO_LENGTH = "cut_to_length"
    DISPOSABLE_DOMAIN = "disposable_domain"
    DOMAIN_TYPO = "domain_typo"
    FICTIONAL_NUMBER = "fictional_number"
    FOREIGN_CURRENCY = "foreign_currency"
    FOREIGN_NUMBER = "foreign_number"
    HOUSEHOLD = "household"
    INCOMPLETE_ADDRESS = "incomplete_address"
    INVALID_EMAIL = "invalid_email"
    INVALID_PHONE = "invalid_phone"
    NO_AMOUNT = "no_amount"
    NOT_A_BOOLEAN = "not_a_boolean"
    NOT_A_COORDINATE = "not_a_coordinate"
    NOT_A_DATE = "not_a_date"
    NOT_A_NAME = "not_a_name"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_STATE = "not_a_state"
    NOT_A_URL = "not_a_url"
    NOT_A_ZIP = "not_a_zip"
    NOT_AN_ID = "not_an_id"
    OUT_OF_RANGE = "out_of_range"
    PLACEHOLDER = "placeholder"
    PRICE_RANGE = "price_range"
    READERS_DISAGREE = "readers_disagree"
    RESERVED_DOMAIN = "reserved_domain"
    ROLE_ADDRESS = "role_address"
    ROUGH_LOCATION = "rough_location"
    ROUNDED = "rounded"
    SEVERAL_VALUES = "several_values"
    TIMEZONE_ASSUMED = "timezone_assumed"
    TOO_LONG = "too_long"
    TWO_DIGIT_YEAR = "two_digit_year"
    UNASSIGNED_NUMBER = "unassigned_number"
    UNCLEAR_ADDRESS = "unclear_address"
    UNIT_ASSUMED = "unit_assumed"
    UNMAPPED_VALUE = "unmapped_value"
    WRONG_TYPE = "wrong_type"
    ZERO_PADDED = "zero_padded"

    @property
    def sentence(self) -> str:
        """The one plain sentence that people read for this code."""
        return SENTENCES[self]


SENTENCES: Mapping[IssueCode, str] = MappingProxyType(
    {
        IssueCode.ACRES_CONVERTED: "The size was written in acres and was converted to square feet.",
        IssueCode.AMBIGUOUS_DATE: "Day and month could be swapped; the source's usual order was used.",
        IssueCode.AREA_CODE_ADDED: "The phone had seven digits; the source's area code was put in front.",
        IssueCode.AREA_CODE_MISSING: "The phone has seven digits and the source has no area code set.",
        IssueCode.COUNTED_AS_EMPTY: "This text stands for nothing at this source, so it was read as empty.",
        IssueCode.CUT_TO_LENGTH: "The text was longer than we store; its beginning was kept.",
        IssueCode.DISPOSABLE_DOMAIN: "The e-mail belongs to a service for throw-away addresses.",
        IssueCode.DOMAIN_TYPO: "The e-mail's domain looks mistyped; it was not changed.",
        IssueCode.FICTIONAL_NUMBER: "The phone lies in the range kept for films and examples.",
        IssueCode.FOREIGN_CURRENCY: "The amount is not in US dollars; it was not converted.",
        IssueCode.FOREIGN_NUMBER: "The phone is from another country and kept in its international form.",
        IssueCode.HOUSEHOLD: "The name holds more than one person; the first was taken.",
        IssueCode.INCOMPLETE_ADDRESS: "The address lacks a street, or both its city and its ZIP.",
        IssueCode.INVALID_EMAIL: "This is not a complete e-mail address.",
        IssueCode.INVALID_PHONE: "This cannot be a phone number.",
        IssueCode.NO_AMOUNT: "No amount is written here.",
        IssueCode.NOT_A_BOOLEAN: "This is neither yes nor no.",
        IssueCode.NOT_A_COORDINATE: "This is not a latitude or longitude.",
        IssueCode.NOT_A_DATE: "This cannot be read as one certain date.",
        IssueCode.NOT_A_NAME: "This is not a name.",
        IssueCode.NOT_A_NUMBER: "No number is written here.",
        IssueCode.NOT_A_STATE: "This is not a state of the United States.",
        IssueCode.NOT_A_URL: "This is not a web address.",
        IssueCode.NOT_A_ZIP: "This is not a US ZIP code.",
        IssueCode.NOT_AN_ID: "This holds no letter or digit, so it cannot be an identifier.",
        IssueCode.OUT_OF_RANGE: "The number is outside what is possible for this field.",
        IssueCode.PLACEHOLDER: "This was typed to fill the field and is no real value.",
        IssueCode.PRICE_RANGE: "A range was written; its low end is the value and both ends are kept.",
        IssueCode.READERS_DISAGREE: "Two readers split this address differently; compare it with what was sent.",
        IssueCode.RESERVED_DOMAIN: "The e-mail's domain is reserved for tests and cannot receive mail.",
        IssueCode.ROLE_ADDRESS: "The e-mail belongs to a function such as info@, not to one person.",
        IssueCode.ROUGH_LOCATION: "The point has too few decimals to name one home.",
        IssueCode.ROUNDED: "The number was rounded to what this field stores.",
        IssueCode.SEVERAL_VALUES: "Several values were written in one field; the first was taken.",
        IssueCode.TIMEZONE_ASSUMED: "No time zone was written; the source's own was used.",
        IssueCode.TOO_LONG: "The text is far longer than this field can be; it was not read.",
        IssueCode.TWO_DIGIT_YEAR: "The year has two digits; the century was assumed.",
        IssueCode.UNASSIGNED_NUMBER: "The phone has the right length but is in no range in use.",
        IssueCode.UNCLEAR_ADDRESS: "The address could be read in more than one way.",
        IssueCode.UNIT_ASSUMED: "No unit was written; the likely one was assumed.",
        IssueCode.UNMAPPED_VALUE: "The picklist of this source has no entry for this value.",
        IssueCode.WRONG_TYPE: "A single value was expected and something else arrived.",
        IssueCode.ZERO_PADDED: "Leading zeros had been lost and were put back.",
    }
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One doubt about one value. `detail` adds to the code's sentence and never holds the raw value."""

    code: IssueCode
    severity: Severity = Severity.WARN
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The plain sentence for people, with the detail where there is one."""
        return f"{self.code.sentence} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a normalizer.

    value: the canonical value (text, int, float, bool) or None. display: as people expect it. parts: named
    pieces of the value. key: for matching only, never sent anywhere. raw: exactly what was given. by:
    normalizer and version, "phone@1".
    """

    value: Any
    display: str = ""
    parts: Mapping[str, Any] = field(default_factory=lambda: NO_PARTS)
    key: str = ""
    issues: tuple[Issue, ...] = ()
    raw: Any = None
    by: str = ""

    @property
    def confidence(self) -> float:
        """How far the value may be trusted: 0 without one, 0.5 where a person should look, 0.9 where something was
        handled, else 1. An order, not a measured share.
        """
        if self.value is None:
            return 0.0
        return min((_TRUST[issue.severity] for issue in self.issues), default=1.0)


@dataclass(frozen=True, slots=True)
class Context:
    """What a source tells about its values. No clock, no locale: the same raw value and context give the same
    Result.

    area_code: three digits put before seven-digit phones. county: name or FIPS code of the county that parcel numbers
    belong to. region: two-letter country of numbers without a
    country code. tz: IANA name for times written without a zone. date_order: "MDY", "DMY" or "YMD" for
    dates written in digits only. empty: texts that stand for nothing at this source; compared without case
    and outer blanks.
    """

    area_code: str = ""
    county: str = ""
    region: str = "US"
    tz: str = "America/Chicago"
    date_order: str = "MDY"
    empty: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Fold the empty texts once, so that each comparison is one set lookup."""
        object.__setattr__(self, "empty", frozenset(word.strip().casefold() for word in self.empty))
