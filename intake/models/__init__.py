"""The records of intake; one file per noun."""

from intake.models.contact import Contact, ContactPoint, PossibleDuplicate
from intake.models.data_audit import DataAudit
from intake.models.delivery import Acceptance, Delivery
from intake.models.file_import import FileImport, RefusedRow
from intake.models.item import Item
from intake.models.lead import Lead, TrailStep
from intake.models.mapping import FieldMapping, MappingVersion, PicklistEntry
from intake.models.property import Property
from intake.models.reader import SourceReader
from intake.models.source import Refusal, Source, SourceSecret
from intake.models.table_file import FileChunk, TableFile

__all__ = [
    "Acceptance",
    "Contact",
    "ContactPoint",
    "DataAudit",
    "Delivery",
    "FieldMapping",
    "FileChunk",
    "FileImport",
    "Item",
    "Lead",
    "MappingVersion",
    "PicklistEntry",
    "PossibleDuplicate",
    "Property",
    "Refusal",
    "RefusedRow",
    "Source",
    "SourceReader",
    "SourceSecret",
    "TableFile",
    "TrailStep",
]
