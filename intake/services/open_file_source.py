"""Make a source for what people bring themselves: files, and leads that they type in. It has no webhook."""

from __future__ import annotations

from django.db import transaction
from django.utils.text import slugify

from intake.models import Source
from trail.models import Workflow
from trail.record import Actor, record

# The scheme of a source that takes nothing by webhook (intake/signatures/closed.py).
NO_WEBHOOK = "closed"
# People on an old list did not write to us just now: they get no e-mail and nobody an alert, unless somebody gives the
# source another workflow.
_QUIET = {"assign": False, "alert": False, "email": False, "task": False}


class SourceNameTaken(Exception):
    """There is a source of that name already; the message says which. Nothing was made."""


def open_file_source(name: str, *, by: Actor, kind: str = Source.Kind.LEAD) -> Source:
    """A new source for files.

    Raises:
        SourceNameTaken: its slug is another source's.
    """
    slug = slugify(name)[:50] or "file"
    with transaction.atomic():
        workflow, _ = Workflow.objects.get_or_create(
            slug="file_import",
            defaults={
                "name": "File import",
                "purpose": "Bring a list of people into the CRM, clean and once, without writing to any of them.",
                "timing": Workflow.Timing.BATCH,
                "timing_reason": "Nobody on the list waits for an answer.",
                "schedule": "when somebody imports a file",
                "steps": _QUIET,
            },
        )
        source, new = Source.objects.get_or_create(
            slug=slug, defaults={"name": name, "kind": kind, "scheme": NO_WEBHOOK, "workflow": workflow}
        )
        if not new:
            raise SourceNameTaken(f"There is a source {slug} already: {source.name}. Choose it, or another name.")
        record(source, "source.added", by=by, detail={"scheme": NO_WEBHOOK})
    return source
