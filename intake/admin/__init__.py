"""The screens of intake; one file per noun.

The lead's page stands in crmsync/admin, because it joins what came in with what went out.
"""

from intake.admin import (
    contact,
    delivery,
    dry_run,
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
    "delivery",
    "dry_run",
    "item",
    "mapping",
    "owner_order",
    "property",
    "refusal",
    "renormalization",
    "source",
]
