"""`manage.py allow_reading LOGIN SOURCE...`: a token for a source that wants to ask what became of its leads."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from intake.models import Source
from intake.services.allow_reading import allow_reading
from trail.record import Actor


class Command(BaseCommand):
    """Prints the token, for the header `Authorization: Token ...`."""

    help = "Let an integration user read the deliveries and leads of these sources, and print its token."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("login", help="the integration user; made if there is none")
        parser.add_argument("source", nargs="+", help="slugs of the sources it may read")

    def handle(self, *args: Any, **options: Any) -> None:
        token = ""
        with transaction.atomic():
            for slug in options["source"]:
                source = Source.objects.filter(slug=slug).first()
                if source is None:
                    raise CommandError(f"There is no source {slug!r}. Nothing was changed.")
                token = allow_reading(options["login"], source, by=Actor(name="allow_reading"))
        self.stdout.write(token)
