"""What migrations make of the rows that are there already."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from crmsync.models import RoutingRule
from tests import factories

pytestmark = pytest.mark.django_db


def test_rules_get_slugs_from_their_names_and_never_two_the_same() -> None:
    for name in ("North side", "North side!", "Nördlich & so", "???", "x" * 80):
        factories.routing_rule(name=name)

    import_module("crmsync.migrations.0004_routing_rule_slug").name_rules(apps, None)

    slugs = list(RoutingRule.objects.order_by("pk").values_list("slug", flat=True))
    assert slugs == ["north-side", "north-side-2", "nordlich-so", "rule", "x" * 44]
