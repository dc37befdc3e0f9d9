"""The records of intake; one file per noun."""

from intake.models.contact import Contact, ContactPoint, PossibleDuplicate
from intake.models.data_audit import DataAudit
from intake.models.delivery import Acceptance, Delivery
from intake.models.dry_run import DryRun
from intake.models.file_import import FileImport, RefusedRow
from intake.models.item import Item
from intake.models.lead import Lead, TrailStep
from intake.models.mapping import FieldMapping, MappingVersion, PicklistEntry
from intake.models.owner_order import OwnerOrder
from intake.models.property import Property
from intake.models.reader import SourceReader
from intake.models.renormalization import Renormalization
from intake.models.sighting import DriftCursor, FieldSighting, WordSighting
from intake.models.source import Refusal, Source, SourceSecret
from intake.models.table_file import FileChunk, TableFile

__all__ = [
    "Acceptance",
    "Contact",
    "ContactPoint",
    "DataAudit",
    "Delivery",
    "DriftCursor",
    "DryRun",
    "FieldMapping",
    "FieldSighting",
    "FileChunk",
    "FileImport",
    "Item",
    "Lead",
    "MappingVersion",
    "OwnerOrder",
    "PicklistEntry",
    "PossibleDuplicate",
    "Property",
    "Refusal",
    "RefusedRow",
    "Renormalization",
    "Source",
    "SourceReader",
    "SourceSecret",
    "TableFile",
    "TrailStep",
    "WordSighting",
]
