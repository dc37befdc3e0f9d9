"""Write what the database says as a configuration file.

Invariant: applying an export to the database it came from changes nothing, and to an empty one makes the same again,
except for secrets that were typed in: they are named, never written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from django.db import models

from config.configuration.dictionaries import held
from config.configuration.references import shown, typed_in
from config.configuration.schema import (
    AgentSection,
    Configuration,
    ConnectionSection,
    OwnerOrderSection,
    RoutingSection,
    SecretSection,
    Section,
    SourceSection,
    TemplateSection,
    WorkflowSection,
)
from crmsync.models import Agent, Connection, EmailTemplate, RoutingRule
from intake.models import MappingVersion, OwnerOrder, Source
from trail.models import Workflow

_HEAD = "# The configuration of this installation. The format is described in docs/configuration.md.\n"
_TO_SET = "# This secret was typed in. It stays in force here; anywhere else, set this variable or name another.\n"


def export() -> str:
    """The whole configuration as YAML, in one order, so that two exports can be compared line by line."""
    unset: set[str] = set()
    document = {
        "workflows": [_dump(WorkflowSection, row) for row in Workflow.objects.order_by("slug")],
        "sources": [_source(row, unset) for row in Source.objects.select_related("workflow").order_by("slug")],
        "connections": [_connection(row, unset) for row in Connection.objects.order_by("slug")],
        "agents": [_dump(AgentSection, row) for row in Agent.objects.order_by("slug")],
        "routing": [_rule(row) for row in RoutingRule.objects.order_by("position", "slug")],
        "templates": [_dump(TemplateSection, row) for row in EmailTemplate.objects.order_by("slug")],
        "owner_orders": [_dump(OwnerOrderSection, row) for row in OwnerOrder.objects.order_by("field")],
    }
    if set(document) != set(Configuration.model_fields):
        raise AssertionError("a section of the format is not exported")
    text = yaml.dump(
        {name: entries for name, entries in document.items() if entries},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=110,
    )
    return _HEAD + "".join(_explained(text.splitlines(keepends=True), unset)) if any(document.values()) else _HEAD


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as people would: as a block."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def _dump(section: type[Section], row: models.Model, **given: Any) -> dict[str, Any]:
    """What a section says of a row; what only spells a default is left out."""
    entry: dict[str, Any] = {}
    for name, declared in section.model_fields.items():
        value = given[name] if name in given else getattr(row, name, None)
        if declared.is_required() or value != declared.get_default(call_default_factory=True):
            entry[name] = value
    return entry


def _source(row: Source, unset: set[str]) -> dict[str, Any]:
    published = row.mappings.filter(state=MappingVersion.State.PUBLISHED).first()
    secrets = []
    for secret in row.secrets.order_by("key_id"):
        reference = shown(secret.reference, "source", row.slug, secret.key_id)
        if typed_in(secret.reference):
            unset.add(reference)
        secrets.append(_dump(SecretSection, secret, id=secret.key_id, value=reference))
    return _dump(
        SourceSection,
        row,
        preset=None,
        scheme_options=row.scheme_options or None,
        content_types=row.content_types or None,
        workflow=row.workflow.slug if row.workflow else None,
        secrets=secrets,
        mapping=held(published) if published else None,
    )


def _connection(row: Connection, unset: set[str]) -> dict[str, Any]:
    reference = shown(row.secret_reference, "connection", row.slug)
    if typed_in(row.secret_reference):
        unset.add(reference)
    return _dump(ConnectionSection, row, secret=reference or None)


def _rule(row: RoutingRule) -> dict[str, Any]:
    return _dump(RoutingSection, row, agents=sorted(row.agents.values_list("slug", flat=True)))


def _explained(lines: Iterable[str], unset: set[str]) -> Iterable[str]:
    """The lines, with a comment above each that names a secret which is not in the file's reach."""
    for line in lines:
        if any(line.rstrip("\n").endswith(f": {name}") for name in unset):
            yield line[: len(line) - len(line.lstrip(" -"))].replace("-", " ") + _TO_SET
        yield line
