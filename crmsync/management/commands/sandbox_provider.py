"""`manage.py sandbox_provider`: run the sandbox data provider until stopped. Needs no database."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from crmsync.management.commands.sandbox_crm import fault
from crmsync.sandbox.provider import ProviderServer


class Command(BaseCommand):
    help = "Run the sandbox provider: a stand-in for BatchData that makes answers up and keeps the bill."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8802, help="0 takes a free one.")
        parser.add_argument("--token", default="sandbox-token", help="The key that callers must show.")
        parser.add_argument("--delay", type=float, default=0.5, help="Seconds until a later answer is sent.")
        parser.add_argument(
            "--fault",
            action="append",
            type=fault,
            default=[],
            metavar="rule=...,rate=...",
            help="A fault from the start, e.g. rule=stored_reset,rate=0.05,path=/phone. Repeatable.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        server = ProviderServer((options["host"], options["port"]), token=options["token"], delay=options["delay"])
        for one in options["fault"]:
            server.faults.add(one)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        threading.Thread(target=server.serve_forever, name="provider", daemon=True).start()
        self.stdout.write(f"Sandbox provider at {server.url}")
        self.stdout.flush()
        stop.wait()
        server.close()
