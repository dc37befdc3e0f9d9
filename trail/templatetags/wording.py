"""Words in templates."""

from __future__ import annotations

from django import template
from django.db import models

register = template.Library()


@register.filter
def named(part: object) -> str:
    """A part of the path to a page: a row by its own name, letter by letter, and a noun as a heading."""
    # Django loads libraries before the admin's own modules can be.
    from trail.admin.wording import heading

    return str(part) if isinstance(part, models.Model) else heading(str(part))
