"""The question before each call: is this push still ours, by the database's clock?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmsync.models import Push
from crmsync.services.sending.holding import hold
from tests import factories
from trail.leases import claim, database_now

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def push() -> Push:
    factories.push()
    (mine,) = claim(Push.objects.all(), limit=1, lease=MINUTE, now=database_now())
    return mine


def test_a_lease_that_is_long_enough_is_not_written_again(push: Push) -> None:
    assert hold(push, at_least=timedelta(seconds=30), lease=10 * MINUTE)
    assert Push.objects.get().lease_until == push.lease_until


def test_a_lease_that_is_too_short_for_the_call_is_renewed(push: Push) -> None:
    assert hold(push, at_least=2 * MINUTE, lease=10 * MINUTE)
    assert Push.objects.get().lease_until > database_now() + 9 * MINUTE


@pytest.mark.parametrize("gone", [{"lease_token": 1}, {"lease_until": factories.moment()}])
def test_a_lease_that_is_gone_is_not_taken_back(push: Push, gone: dict[str, object]) -> None:
    Push.objects.update(**gone)
    before = Push.objects.values().get()

    assert not hold(push, at_least=timedelta(0), lease=MINUTE)
    assert Push.objects.values().get() == before
