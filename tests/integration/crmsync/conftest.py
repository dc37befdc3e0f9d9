"""A CRM and a mailbox that remember, and a drain that goes on until nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmsync.crms import registry
from crmsync.models import Connection, Push
from crmsync.services import send
from crmsync.services.sending.assign import forget_owners
from tests import factories
from tests.fakes.crm import FakeCrm
from trail.leases import database_now


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCrm]:
    """Behind every HubSpot connection stands this one."""
    fake = FakeCrm()
    monkeypatch.setattr(registry, "ADAPTERS", {"hubspot": fake.client})
    forget_owners()
    yield fake
    forget_owners()


@pytest.fixture
def account(db: None) -> Connection:
    return factories.connection(slug="hubspot", name="HubSpot", schema_ready_at=database_now(), rate_limit=0)


@pytest.fixture
def mail_folder(tmp_path: Path, settings: Any) -> Path:
    settings.EMAIL_FILES_DIR = tmp_path / "mail"
    return tmp_path / "mail"


@pytest.fixture
def mailbox(db: None, mail_folder: Path) -> Connection:
    return factories.connection(
        slug="mail",
        name="Mail",
        kind=Connection.Kind.MAIL_FILES,
        secret_reference="",
        rate_limit=0,
        options={"from_email": "team@example.com", "from_name": "The Team"},
    )


Drain = Callable[..., datetime]


@pytest.fixture
def drain_all() -> Drain:
    """Drain every account, jumping ahead in time to what waits, until nothing waits that could go."""

    def run(*, until: timedelta = timedelta(hours=1)) -> datetime:
        now = start = database_now()
        for _ in range(200):
            accounts = list(Connection.objects.filter(state=Connection.State.ACTIVE).order_by("pk"))
            sent = [send.drain(account.pk, now=now) for account in accounts]
            if any(sent):
                continue
            waiting = Push.objects.filter(state=Push.State.WAITING, next_attempt_at__lt=start + until)
            moments = [push.next_attempt_at for push in waiting if push.next_attempt_at > now]
            moments += [push.lease_until for push in waiting if push.lease_until and push.lease_until > now]
            held = Connection.objects.filter(held_until__gt=now, held_until__lt=start + until)
            moments += [account.held_until for account in held if account.held_until]
            if not moments:
                return now
            now = min(moments) + timedelta(milliseconds=1)
        raise AssertionError("it never comes to rest")

    return run
