"""Filters of lists, and how the active ones are said in words (a blue button alone hides what was left out)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from trail.admin.wording import heading

# Parameters that do not narrow a list.
_NOT_FILTERS = {"o", "p", "e", "all", "_popup", "_to_field", "_facets", "_changelist_filters"}


def filters_in_words(model: type[models.Model], query: QueryDict) -> list[str]:
    """What the address narrows the list to: ["State: Dead letter", "Source: Zillow"]."""
    words = []
    for name in query:
        values = [value for value in query.getlist(name) if value]
        if name in _NOT_FILTERS or not values:
            continue
        if name == "q":
            words.append(f"Search: {' '.join(values)}")
            continue
        words.append(_said(model, name, values))
    return words


def _said(model: type[models.Model], name: str, values: list[str]) -> str:
    column, _, rest = name.partition("__")
    further, _, _ = rest.partition("__")
    with suppress(FieldDoesNotExist):  # "item__state__exact" speaks of the item's state
        relation: Any = model._meta.get_field(column)
        if relation.is_relation and relation.related_model and further not in ("", "id", "pk", "exact", "in", "isnull"):
            return _said(relation.related_model, rest, values)
    ends = {
        "_from_0": "from",
        "_from_1": "from, time",
        "_to_0": "until",
        "_to_1": "until, time",
        "_from": "from",
        "_to": "to",
    }
    suffix = next((end for end in ends if column.endswith(end)), "")
    try:
        field: Any = model._meta.get_field(column.removesuffix(suffix))
    except FieldDoesNotExist:
        return f"{heading(column)}: {', '.join(values)}"
    label = heading(str(getattr(field, "verbose_name", column)))
    if suffix:
        return f"{label} {ends[suffix]} {', '.join(values)}"
    if field.is_relation and field.related_model and rest in ("", "id__exact", "exact", "pk__exact", "id__in"):
        try:
            found = field.related_model._default_manager.filter(pk__in=values)
            values = [str(one) for one in found] or values
        except (ValueError, ValidationError):
            pass
    elif field.choices:
        names = {str(key): str(text) for key, text in field.choices}
        values = [names.get(value, value) for value in values]
    return f"{label}: {', '.join(values)}"


class AgeFilter(DropdownFilter):
    """Rows older than so long, by `column` of the subclass."""

    title = "age"
    parameter_name = "older_than"
    column = "received_at"
    AGES = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1h", "over 1 hour"), ("1d", "over 1 day"), ("7d", "over 7 days"), ("30d", "over 30 days")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if limit := self.AGES.get(self.value() or ""):
            return queryset.filter(**{f"{self.column}__lt": timezone.now() - limit})
        return queryset
