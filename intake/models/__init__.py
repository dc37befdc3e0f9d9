"""The records of intake; one file per noun."""

from intake.models.contact import Contact, ContactPoint, PossibleDuplicate
from intake.models.delivery import Acceptance, Delivery
from intake.models.enriched import EnrichedValue
from intake.models.item import Item
from intake.models.lead import Lead, TrailStep
from intake.models.mapping import FieldMapping, MappingVersion, PicklistEntry
from intake.models.property import Property
from intake.models.reader import SourceReader
from intake.models.source import Refusal, Source, SourceSecret

__all__ = [
    "Acceptance",
    "Contact",
    "ContactPoint",
    "Delivery",
    "EnrichedValue",
    "FieldMapping",
    "Item",
    "Lead",
    "MappingVersion",
    "PicklistEntry",
    "PossibleDuplicate",
    "Property",
    "Refusal",
    "Source",
    "SourceReader",
    "SourceSecret",
    "TrailStep",
]
