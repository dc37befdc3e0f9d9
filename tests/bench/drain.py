"""Does all of a worker's work in this one process, under cProfile, and prints where the time went.

cProfile makes every call dearer, so its milliseconds are shares, not costs; the statements are counted as they are.
"""

from __future__ import annotations

import cProfile
import io
import pstats
import re
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from crmsync.models import Connection, Push  # noqa: E402
from crmsync.services import send  # noqa: E402
from intake.models import Lead  # noqa: E402
from intake.services import process  # noqa: E402

SHOWN = 45
statements: Counter[str] = Counter()


def count(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
    """A database wrapper that counts statements by what they do, to which table, and where from."""
    words = re.sub(r"\s+", " ", sql).strip()
    table = re.search(r'(?:FROM|INTO|UPDATE) "?(\w+)', words)
    caller = next(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_stack())
        if "site-packages" not in frame.filename and frame.name != "count"
    )
    statements[f"{words.split(' ', 1)[0]:<9} {table[1] if table else '':<24} {caller}"] += 1
    return execute(sql, parameters, many, context)


def drain() -> None:
    """Until nothing waits."""
    while process.drain():
        pass
    while Push.objects.filter(state=Push.State.WAITING).exists():
        if not sum(send.drain(pk) for pk in Connection.objects.values_list("pk", flat=True)):
            time.sleep(0.05)


if __name__ == "__main__":
    recorder = cProfile.Profile(time.process_time)
    with connection.execute_wrapper(count):
        recorder.runcall(drain)
    leads = Lead.objects.count()
    out = io.StringIO()
    stats = pstats.Stats(recorder, stream=out).strip_dirs()
    print(f"{stats.total_tt * 1000 / leads:.1f} ms of processor time per lead, profiled")  # type: ignore[attr-defined]
    stats.sort_stats("cumulative").print_stats(SHOWN)
    stats.sort_stats("tottime").print_stats(SHOWN)
    print(out.getvalue())
    print("Statements per lead:")
    for what, times in statements.most_common():
        print(f"  {times / leads:6.2f}  {what}")
