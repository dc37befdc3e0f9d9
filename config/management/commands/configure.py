"""`manage.py configure`: apply a configuration file, export one, or print the schema of one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.configuration.apply import apply_text
from config.configuration.export import export
from config.configuration.reading import ConfigurationInvalid
from config.configuration.schema import Configuration


class Command(BaseCommand):
    """Configuration as code; docs/configuration.md describes the file."""

    help = "Apply a configuration file, export the configuration, or print the file's JSON schema."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        applying = verbs.add_parser("apply", help="make the database say what the file says")
        applying.add_argument("file", type=Path)
        applying.add_argument("--dry-run", action="store_true", help="only say what would change")
        exporting = verbs.add_parser("export", help="write the configuration as a file that `apply` takes")
        exporting.add_argument("--output", type=Path, help="the file to write; without it, the screen")
        verbs.add_parser("schema", help="print the JSON schema of the file")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        if verb == "apply":
            self._apply(options["file"], dry_run=options["dry_run"], quiet=options["verbosity"] == 0)
        elif verb == "export":
            self._export(options["output"])
        else:
            self.stdout.write(json.dumps(Configuration.model_json_schema(), indent=2))

    def _apply(self, file: Path, *, dry_run: bool, quiet: bool) -> None:
        try:
            work = apply_text(file.read_text("utf-8"), dry_run=dry_run)
        except (OSError, UnicodeDecodeError) as error:
            reason = "it is not a text" if isinstance(error, UnicodeDecodeError) else error.strerror
            raise CommandError(f"{file}: the file cannot be read: {reason}. Nothing was changed.") from None
        except ConfigurationInvalid as error:
            problems = "\n".join(f"{file}: {problem}" for problem in error.problems)
            raise CommandError(f"{problems}\nNothing was changed.") from None
        if quiet:
            return
        for note in work.notes:
            self.stdout.write(f"Note: {note}")
        for change in work.changes:
            self.stdout.write(change)
        if not work.changes:
            self.stdout.write("Everything is as the file says. Nothing was changed.")
        elif dry_run:
            self.stdout.write("This was a dry run. Nothing was changed.")

    def _export(self, output: Path | None) -> None:
        text = export()
        if output is None:
            self.stdout.write(text, ending="")
        else:
            output.write_text(text, "utf-8")
            self.stdout.write(f"Wrote {output}.")
