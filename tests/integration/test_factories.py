"""The factories make rows that the models and the database call valid."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from django.db import models

from tests import factories

MAKERS = [
    function
    for _, function in inspect.getmembers(factories, inspect.isfunction)
    if function.__module__ == factories.__name__ and function.__name__ not in ("number", "moment")
]


@pytest.mark.django_db
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_every_factory_makes_two_valid_rows_with_nothing_given(make: Any) -> None:
    first, second = make(), make()

    assert isinstance(first, models.Model)
    assert first.pk != second.pk
    # What a form would call blank is fine for a column that a machine fills.
    first.full_clean(exclude=[field.name for field in first._meta.fields if _form_would_refuse(field)])


def _form_would_refuse(field: models.Field) -> bool:
    return isinstance(field, models.JSONField | models.BinaryField | models.BooleanField) or field.has_db_default()
