"""Names that one entry of a file uses for another: does each stand in the file or in the database?

Invariant: works on a file whatever its shape, so that these problems can be told beside faults of shape. What is no
slug is passed over; reading.py tells of it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from django.db import models

from config.configuration.reading import Problem, place
from config.configuration.schema import SLUG
from crmsync.models import Agent
from intake.models import Source
from trail.models import Workflow

# Section, setting, and the section that its names are of.
_USES = (
    ("sources", "workflow", "workflows"),
    ("routing", "agents", "agents"),
    ("routing", "sources", "sources"),
    ("templates", "sources", "sources"),
)
_MODELS: Mapping[str, type[models.Model]] = {"workflows": Workflow, "agents": Agent, "sources": Source}


def unknown_names(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Every name that nothing has.

    Args:
        document: a configuration file, read from YAML and not checked otherwise.
    """
    known = {section: _known(section, document) for section in _MODELS}
    for section, setting, of in _USES:
        for index, entry in _entries(document, section):
            used = entry.get(setting)
            for steps, slug in enumerate(used) if isinstance(used, list) else [(None, used)]:
                where = place([section, index, setting, *([] if steps is None else [steps])])
                if _is_slug(slug) and slug not in known[of]:
                    near = difflib.get_close_matches(slug, known[of], 1)
                    hint = f"Did you mean {near[0]!r}?" if near else f"Add it under {of}."
                    yield Problem(where, f"There is no {of.removesuffix('s')} {slug!r}. {hint}")


def _known(section: str, document: Mapping[str, Any]) -> list[str]:
    named = {entry["slug"] for _, entry in _entries(document, section) if _is_slug(entry.get("slug"))}
    return sorted(named | set(_MODELS[section]._default_manager.values_list("slug", flat=True)))


def _entries(document: Mapping[str, Any], section: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    entries = document.get(section)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield index, entry


def _is_slug(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= 50 and re.fullmatch(SLUG, value) is not None
