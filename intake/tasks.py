"""The bells of intake. A task says "there is work" and carries nothing else."""

from celery import shared_task

from intake.services import audit_data, import_file, process, renormalize, watch_drift
from trail.heartbeats import beats

SWEEP_SECONDS = 5.0
WATCH_SECONDS = 30.0
AGAIN_SECONDS = 30.0


@shared_task
@beats("sweep deliveries", every_seconds=SWEEP_SECONDS)
def drain_deliveries(**_: object) -> int:
    """Process every delivery that is due."""
    return process.drain()


@shared_task
@beats("sweep files", every_seconds=SWEEP_SECONDS)
def work_files(**_: object) -> int:
    """Import and audit every uploaded file that is due."""
    return import_file.drain() + audit_data.drain()


@shared_task
@beats("watch payload fields", every_seconds=WATCH_SECONDS)
def watch_payload_fields(**_: object) -> int:
    """Look at what the sources sent lately."""
    return watch_drift.watch()


@shared_task
@beats("normalize again", every_seconds=AGAIN_SECONDS)
def normalize_again(**_: object) -> int:
    """Go on with the past records that somebody wants normalized again."""
    return renormalize.drain()
