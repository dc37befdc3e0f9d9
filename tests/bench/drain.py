"""Does all of a worker's work in this one process, under cProfile, and prints where the time went."""

from __future__ import annotations

import cProfile
import io
import pstats
import time

import django

django.setup()

from crmsync.models import Connection, Push  # noqa: E402
from crmsync.services import send  # noqa: E402
from intake.models import Lead  # noqa: E402
from intake.services import process  # noqa: E402

SHOWN = 45


def drain() -> None:
    """Until nothing waits."""
    while process.drain():
        pass
    while Push.objects.filter(state=Push.State.WAITING).exists():
        if not sum(send.drain(pk) for pk in Connection.objects.values_list("pk", flat=True)):
            time.sleep(0.05)


if __name__ == "__main__":
    recorder = cProfile.Profile(time.process_time)
    recorder.runcall(drain)
    out = io.StringIO()
    stats = pstats.Stats(recorder, stream=out).strip_dirs()
    print(f"{stats.total_tt * 1000 / Lead.objects.count():.1f} ms of processor time per lead, profiled")  # type: ignore[attr-defined]
    stats.sort_stats("cumulative").print_stats(SHOWN)
    stats.sort_stats("tottime").print_stats(SHOWN)
    print(out.getvalue())
