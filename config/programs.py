"""The command lines of Steward's own programs, the same wherever they are started: `manage.py run`, the chaos tests,
the benches.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_CELERY = (sys.executable, "-m", "celery", "-A", "config")


def web(*, host: str, port: int, processes: int, threads: int) -> list[str]:
    """The web server. A process that dies is replaced by granian itself, at once."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(processes), "--blocking-threads", str(threads)),
        *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "15"),
        *("--log-level", "warning", "config.wsgi:application"),
    ]


def worker(*, threads: int, name: str = "worker") -> list[str]:
    """A Celery worker. Threads, because it mostly waits for others to answer."""
    return [
        *(*_CELERY, "worker", "--pool", "threads", "--concurrency", str(threads), "--hostname", f"{name}@%h"),
        *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ]


def beat(*, directory: Path) -> list[str]:
    """Celery's clock. The schedule is data in config/schedule.py, so what it remembers may vanish."""
    return [*_CELERY, "beat", "--schedule", str(directory / "beat"), "--pidfile=", "--loglevel", "WARNING"]


def sandbox_crm(*, port: int, database: Path, token: str = "", owners: Sequence[str] = ()) -> list[str]:
    """The sandbox CRM, our stand-in for the outside world. Empty `token` or `owners` (First Last <e-mail>): its own."""
    asked = ["--token", token] if token else []
    for owner in owners:
        asked += ["--owner", owner]
    return manage("sandbox_crm", "--port", str(port), "--database", str(database), *asked)


def sandbox_provider(*, port: int, token: str = "") -> list[str]:
    """The sandbox data provider. Empty `token`: its own."""
    return manage("sandbox_provider", "--port", str(port), *(["--token", token] if token else []))


def manage(*arguments: str) -> list[str]:
    """One of our management commands."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]
