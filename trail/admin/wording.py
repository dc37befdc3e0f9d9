"""How times, ages and numbers are written on screen. Times are the office's (settings.TIME_ZONE), its zone named."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone


def span(length: timedelta) -> str:
    """A length of time in at most two units: "0.4 s", "37 min", "3 h 48 min", "2 d"."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if hours < 1:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d"


def age(when: datetime, now: datetime) -> str:
    """How long ago: "now", "37 min ago"; in the future "in 4 min"."""
    if when > now + timedelta(seconds=1):
        return f"in {span(when - now)}"
    return "now" if now - when < timedelta(seconds=1) else f"{span(now - when)} ago"


def exact(when: datetime) -> str:
    """The office's date and time to the second: "Nov 23, 2026, 2:15:03 PM CST"."""
    local = timezone.localtime(when)
    return f"{local:%b} {local.day}, {local.year}, {clock(when)}"


def clock(when: datetime) -> str:
    """The office's time of day: "2:15:03 PM CST"."""
    return f"{timezone.localtime(when):%I:%M:%S %p %Z}".lstrip("0")


_WRITTEN = {name: name.upper() for name in ("crm", "id", "kpi", "mls", "sms", "url", "utm")} | {"email": "e-mail"}


def heading(name: str) -> str:
    """The name of a column as people read it: "Received at", "Base URL", "KPI"."""
    words = [_WRITTEN.get(word.lower(), word) for word in name.replace("_", " ").split()]
    return " ".join([words[0][0].upper() + words[0][1:], *words[1:]]) if words else ""


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 lead", "1,204 leads"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
