"""The screens of intake; one file per noun.

The lead's page stands in crmsync/admin, because it joins what came in with what went out.
"""

from intake.admin import (
    contact,
    data_audit,
    delivery,
    dry_run,
    file_import,
    item,
    mapping,
    owner_order,
    property,
    refusal,
    renormalization,
    source,
)

__all__ = [
    "contact",
    "data_audit",
    "delivery",
    "dry_run",
    "file_import",
    "item",
    "mapping",
    "owner_order",
    "property",
    "refusal",
    "renormalization",
    "source",
]
