"""How the columns of a file fill our fields: by the mapping that its source has, or by a proposal; and what comes out.

Invariant: a preview runs the production code (decode, split, map, validate) on the very bytes that the rows' deliveries
will have, and writes nothing. A source with a webhook keeps its mapping: its own messages are read by it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from intake.mapping.decode import decode
from intake.mapping.engine import MappedValue, split
from intake.mapping.spec import MappingSpec
from intake.models import Delivery, FileImport, MappingVersion, Source
from intake.records import Kind
from intake.services.absorb import understand
from intake.services.open_file_source import NO_WEBHOOK
from intake.tables import Cell, Row, Shape
from intake.tables.column_mapping import ignoring, propose, revise, targets_of
from intake.tables.recognize import recognize

BODY_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file.

    Attributes:
        target: our field; "" for none.
        why: mapping, name, content; "" when nothing is known of it.
        example: its first value.
    """

    name: str
    target: str
    why: str
    example: Cell


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a row would become: its values by field, or every reason why it would be refused."""

    row: Row
    values: dict[str, MappedValue]
    problems: list[str]


def body_of(shape: Shape, row: Row) -> bytes:
    """The bytes of a row's delivery: its cells by the names of their columns."""
    return orjson.dumps(shape.record(row))


def published_of(one: FileImport) -> MappingVersion | None:
    """The mapping that the source has."""
    version: MappingVersion | None = one.source.mappings.filter(state=MappingVersion.State.PUBLISHED).first()
    return version


def may_map(one: FileImport) -> bool:
    """May the columns be mapped here? Not those of a source with a webhook."""
    return bool(one.source.scheme == NO_WEBHOOK)


def columns_of(one: FileImport) -> list[Column]:
    """The columns with their fields: as the source's mapping has them; where it says nothing, as they look."""
    shape, sample = one.file.table(), _sample(one)
    version = published_of(one)
    current = targets_of(version.document(), shape.columns) if version else {}
    read = {target for target in current.values() if target}
    columns = []
    for guess in recognize(shape.columns, sample, _kind(one)):
        target, why = current.get(guess.column, ""), "mapping"
        if not target:
            target, why = (guess.target, guess.why) if may_map(one) and guess.target not in read else ("", "")
        example = next((record[guess.column] for record in sample if record[guess.column] not in ("", None)), "")
        columns.append(Column(guess.column, target, why, example))
    return columns


def document_for(one: FileImport, targets: Mapping[str, str]) -> dict[str, Any]:
    """The mapping document in which the columns fill these fields."""
    columns = one.file.table().columns
    version = published_of(one)
    if version is None:
        return ignoring(propose(columns, _sample(one), _kind(one), targets), targets)
    document = version.document()
    if not may_map(one):
        return document
    return ignoring(revise(document, targets_of(document, columns), targets), targets)


def preview(one: FileImport, document: Mapping[str, Any], number: int) -> list[Previewed]:
    """What the first rows would become.

    Raises:
        MappingInvalid: the document cannot be used; it names each problem.
    """
    spec = MappingSpec.parse({**document, "source": one.source.slug})
    shape = one.file.table()
    return [_previewed(one, spec, shape, row) for row in one.file.first_rows()[:number]]


def _previewed(one: FileImport, spec: MappingSpec, shape: Shape, row: Row) -> Previewed:
    if row.problem:
        return Previewed(row, {}, [row.problem.message])
    raw = split(decode(body_of(shape, row), BODY_TYPE, spec.decode), spec)
    if not raw:
        return Previewed(row, {}, ["The mapping finds no record in this row."])
    understood = understand(Delivery(source=one.source), raw[0], MappingVersion(source=one.source), spec)
    return Previewed(row, understood.mapped.values, understood.problems)


def _kind(one: FileImport) -> Kind:
    return "listing" if one.source.kind == Source.Kind.LISTING else "lead"


def _sample(one: FileImport) -> list[dict[str, Cell]]:
    shape = one.file.table()
    return [shape.record(row) for row in one.file.first_rows()]
