"""`manage.py sandbox_crm`: run the sandbox CRM until stopped. Needs no database of ours."""

from __future__ import annotations

import re
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from crmsync.sandbox.account import Settings
from crmsync.sandbox.catalog import OWNERS, Owner
from crmsync.sandbox.faults import Fault
from crmsync.sandbox.server import SandboxServer

_OWNER = re.compile(r"(?P<first>\S+)\s+(?P<last>[^<]*?)\s*<(?P<email>[^<>@\s]+@[^<>\s]+)>")


def fault(text: str) -> Fault:
    """Read ``rule=stored_500,rate=0.05,path=/contacts``."""
    try:
        return Fault.read(dict(part.split("=", 1) for part in text.split(",")))
    except ValueError as problem:
        raise ArgumentTypeError(f"{text!r} is not a fault: {problem}") from problem


def owner(text: str) -> tuple[str, str, str]:
    """Read ``First Last <email>``."""
    found = _OWNER.fullmatch(text.strip())
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not an owner: First Last <email>")
    return found["first"], found["last"], found["email"]


class Command(BaseCommand):
    help = "Run the sandbox CRM: a stand-in for HubSpot with its own data file, for trying, showing and testing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8801, help="0 takes a free one.")
        parser.add_argument("--database", type=Path, required=True, help="SQLite file, made if it is not there.")
        parser.add_argument("--token", default=Settings.token, help="The key that callers must show.")
        parser.add_argument("--search-lag", type=float, default=0, help="Seconds until search finds a record.")
        parser.add_argument("--limit", type=int, default=0, help="Calls per 10 seconds; 0 means no limit.")
        parser.add_argument("--merge-gives-new-id", action="store_true")
        parser.add_argument(
            "--owner",
            action="append",
            type=owner,
            metavar="'First Last <email>'",
            help="An owner of a fresh account; repeat for more. Default: four made-up ones.",
        )
        parser.add_argument(
            "--fault",
            action="append",
            type=fault,
            default=[],
            metavar="rule=...,rate=...",
            help="A fault from the start, e.g. rule=stored_500,rate=0.05,path=/contacts,seed=7. Repeatable.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        options["database"].parent.mkdir(parents=True, exist_ok=True)
        server = SandboxServer(
            (options["host"], options["port"]),
            options["database"],
            Settings(
                token=options["token"],
                search_lag=options["search_lag"],
                limit=options["limit"],
                merge_gives_new_id=options["merge_gives_new_id"],
            ),
            owners=[
                Owner(str(id), email, first, last)
                for id, (first, last, email) in enumerate(options["owner"] or [], start=501)
            ]
            or OWNERS,
        )
        for one in options["fault"]:
            server.faults.add(one)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        thread = threading.Thread(target=server.serve_forever, name="sandbox", daemon=True)
        thread.start()
        self.stdout.write(f"Sandbox CRM at {server.url}")
        self.stdout.flush()
        stop.wait()
        server.close()
