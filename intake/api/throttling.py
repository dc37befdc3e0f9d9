"""How many requests a minute a source may send to one web process.

Kept in the process on purpose: it guards this process against a sender gone mad, and must work while the broker and
the cache are down. A backlog never sheds anything.
"""

from __future__ import annotations

import threading
import time

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from intake.api.authentication import opened

_counts: dict[int, tuple[int, int]] = {}
_lock = threading.Lock()


class SourceThrottle(BaseThrottle):
    """Counts by source and minute; what is too much gets 429 with the seconds to wait."""

    timer = staticmethod(time.time)

    def allow_request(self, request: Request, view: APIView) -> bool:
        source = opened(request).source
        minute = int(self.timer() // 60)
        with _lock:
            seen_minute, count = _counts.get(source.pk, (minute, 0))
            count = count + 1 if seen_minute == minute else 1
            _counts[source.pk] = (minute, count)
        return bool(count <= source.per_minute)

    def wait(self) -> float:
        return 60 - self.timer() % 60
