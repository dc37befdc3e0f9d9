"""Dates and times as people and machines write them. Values: ISO 8601; times in UTC.

Invariant: a date is read only when year, month and day are all written and only one reading is possible, or
the source's usual order decides between two and the result says so. "2024" or "May" is no date. No clock is
asked.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, Issue, IssueCode, Result, Severity

DATE_BY = "date@1"
DATETIME_BY = "datetime@1"
LIMIT = 80
EARLIEST, LATEST = 1600, 2200
CENTURY_TURN = 69  # two digits from 69 mean 19xx, below 20xx, as POSIX strptime reads them

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august")
        + ("sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}
_ZONES = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
}
_ZONES |= {
    "pst": -480,
    "pdt": -420,
    "akst": -540,
    "akdt": -480,
    "hst": -600,
}  # minutes; US zones, as our sources are US

_TIME = re.compile(
    r"(?:(?:\bat\b|\bT|(?<=\d)T)\s*)?\b(?P<h>\d{1,2})(?::(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?)?\s*(?P<ap>[ap]\.?m\b\.?)"
    r"|(?:(?:\bat\b|T)\s*)?(?<!\d)(?P<h2>\d{1,2}):(?P<m2>\d{2})(?::(?P<s2>\d{2})(?:[.,](?P<f2>\d{1,9}))?)?(?!\d)",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"^\s*(?:(?:utc|gmt)?\s*(?P<sign>[+-])(?P<h>\d{2}):?(?P<m>\d{2})?\b|\(?(?P<name>[a-z]{1,4})\b\)?)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?", re.IGNORECASE)
_TOKENS = re.compile(r"\d+|[^\W\d_]+")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(?:(\d{2})(\d{2})?)?)?(Z)?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d{1,6})?")
_WORDS_BETWEEN = frozenset({"of", "the", "st", "nd", "rd", "th", "at", "on", "ad"})


def date_(raw: object, ctx: Context) -> Result:
    """Read a day. A time beside it is ignored: the day that was written counts."""
    text = read_text(raw, ctx, DATE_BY, LIMIT)
    if isinstance(text, Result):
        return text
    issues: tuple[Issue, ...] = ()
    read = _read(text, ctx.date_order)
    if read is None:
        epoch = _from_epoch(text)
        zone = _zone(ctx.tz)
        if epoch is None or zone is None:
            return failed(raw, DATE_BY, IssueCode.NOT_A_DATE)
        day = epoch.astimezone(zone).date()
    else:
        day, _, _, issues = read
    value = day.isoformat()
    return Result(value, f"{day:%m/%d}/{day.year:04}", NO_PARTS, value, issues, raw, DATE_BY)


def datetime_(raw: object, ctx: Context) -> Result:
    """Read a moment.

    Without a zone the source's own is assumed. The display is in UTC, so that it can be read back.
    """
    text = read_text(raw, ctx, DATETIME_BY, LIMIT)
    if isinstance(text, Result):
        return text
    moment = _from_epoch(text)
    issues: tuple[Issue, ...] = ()
    if moment is None:
        read = _read(text, ctx.date_order)
        if read is None:
            return failed(raw, DATETIME_BY, IssueCode.NOT_A_DATE)
        day, clock, offset, issues = read
        local = datetime.combine(day, clock or time())
        if offset is None:
            zone = _zone(ctx.tz)
            if zone is None:
                return failed(raw, DATETIME_BY, IssueCode.NOT_A_DATE, "The source's time zone is unknown.")
            moment = local.replace(tzinfo=zone).astimezone(UTC)
            issues = (*issues, Issue(IssueCode.TIMEZONE_ASSUMED, Severity.INFO))
        else:
            moment = (local - offset).replace(tzinfo=UTC)
    value = moment.isoformat()
    fraction = f".{moment.microsecond:06}" if moment.microsecond else ""
    display = f"{moment:%m/%d}/{moment.year:04} {moment:%H:%M:%S}{fraction} UTC"
    return Result(value, display, NO_PARTS, value, issues, raw, DATETIME_BY)


Read = tuple[date, time | None, timedelta | None, tuple[Issue, ...]]


def _read(text: str, order: str) -> Read | None:
    """Take a text apart into day, clock time and offset; None when it is not one certain date."""
    try:
        if len(text) == 10 and text[4] == text[7] == "-":
            day = date.fromisoformat(text)
            return (day, None, None, ()) if EARLIEST <= day.year <= LATEST else None
        if text[10:11] in ("T", " ") and text[4:5] == "-" and len(text) >= 13:
            moment = datetime.fromisoformat(text)
            if EARLIEST <= moment.year <= LATEST:
                return moment.date(), moment.timetz().replace(tzinfo=None), moment.utcoffset(), ()
    except ValueError:
        pass  # not ISO after all: the slower reading below decides
    try:
        return _read_freely(text, order)
    except (ValueError, OverflowError):
        return None  # a month 13 or an hour 25: no such date


def _read_freely(text: str, order: str) -> Read | None:
    if compact := _COMPACT.fullmatch(text):
        year, month, day_, hour, minute, second = (int(part) if part else None for part in compact.groups()[:6])
        if year is None or month is None or day_ is None or not EARLIEST <= year <= LATEST:
            return None
        clock = time(hour, minute or 0, second or 0) if hour is not None else None
        return date(year, month, day_), clock, timedelta() if compact[7] else None, ()
    clock, offset = None, None
    if match := _TIME.search(text):
        clock = _clock(match)
        rest = text[match.end() :]
        if zone := _OFFSET.match(rest):
            offset = _offset(zone)
            if offset is not None:
                rest = rest[zone.end() :]
        text = f"{text[: match.start()]} {rest}"
    day, issues = _day(_WEEKDAY.sub(" ", text), order)
    return (day, clock, offset, issues) if day else None


def _clock(match: re.Match[str]) -> time:
    hour, minute = int(match["h"] or match["h2"]), int(match["m"] or match["m2"] or 0)
    second, fraction = (
        int(match["s"] or match["s2"] or 0),
        (match["f"] or match["f2"] or "0")[:6].ljust(6, "0"),
    )
    if match["ap"]:
        if not 1 <= hour <= 12:
            raise ValueError("an hour before noon or after runs from 1 to 12")
        hour = hour % 12 + (12 if match["ap"][0] in "pP" else 0)
    return time(hour, minute, second, int(fraction))


def _offset(match: re.Match[str]) -> timedelta | None:
    if match["name"]:
        minutes = _ZONES.get(match["name"].lower())
        return None if minutes is None else timedelta(minutes=minutes)
    written = timedelta(hours=int(match["h"]), minutes=int(match["m"] or 0))
    if written >= timedelta(hours=24):
        raise ValueError("an offset is less than a day")
    return -written if match["sign"] == "-" else written


def _day(text: str, order: str) -> tuple[date | None, tuple[Issue, ...]]:
    tokens = _TOKENS.findall(text)
    numbers = [token for token in tokens if token.isdecimal()]
    words = [token.lower() for token in tokens if not token.isdecimal()]
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    if any(word not in _MONTHS and word not in _WORDS_BETWEEN for word in words) or len(months) > 1:
        return None, ()
    if months and len(numbers) == 2:
        if max(map(len, numbers)) == 2 and tokens[:2] == numbers:
            # "03 25 Sep": either number may be the year; the one beside the month is likelier the day.
            return _build(numbers[0], months[0], int(numbers[1]), (Issue(IssueCode.AMBIGUOUS_DATE),))
        year = next((n for n in numbers if len(n) == 4), numbers[1])
        numbers.remove(year)
        return _build(year, months[0], int(numbers[0]), ())
    if not months and len(numbers) == 1 and len(numbers[0]) == 8:
        return _build(numbers[0][:4], int(numbers[0][4:6]), int(numbers[0][6:]), ())
    if months or len(numbers) != 3 or not all(len(n) in (1, 2, 4) for n in numbers):
        return None, ()
    if len(numbers[0]) == 4:
        return _build(numbers[0], int(numbers[1]), int(numbers[2]), ())
    if order == "YMD" and len(numbers[2]) != 4:
        return _build(numbers[0], int(numbers[1]), int(numbers[2]), (Issue(IssueCode.AMBIGUOUS_DATE),))
    first, second = int(numbers[0]), int(numbers[1])
    issues: tuple[Issue, ...] = ()
    if first <= 12 and second <= 12:
        if first != second:
            issues = (Issue(IssueCode.AMBIGUOUS_DATE, Severity.INFO),)
        month, day = (second, first) if order == "DMY" else (first, second)
    else:
        month, day = (second, first) if first > 12 else (first, second)
    return _build(numbers[2], month, day, issues)


def _build(year: str, month: int, day: int, issues: tuple[Issue, ...]) -> tuple[date | None, tuple[Issue, ...]]:
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= CENTURY_TURN else 2000
        issues = (*issues, Issue(IssueCode.TWO_DIGIT_YEAR, Severity.INFO))
    elif len(year) != 4 or not EARLIEST <= number <= LATEST:
        return None, ()
    return date(number, month, day), issues


def _from_epoch(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970, from September 2001 on.

    Shorter numbers are not told from other values.
    """
    if not _EPOCH.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    seconds, millis = (int(whole[:10]), int(whole[10:] or 0))
    micros = millis * 1000 if millis else int(fraction[:6].ljust(6, "0") or 0)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micros)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
