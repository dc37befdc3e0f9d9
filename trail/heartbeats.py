"""Heartbeats: proof that a recurring job still runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db.models.functions import Now

from trail.models import Heartbeat

P = ParamSpec("P")
R = TypeVar("R")


def beats(name: str, *, every_seconds: float) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a recurring job: its end, good or bad, is a heartbeat.

    Args:
        name: the heartbeat's name, as people read it.
        every_seconds: how often the job should end.
    """

    def decorate(job: Callable[P, R]) -> Callable[P, R]:
        @wraps(job)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                result = job(*args, **kwargs)
            except Exception as error:
                _beat(name, every_seconds, failed_at=Now(), failure=type(error).__name__)
                raise
            _beat(name, every_seconds, finished_at=Now())
            return result

        return run

    return decorate


def _beat(name: str, every_seconds: float, **columns: object) -> None:
    if not Heartbeat.objects.filter(name=name).update(every_seconds=every_seconds, **columns):
        Heartbeat.objects.update_or_create(name=name, defaults={"every_seconds": every_seconds, **columns})
