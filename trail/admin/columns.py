"""Cells of lists: tags, ages, two lines, links. Everything is escaped; color always has a word beside it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trail.admin.wording import age, exact

# A color means the same on every screen: good is done and on time, busy is in progress, wait is late or unsure, bad
# needs a fix, quiet is a fact without a judgement.
TONES = ("good", "busy", "wait", "bad", "quiet")


def tag(text: object, tone: str = "quiet") -> SafeString:
    """A word on a tinted ground."""
    return format_html('<span class="st-tag st-{}">{}</span>', tone if tone in TONES else "quiet", text)


def ago(when: datetime | None, *, never: str = "never") -> SafeString:
    """An age, with the exact time on hover."""
    if when is None:
        return format_html('<span class="st-quiet">{}</span>', never)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', when.isoformat(), exact(when), age(when, timezone.now())
    )


def stacked(first: object, second: object = "") -> SafeString:
    """Two lines: what it is, and what is said of it."""
    return format_html('<span class="st-cell">{}</span><span class="st-small">{}</span>', first, second)


def link(text: object, href: str) -> SafeString:
    """A link, or the bare text where there is no address."""
    return format_html('<a class="st-link" href="{}">{}</a>', href, text) if href else format_html("{}", text)
