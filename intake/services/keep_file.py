"""Keep an uploaded file: its bytes in the database, and how it is read as a table.

Invariant: what is kept can be read as a table; a file that cannot, or is too large, is refused in words and not kept.
"""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from intake.models import FileChunk, TableFile
from intake.tables import TableUnreadable, inspect, rows
from trail.record import Actor, record

CHUNK = 512 * 1024  # bytes
SAMPLE = 60  # first rows that are kept beside the file
_AT_ONCE = 4  # chunks


class FileRefused(Exception):
    """The file cannot be taken; the message says why and what to do. Nothing was kept."""


def limits() -> str:
    """What may be uploaded, in words."""
    return f"CSV or Excel (.xlsx), up to {settings.IMPORT_MAX_BYTES // 1024**2} MB and 500 columns."


def keep_file(content: BinaryIO, name: str, *, by: Actor) -> TableFile:
    """Keep a file.

    Args:
        content: its bytes, seekable.
        name: what it was called.
        by: who uploaded it.

    Raises:
        FileRefused: it is too large, or no table.
    """
    size = content.seek(0, 2)
    if size > settings.IMPORT_MAX_BYTES:
        raise FileRefused(f"{name} has {size / 1024**2:,.0f} MB. Split it: {limits()}")
    try:
        shape = inspect(content)
        sample = [row.document() for row in islice(rows(content, shape), SAMPLE)]
    except TableUnreadable as error:
        raise FileRefused(f"{name}: {error}") from error
    if not sample:
        raise FileRefused(f"{name} has column names and no row below them. There is nothing to import.")
    sha256 = digest(content)
    with transaction.atomic():
        file = TableFile.objects.create(
            name=name[-200:],
            size=size,
            sha256=sha256,
            shape=shape.document(),
            sample=sample,
            uploaded_by=by.name,
        )
        content.seek(0)
        number = 0
        while parts := [part for part in (content.read(CHUNK) for _ in range(_AT_ONCE)) if part]:
            FileChunk.objects.bulk_create(
                FileChunk(file=file, number=number + place, content=part) for place, part in enumerate(parts)
            )
            number += len(parts)
        record(file, "file.uploaded", by=by, detail={"name": file.name, "bytes": size, "sha256": sha256})
    return file


def digest(content: BinaryIO) -> str:
    """The sha256 of a whole file, in hex."""
    content.seek(0)
    sha256 = hashlib.sha256()
    while part := content.read(CHUNK):
        sha256.update(part)
    return sha256.hexdigest()
