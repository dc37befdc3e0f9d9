"""`manage.py reconcile`: is everything that was ever accepted somewhere? Exit 1 when it is not."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from crmsync.selectors import reconciled


class Command(BaseCommand):
    """Adds up the equation and names what was lost."""

    help = "Check that every accepted lead is in exactly one state. Exit code 1 when one is lost."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
        parser.add_argument("--name", type=int, default=50, help="of the lost ones, name this many at most")

    def handle(self, *args: Any, **options: Any) -> None:
        found = reconciled(name_lost=options["name"])
        counts = found.counts()
        if options["json"]:
            named = [
                {"what": one.what, "accepted_at": one.accepted_at.isoformat(), "why": one.why}
                for one in found.lost_references
            ]
            self.stdout.write(json.dumps({**counts, "lost_references": named}))
        else:
            for name, count in counts.items():
                self.stdout.write(f"{name.replace('_', ' '):<12}{count:>12,}")
            for one in found.lost_references:
                self.stdout.write(f"Lost: {one}")
            if len(found.lost_references) < found.lost:
                self.stdout.write(f"... and {found.lost - len(found.lost_references):,} more.")
            if not found.lost:
                self.stdout.write("Nothing is lost.")
        if found.lost:
            raise SystemExit(1)
