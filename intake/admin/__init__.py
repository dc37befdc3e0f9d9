"""The screens of intake; one file per noun.

The lead's page stands in crmsync/admin, because it joins what came in with what went out.
"""

from intake.admin import contact, delivery, enriched, item, mapping, property, refusal, source

__all__ = ["contact", "delivery", "enriched", "item", "mapping", "property", "refusal", "source"]
