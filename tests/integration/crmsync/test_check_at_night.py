"""What is asked of a provider at night: oldest first, within the budget, and nothing before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmsync.models import Connection, Push
from crmsync.services.check_at_night import check_at_night
from tests import factories
from trail.leases import database_now

pytestmark = pytest.mark.django_db
HOME = {"street": "1208 E 7th St", "city": "Austin", "state": "TX", "zip": "78702"}


@pytest.fixture(autouse=True)
def _by_universal_time(settings: Any) -> None:
    settings.TIME_ZONE = "UTC"


def night(days: int = 1) -> datetime:
    """Two in the morning, so many days from now."""
    return (database_now() + timedelta(days=days)).astimezone(UTC).replace(hour=2, minute=0)


def provider(**options: Any) -> Connection:
    return factories.provider(options={"checks": ["check_phones"], "cents": {"check_phones": 10}, **options})


def asked() -> list[tuple[str, int | None]]:
    return list(Push.objects.order_by("pk").values_list("kind", "contact_id"))


def test_by_day_nothing_is_asked() -> None:
    provider()
    factories.contact(phone="5125550142")

    assert check_at_night(night().replace(hour=9)) == 0
    assert asked() == []


def test_phones_are_checked_oldest_first_as_far_as_the_money_goes() -> None:
    provider(budget_cents=25)
    people = [factories.contact(phone=f"51255501{number:02d}") for number in range(4)]

    assert check_at_night(night()) == 2
    assert check_at_night(night()) == 0

    assert asked() == [("check_phones", people[0].pk), ("check_phones", people[1].pk)]


def test_what_was_checked_is_checked_again_after_its_time() -> None:
    provider(again_after_days=30)
    factories.contact(phone="5125550142")

    assert check_at_night(night(1)) == 1
    Push.objects.update(state=Push.State.DONE)
    assert check_at_night(night(2)) == 0
    assert check_at_night(night(40)) == 1
    assert len({push.key for push in Push.objects.all()}) == 2


def test_old_records_are_asked_for_what_they_lack_once_and_only_where_they_can_be_found() -> None:
    provider(checks=[])
    workflow = factories.workflow(
        required={"contact": ["phone"], "property": ["owner_history"]}, budget_cents=1000, slug="w"
    )
    source = factories.source(workflow=workflow)
    nowhere = factories.lead(source=source, contact=factories.contact())
    old = factories.lead(source=source, contact=factories.contact(**HOME))
    home = factories.property_(state="TX")
    factories.item(source=source, property=home)
    factories.lead(contact=factories.contact(**HOME))

    assert check_at_night(night()) == 2
    assert check_at_night(night(2)) == 0

    assert [(push.kind, push.contact, push.property) for push in Push.objects.order_by("-kind")] == [
        ("trace", old.contact, None),
        ("lookup", None, home),
    ]
    assert nowhere.contact.pushes.count() == 0


def test_a_paused_provider_is_left_alone() -> None:
    Connection.objects.filter(pk=provider().pk).update(state=Connection.State.PAUSED)
    factories.contact(phone="5125550142")

    assert check_at_night(night()) == 0
