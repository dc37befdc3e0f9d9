"""Normalize the past records of a source again; shows the difference, and applies it only when asked to."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from intake.mapping.difference import OUTCOMES
from intake.models import MappingVersion, Renormalization, Source
from intake.services.renormalize import CannotRenormalize, apply_difference, begin, drain, unfinished
from trail.record import Actor

COMMAND = Actor(name="renormalize")


class Command(BaseCommand):
    help = (
        "Normalize the past records of a source again from their raw bytes. Without --apply the difference is shown "
        "and nothing changes. A run that was interrupted goes on where it was when the command is given again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="the slug of the source")
        parser.add_argument("--mapping", type=int, help="the version's number; the published one unless given")
        parser.add_argument("--apply", action="store_true", help="change the records that differ")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']!r}.")
        version = self._version(source, options["mapping"])
        run = unfinished(source.pk) or self._begin(version)
        if run.mapping_id != version.pk:
            raise CommandError(
                f"A run by version {run.mapping.number} is not finished. Apply or stop it on its page first, or give "
                f"--mapping {run.mapping.number} to go on with it."
            )
        self._work(run)
        self._tell(run)
        if options["apply"] and run.state == Renormalization.State.COMPARED:
            apply_difference(run.pk, by=COMMAND, reason="The command was given with --apply.")
            self._work(run)
        if run.state == Renormalization.State.DONE:
            done = ", ".join(f"{number:,} {what}" for what, number in run.applied.items()) or "nothing"
            self.stdout.write(f"Applied: {done}.")
        elif run.state == Renormalization.State.COMPARED:
            self.stdout.write("Nothing was changed. Give --apply to change these records, or look at the run's page.")

    def _version(self, source: Source, number: int | None) -> MappingVersion:
        versions = source.mappings.exclude(state=MappingVersion.State.DRAFT)
        chosen = versions.filter(number=number) if number else versions.filter(state=MappingVersion.State.PUBLISHED)
        version = chosen.first()
        if version is None:
            raise CommandError(f"{source.name} has no such version that was published.")
        return version

    def _begin(self, version: MappingVersion) -> Renormalization:
        try:
            return begin(version.pk, by=COMMAND)
        except CannotRenormalize as refusal:
            raise CommandError(str(refusal)) from refusal

    def _work(self, run: Renormalization) -> None:
        """Until the run waits for a person or is done, here or by another worker."""
        run.refresh_from_db()
        while run.state in Renormalization.WORKING:
            worked = drain(seconds=5)
            run.refresh_from_db()
            self.stdout.write(f"{run.get_state_display()}: {run.worked:,} of {run.total:,}")
            if not worked and run.state in Renormalization.WORKING:
                raise CommandError("Another worker holds this run and goes on with it. Look at its page.")

    def _tell(self, run: Renormalization) -> None:
        result = run.result
        self.stdout.write(
            f"{run}: {run.differing:,} of {result['records']:,} records differ; {result['stopped']:,} could not be "
            f"used, {result['rekeyed']:,} have other keys; {run.unreproduced:,} did not give their stored hash."
        )
        for target, counted in result["fields"].items():
            if told := ", ".join(f"{counted[one]:,} {one}" for one in OUTCOMES[1:] if counted.get(one)):
                self.stdout.write(f"  {target}: {told}")
