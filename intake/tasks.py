"""The bells of intake. A task says "there is work" and carries nothing else."""

from celery import shared_task

from intake.services import process, watch_drift
from trail.heartbeats import beats

SWEEP_SECONDS = 5.0
WATCH_SECONDS = 30.0


@shared_task
@beats("sweep deliveries", every_seconds=SWEEP_SECONDS)
def drain_deliveries(**_: object) -> int:
    """Process every delivery that is due."""
    return process.drain()


@shared_task
@beats("watch payload fields", every_seconds=WATCH_SECONDS)
def watch_payload_fields(**_: object) -> int:
    """Look at what the sources sent lately."""
    return watch_drift.watch()
