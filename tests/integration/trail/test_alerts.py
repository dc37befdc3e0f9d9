"""Alerts: one per thing until it is resolved, moved by people, each move audited."""

from __future__ import annotations

import pytest

from tests import factories as make
from trail.alerts import key_of, raise_alert
from trail.models import Alert, AuditEntry
from trail.record import Actor
from trail.transitions import IllegalTransition

pytestmark = pytest.mark.django_db
DANA = Actor.person("dana")


def noticed(key: str = "fire") -> bool:
    return raise_alert("thing.odd", key, title="It burns", advice="Look.", subject=make.source(), detail={"a": 1})


def test_the_same_thing_raises_one_alert_until_it_is_resolved() -> None:
    assert [noticed(), noticed(), noticed("flood")] == [True, False, True]

    alert = Alert.objects.get(key="fire")
    alert.acknowledge(by=DANA)
    assert noticed() is False
    alert.resolve(by=DANA)
    assert noticed() is True

    assert list(Alert.objects.filter(key="fire").order_by("id").values_list("state", "handled_by")) == [
        ("resolved", "dana"),
        ("open", ""),
    ]
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "alert.opened",
        "alert.opened",
        "alert.acknowledged",
        "alert.resolved",
        "alert.opened",
    ]


def test_what_is_resolved_stays_so() -> None:
    alert = make.alert()
    alert.resolve()

    with pytest.raises(IllegalTransition):
        alert.acknowledge(by=DANA)

    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_at) == ("resolved", None)


def test_a_key_names_the_parts_and_their_borders() -> None:
    assert key_of("a", 1) == key_of("a", "1") != key_of("a1")
