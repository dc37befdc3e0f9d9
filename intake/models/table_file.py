"""Files that people upload: tables, byte for byte, in the database, where every worker of every machine finds them.

Invariant: the chunks of a file, in their order, are its bytes; they are written once, with its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO

from django.db import models
from django.db.models.functions import Now

from intake.tables import Row, Shape

_AT_ONCE = 4  # chunks


class TableFile(models.Model):
    """One uploaded CSV or Excel file."""

    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    shape = models.JSONField(default=dict, help_text="How it is read: format, columns, encoding, separator, sheet.")
    sample = models.JSONField(default=list, help_text="Its first rows, for recognizing columns and for previews.")
    uploaded_at = models.DateTimeField(db_default=Now())
    uploaded_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def table(self) -> Shape:
        """How it is read."""
        return Shape.of(self.shape)

    def first_rows(self) -> list[Row]:
        """Its first rows."""
        return [Row.of(one) for one in self.sample]

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Its bytes on this machine's disk, for as long as they are read; memory holds a few chunks of it."""
        with TemporaryFile() as copy:
            for content in self.chunks.order_by("number").values_list("content", flat=True).iterator(_AT_ONCE):
                copy.write(content)
            yield copy


class FileChunk(models.Model):
    """A part of a file's bytes."""

    file = models.ForeignKey(TableFile, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["file", "number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="one_chunk_per_number")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.number}"
