"""The internal schema (`schema.py`), its targets for mappings (`targets.py`) and the door to it (`build.py`).

Invariant: records know nothing of payloads, sources or databases.
"""

from intake.records.build import build
from intake.records.schema import (
    CleanRecord,
    ContactPointRecord,
    ContactRecord,
    Kind,
    LeadRecord,
    Problem,
    PropertyRecord,
)
from intake.records.targets import LISTS, PARTS, TARGETS, VOCABULARIES, WHOLES

__all__ = [
    "LISTS",
    "PARTS",
    "TARGETS",
    "VOCABULARIES",
    "WHOLES",
    "CleanRecord",
    "ContactPointRecord",
    "ContactRecord",
    "Kind",
    "LeadRecord",
    "Problem",
    "PropertyRecord",
    "build",
]
