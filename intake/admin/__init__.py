"""The screens of intake; one file per noun. The lead page stands in crmsync: it joins what came in with what went out."""

from intake.admin import contact, delivery, item, mapping, property, refusal, source

__all__ = ["contact", "delivery", "item", "mapping", "property", "refusal", "source"]
