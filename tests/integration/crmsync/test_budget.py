"""The call budget of an account: window, hold and breaker, by a clock that the test holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmsync.models import CallWindow, Connection, Push
from crmsync.services import send
from crmsync.services.ask import Wanted, ask
from crmsync.services.reserve import Call, admit, forget, settle_up, take
from crmsync.transport.errors import RateLimited, Transient
from tests import factories
from tests.fakes.crm import FakeCrm
from trail.leases import database_now
from trail.models import AuditEntry

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=30)


def wants(account: Connection, count: int) -> None:
    ask(
        Wanted(Push.Kind.UPSERT_CONTACT, account.pk, contact_id=factories.contact().pk, revision=1)
        for _ in range(count)
    )


def test_the_window_slides_and_what_was_not_called_is_given_back(account: Connection) -> None:
    account.rate_limit, account.rate_window_seconds = 10, 10
    account.save()
    now = factories.moment()
    permit = admit(account, now)
    assert permit is not None
    assert permit.calls == 10

    take(account, permit, 10, now, lease=LEASE)
    assert admit(account, now) is None
    made = [Call(now, failed=False)] * 4
    settle_up(account.pk, reserved_at=now, reserved=10, calls=made, now=now)
    left = admit(account, now)
    assert left is not None
    assert left.calls == 6

    assert admit(account, now + timedelta(seconds=10)).calls == 6  # type: ignore[union-attr]
    assert admit(account, now + timedelta(seconds=11)).calls == 10  # type: ignore[union-attr]


def test_a_worker_that_died_with_a_reservation_blocks_nobody_for_long(account: Connection) -> None:
    account.rate_limit = 5
    account.save()
    now = factories.moment()
    take(account, admit(account, now), 5, now, lease=LEASE)  # type: ignore[arg-type]
    assert admit(account, now) is None
    assert admit(account, now + timedelta(seconds=12)).calls == 5  # type: ignore[union-attr]


def test_a_limit_a_day_still_counts_the_calls_of_this_morning(account: Connection) -> None:
    account.rate_limit, account.rate_window_seconds = 10, 86_400
    account.save()
    now = factories.moment()
    settle_up(account.pk, reserved_at=now, reserved=0, calls=[Call(now, failed=False)] * 9, now=now)

    forget(now + timedelta(hours=8))

    assert admit(account, now + timedelta(hours=8)).calls == 1  # type: ignore[union-attr]


def test_no_more_is_claimed_than_may_be_called(crm: FakeCrm, account: Connection) -> None:
    Connection.objects.update(rate_limit=6, rate_window_seconds=10)
    wants(account, 10)
    now = database_now()
    send.drain(account.pk, now=now)
    assert len(crm.calls) == 6
    assert Push.objects.filter(state="done").count() == 3
    assert Push.objects.filter(state="waiting", lease_token=None, attempts=0).count() == 7

    send.drain(account.pk, now=now + timedelta(seconds=5))
    assert len(crm.calls) == 6
    send.drain(account.pk, now=now + timedelta(seconds=12))
    assert len(crm.calls) == 12


def test_the_breaker_opens_probes_with_one_push_and_closes(crm: FakeCrm, account: Connection) -> None:
    wants(account, 40)
    crm.fail("*", *[Transient("server_error", "Down.")] * 1000)
    now = database_now()
    send.drain(account.pk, now=now)
    account.refresh_from_db()
    assert account.breaker_opened_at is not None
    assert account.held_until is not None
    failed = len(crm.calls)
    assert 20 <= failed <= 40
    assert send.drain(account.pk, now=now + timedelta(seconds=20)) == 0
    assert AuditEntry.objects.filter(action="connection.breaker_opened").count() == 1

    spent = sum(Push.objects.values_list("attempts", flat=True))
    later = now + timedelta(seconds=40)
    assert send.drain(account.pk, now=later) == 1  # the probe fails: held again, and nobody paid for it
    assert len(crm.calls) == failed + 1
    assert sum(Push.objects.values_list("attempts", flat=True)) == spent
    assert send.drain(account.pk, now=later + timedelta(seconds=20)) == 0

    crm._failures.clear()
    much_later = later + timedelta(seconds=400)
    send.drain(account.pk, now=much_later)
    account.refresh_from_db()
    assert (account.breaker_opened_at, account.probe_until) == (None, None)
    assert Push.objects.filter(state="done").count() == 40
    assert Push.objects.filter(state="dead").count() == 0


def test_only_one_worker_probes(account: Connection) -> None:
    now = factories.moment()
    account.breaker_opened_at = now
    account.save()
    permit = admit(account, now)
    assert permit is not None
    assert permit.probe
    take(account, permit, 1, now, lease=LEASE)
    account.refresh_from_db()
    assert admit(account, now + timedelta(seconds=29)) is None
    assert admit(account, now + timedelta(seconds=31)) is not None


def test_being_told_to_slow_down_does_not_open_the_breaker(crm: FakeCrm, account: Connection) -> None:
    wants(account, 30)
    now = database_now()
    for _ in range(25):
        crm.fail("*", RateLimited("rate_limited", "Slow down.", 1.0))
        send.drain(account.pk, now=now)
        now += timedelta(seconds=2)
    account.refresh_from_db()
    assert account.breaker_opened_at is None
    assert CallWindow.objects.filter(failures__gt=0).count() == 0


def test_few_failures_among_many_calls_or_few_calls_do_not_open_it(account: Connection) -> None:
    now = factories.moment()
    settle_up(account.pk, reserved_at=now, reserved=0, calls=[Call(now, failed=True)] * 19, now=now)
    account.refresh_from_db()
    assert account.breaker_opened_at is None
    settle_up(account.pk, reserved_at=now, reserved=0, calls=[Call(now, failed=False)] * 21, now=now)
    settle_up(account.pk, reserved_at=now, reserved=0, calls=[], now=now)
    account.refresh_from_db()
    assert account.breaker_opened_at is None
    settle_up(account.pk, reserved_at=now, reserved=0, calls=[Call(now, failed=True)] * 2, now=now)
    account.refresh_from_db()
    assert account.breaker_opened_at == now
    assert account.held_until == now + timedelta(seconds=30)


def test_an_hour_long_wait_holds_the_account_and_keeps_the_push(crm: FakeCrm, account: Connection) -> None:
    wants(account, 2)
    crm.fail("*", Transient("try_later", "Come back in two hours.", 7200.0))
    before = database_now()
    send.drain(account.pk)
    account.refresh_from_db()
    assert account.state == "active"
    assert account.held_until is not None
    assert account.held_until - before >= timedelta(seconds=7200)
    assert [push.attempts for push in Push.objects.all()] == [0, 0]


def test_old_windows_are_forgotten(account: Connection) -> None:
    now = factories.moment()
    CallWindow.objects.create(connection=account, second=int(now.timestamp()) - 4000, calls=1)
    CallWindow.objects.create(connection=account, second=int(now.timestamp()), calls=1)
    forget(now)
    assert CallWindow.objects.count() == 1
