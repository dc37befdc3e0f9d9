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
_WORKFLOW = {
    "name": "File import",
    "purpose": "Bring a list of people into the CRM, clean and once, without writing to any of them.",
    "timing": Workflow.Timing.BATCH,
    "timing_reason": "Nobody on the list waits for an answer.",
    "schedule": "when somebody imports a file",
    "steps": {"assign": False, "alert": False, "email": False, "task": False},
}


class SourceNameTaken(Exception):
    """There is a source of that name already; the message says which. Nothing was made."""


def free_slug(name: str) -> str:
    """The slug that a new source of this name gets.

    Raises:
        SourceNameTaken: another source has it.
    """
    slug = slugify(name)[:50] or "file"
    taken = Source.objects.filter(slug=slug).first()
    if taken is not None:
        raise SourceNameTaken(f"There is a source {slug} already: {taken.name}. Choose it, or another name.")
    return slug


def open_file_source(name: str, *, by: Actor, kind: str = Source.Kind.LEAD) -> Source:
    """A new source for files.

    Raises:
        SourceNameTaken: its slug is another source's.
    """
    with transaction.atomic():
        workflow, _ = Workflow.objects.get_or_create(slug="file_import", defaults=_WORKFLOW)
        source = Source.objects.create(slug=free_slug(name), name=name, kind=kind, scheme=NO_WEBHOOK, workflow=workflow)
        record(source, "source.added", by=by, detail={"scheme": NO_WEBHOOK})
    return source
