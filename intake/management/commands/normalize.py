"""`manage.py normalize FIELD`: clean values from standard input, as a mapping would. Needs no database.

Invariant: each good line gives one answer, in order, as soon as it was read; a bad line is named and the rest goes on.
"""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from intake.normalize import registry
from intake.normalize.result import Context

# What people call a kind of value elsewhere.
ALIASES = {
    "apn": "parcel",
    "name_casing": "name_part",
    "status": "listing_status",
    "tax_assessment": "money",
}


def area_code(text: str) -> str:
    """Three digits, the first of which is 2 to 9."""
    if not re.fullmatch(r"[2-9]\d\d", text):
        raise ArgumentTypeError(f"{text!r} is no area code. Write three digits, as in 312.")
    return text


def time_zone(text: str) -> str:
    """The name of a time zone that this machine knows."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ArgumentTypeError(f"There is no time zone {text!r}. Use a name such as America/Chicago.") from problem
    return text


class Command(BaseCommand):
    """Reads lines of {"raw": ...} and writes lines of {"value", "display", "parts", "key", "issues", "raw"}."""

    help = (
        'Clean values of one kind: JSON lines {"raw": ...} in; '
        '{"value", "display", "parts", "key", "issues", "raw"} out. Exit code 1 when a line could not be read.'
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = ", ".join(sorted({*registry.names(), *ALIASES}))
        parser.add_argument("field", help=f"the kind of value, with or without a version (phone, phone@1): {known}")
        parser.add_argument("--area-code", type=area_code, help="put before seven-digit phones")
        parser.add_argument("--county", default="", help="whose parcel numbers they are")
        parser.add_argument("--date-order", choices=["MDY", "DMY", "YMD"], default="MDY", help="of dates in digits")
        parser.add_argument("--time-zone", type=time_zone, default="America/Chicago", help="of times without one")

    def handle(self, *args: Any, **options: Any) -> None:
        name = ALIASES.get(options["field"], options["field"])
        try:
            registry.versioned(name)
        except registry.UnknownNormalizer as unknown:
            known = ", ".join(sorted({*registry.names(), *ALIASES}))
            raise CommandError(f"There is no kind of value {options['field']!r}; known are {known}.") from unknown
        context = Context(
            area_code=options["area_code"] or "",
            county=options["county"],
            tz=options["time_zone"],
            date_order=options["date_order"],
        )
        if self._clean(name, context, sys.stdin.buffer):
            raise SystemExit(1)

    def _clean(self, name: str, context: Context, lines: Iterable[bytes]) -> int:
        """Answer every line; how many could not be read."""
        bad = 0
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                raw = json.loads(line)["raw"]
            except (ValueError, RecursionError, TypeError, KeyError, IndexError):
                bad += 1
                self.stderr.write(
                    f'Line {number} was left out: write an object with the value, as in {{"raw": "..."}}.'
                )
                continue
            result = registry.normalize(name, raw, context)
            answer = {
                "value": result.value,
                "display": result.display,
                "parts": dict(result.parts),
                "key": result.key,
                "issues": [issue.code for issue in result.issues],
                "raw": raw,
            }
            self.stdout.write(json.dumps(answer))
            self.stdout.flush()
        return bad
