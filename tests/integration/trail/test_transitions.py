"""State changes are guarded, and each leaves its audit entry in the same transaction."""

from __future__ import annotations

import pytest

from intake.models import Delivery, Source
from tests import factories
from trail.models import AuditEntry
from trail.record import Actor
from trail.transitions import IllegalTransition, LostRace, Move, apply_moves

pytestmark = pytest.mark.django_db
DANA = Actor.person("dana")


def test_a_verb_changes_the_state_and_tells_who_and_why() -> None:
    source = factories.source()

    source.pause(by=DANA, reason="The portal sends nonsense.")

    source.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert source.state == Source.State.PAUSED
    assert (entry.action, entry.actor, entry.reason) == ("source.paused", "dana", "The portal sends nonsense.")
    assert entry.detail == {"from": "active", "to": "paused"}


def test_a_move_that_the_table_does_not_allow_is_refused_and_writes_nothing() -> None:
    source = factories.source()

    with pytest.raises(IllegalTransition, match="cannot go from active to active"):
        source.resume(by=DANA)

    assert (Source.objects.get().state, AuditEntry.objects.count()) == ("active", 0)


def test_a_stale_copy_loses_the_race() -> None:
    source = factories.source()
    stale = Source.objects.get()
    source.pause(by=DANA, reason="first")

    with pytest.raises(LostRace):
        stale.pause(by=DANA, reason="second")

    assert AuditEntry.objects.get().reason == "first"


def test_alike_moves_are_written_together_and_the_losers_are_left_out() -> None:
    rows = [factories.delivery(lease_token=7) for _ in range(3)]
    Delivery.objects.filter(pk=rows[1].pk).update(lease_token=8)
    moves = [Move(row, Delivery.State.SPLIT, "delivery.split", guard={"lease_token": 7}) for row in rows]

    won = apply_moves(moves)

    assert [move.row for move in won] == [rows[0], rows[2]]
    assert Delivery.objects.filter(state=Delivery.State.SPLIT).count() == 2
    assert AuditEntry.objects.filter(action="delivery.split").count() == 2
    assert [row.state for row in rows] == ["split", "received", "split"]


def test_a_bell_that_cannot_be_rung_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from trail import bell

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("the broker is down")

    monkeypatch.setattr(bell.current_app, "send_task", refuse)

    assert bell._Ringer()._publish("intake.tasks.drain_deliveries", ()) is False
