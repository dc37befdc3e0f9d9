"""`manage.py import_file FILE --source SLUG`: import a CSV or Excel file, with progress; run it again to go on."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from intake.models import FileImport, MappingVersion, Source
from intake.services.import_file import work_off_next
from intake.services.keep_file import FileRefused, digest, keep_file
from intake.services.map_file import columns_of
from intake.services.publish_mapping import MappingCannotBePublished
from intake.services.start_import import CannotImport, prepare_import, resume_import, start_import
from intake.services.tell_refused import refused_heads, refused_rows
from trail.record import Actor
from trail.spreadsheet import csv_lines

_BY = Actor(name="import_file")
# How long to wait for another worker that has taken the import up.
_LOOK_SECONDS = 1.0
_TELL_SECONDS = 1.0


class Command(BaseCommand):
    """Does in the foreground what a worker does for an upload; if a worker was faster, it watches."""

    help = "Import a CSV or Excel file row by row. A second run goes on where the first was stopped or killed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="slug of the source whose leads these are")
        parser.add_argument(
            "--propose",
            action="store_true",
            help="where the source has no mapping yet, publish the one that the columns' names suggest",
        )
        parser.add_argument("--result", type=Path, help="write the refused rows there, each with its reason, as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']!r}. Nothing was changed.")
        self._told = (-1, "")
        self._told_at = 0.0
        one = self._begin(options["file"], source, propose=options["propose"])
        while one.state == FileImport.State.WAITING:
            if not work_off_next(only=one.pk, told=self._tell):
                time.sleep(_LOOK_SECONDS)
            one.refresh_from_db()
            self._tell(one)
        self._told_at = 0.0
        self._tell(one)
        if options["result"]:
            with options["result"].open("wb") as result:
                result.writelines(csv_lines(refused_heads(one), refused_rows(one)))
            self.stdout.write(f"Wrote {one.refused:,} refused rows to {options['result']}.")
        if one.state == FileImport.State.FAILED:
            raise CommandError(one.error_message)

    def _begin(self, path: Path, source: Source, *, propose: bool) -> FileImport:
        """The import of this file that was begun before, or a new one."""
        try:
            with path.open("rb") as content:
                known = FileImport.objects.filter(source=source, file__sha256=digest(content))
                one = known.filter(state=FileImport.State.WAITING).select_related("file", "source").first()
                if one is not None:
                    self.stdout.write(f"Going on after row {one.position:,}.")
                    return one
                if stopped := known.filter(state=FileImport.State.STOPPED).exclude(mapping=None).first():
                    resume_import(stopped, by=_BY)
                    self.stdout.write(f"Going on after row {stopped.position:,}.")
                    return stopped
                if not source.mappings.filter(state=MappingVersion.State.PUBLISHED).exists() and not propose:
                    raise CommandError(
                        f"{source.name} has no published mapping. Upload the file in the admin to map its columns, or "
                        "add --propose to publish what their names suggest. Nothing was changed."
                    )
                one = prepare_import(keep_file(content, path.name, by=_BY), source, by=_BY)
            columns = columns_of(one)
            for column in columns:
                self.stdout.write(f"  {column.name}: {column.target or 'not imported'}")
            return start_import(one, {column.name: column.target for column in columns}, by=_BY)
        except OSError as error:
            raise CommandError(f"{path}: the file cannot be read: {error.strerror}. Nothing was changed.") from None
        except (FileRefused, CannotImport, MappingCannotBePublished) as error:
            raise CommandError(f"{error} Nothing was changed.") from None

    def _tell(self, one: FileImport) -> None:
        if time.monotonic() - self._told_at < _TELL_SECONDS or self._told == (one.position, one.state):
            return
        self._told_at, self._told = time.monotonic(), (one.position, str(one.state))
        left = one.seconds_left
        self.stdout.write(
            f"{one.get_state_display()}: {one.position:,} of {one.rows or 0:,} rows; accepted {one.accepted:,}, "
            f"duplicates {one.repeats:,}, refused {one.refused:,}"
            + (f"; {one.rows_per_second:,.0f} rows/s, {left:,.0f} s left" if left else "")
        )
