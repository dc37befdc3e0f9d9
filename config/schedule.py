"""What runs when, as data. Beat rings these bells; each job also writes a heartbeat when it ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """One recurring job.

    Attributes:
        name: the heartbeat's name, as people read it.
        task: the Celery task's dotted name.
        every_seconds: how often it is rung.
    """

    name: str
    task: str
    every_seconds: float


SCHEDULE: tuple[Job, ...] = (
    # The sweeps: the same work is found here when a nudge was lost, so a dead broker costs seconds and never a lead.
    Job("sweep deliveries", "intake.tasks.drain_deliveries", 5.0),
    Job("sweep files", "intake.tasks.work_files", 5.0),
    Job("sweep pushes", "crmsync.tasks.sweep_pushes", 5.0),
    Job("plan missing pushes", "crmsync.tasks.plan_missing", 30.0),
    # After the fact, so that counting fields never costs a lead anything.
    Job("watch payload fields", "intake.tasks.watch_payload_fields", 30.0),
    # Rung when a run begins and after each stretch of it; this finds a run whose worker died.
    Job("normalize again", "intake.tasks.normalize_again", 30.0),
)
