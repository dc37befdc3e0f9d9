"""The bells of crmsync. A task says "there is work" and carries nothing else; the sweeps find what no bell rang for."""

from __future__ import annotations

from celery import shared_task
from django.db.models import Exists, OuterRef

from crmsync.models import Connection, Push
from crmsync.services import plan as planning
from crmsync.services import send
from crmsync.services.ask import DRAIN_TASK
from crmsync.services.check_at_night import check_at_night
from crmsync.services.reserve import forget
from crmsync.services.sending.record import wake
from crmsync.services.settle import settle_idle
from trail.bell import ring
from trail.heartbeats import beats
from trail.leases import database_now, due

SWEEP_SECONDS = 5.0
PLAN_SECONDS = 30.0
NIGHT_SECONDS = 900.0


@shared_task
def drain_pushes(connection_id: int, **_: object) -> int:
    """Send what is due at one account."""
    return send.drain(connection_id)


@shared_task
@beats("sweep pushes", every_seconds=SWEEP_SECONDS)
def sweep_pushes(**_: object) -> int:
    """Ring for every account that has something due."""
    now = database_now()
    wake(now)
    forget(now)
    waiting = Push.objects.filter(due(now), connection=OuterRef("pk"), state=Push.State.WAITING)
    accounts = Connection.objects.filter(Exists(waiting), state=Connection.State.ACTIVE).order_by("pk")
    found = list(accounts.values_list("pk", flat=True))
    for connection_id in found:
        ring(DRAIN_TASK, connection_id)
    return len(found)


@shared_task
@beats("plan missing pushes", every_seconds=PLAN_SECONDS)
def plan_missing(**_: object) -> int:
    """Plan what a lost signal left unplanned, and settle what no push will."""
    return planning.plan_missing() + settle_idle()


@shared_task
@beats("check at night", every_seconds=NIGHT_SECONDS)
def night_checks(**_: object) -> int:
    """Ask for what old records lack and check phones and addresses anew; by day it only looks at the clock."""
    return check_at_night(database_now())
