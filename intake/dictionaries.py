"""The published mapping dictionary of each source, compiled once per process.

Invariant: a version that was published never changes, so a compiled one stays true for as long as the process lives;
which version is published is asked anew for each batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from intake.mapping.spec import MappingSpec
from intake.models import MappingVersion


def published(source_ids: Iterable[int]) -> dict[int, tuple[MappingVersion, MappingSpec]]:
    """Per source its published version and that version's compiled dictionary; sources without one are left out."""
    versions = MappingVersion.objects.filter(
        source_id__in=set(source_ids), state=MappingVersion.State.PUBLISHED
    ).select_related("source")
    return {version.source_id: (version, _compiled(version.pk)) for version in versions}


@lru_cache(maxsize=256)
def _compiled(version_id: int) -> MappingSpec:
    return MappingVersion.objects.select_related("source").get(pk=version_id).compiled()


def compiled(version: MappingVersion) -> MappingSpec:
    """The dictionary of a version that was published; a draft may still change and is compiled by itself."""
    return _compiled(version.pk)


def forget_dictionaries() -> None:
    """Compile every version anew when it is next asked for."""
    _compiled.cache_clear()
