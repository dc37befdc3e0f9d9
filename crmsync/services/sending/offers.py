"""Which values of providers may stand in a CRM where we have none: read with the settings of today.

Invariant: a number that a provider calls dead, or whose owner must not be called, is never offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Q

from crmsync.enriching import Offer
from crmsync.models import Connection
from crmsync.options import ProviderOptions, told
from intake.models import EnrichedValue

# (field, value) of a check that takes a number out.
_AGAINST = {("phone_dnc", "yes"), ("phone_litigator", "yes"), ("phone_active", "no")}

Offers = Mapping[tuple[str, int], list[Offer]]


def offers_for(contact_ids: Iterable[int], property_ids: Iterable[int]) -> Offers:
    """What is offered per ("contact", id) and ("property", id), newest first."""
    values = list(
        EnrichedValue.objects.filter(Q(contact__in=list(contact_ids)) | Q(property__in=list(property_ids))).order_by(
            "-id"
        )
    )
    if not values:
        return {}
    providers = _providers({value.provider for value in values})
    against = {(value.contact_id, value.about) for value in values if (value.field, value.value) in _AGAINST}
    found: dict[tuple[str, int], list[Offer]] = {}
    for value in values:
        noun, record_id = ("contact", value.contact_id) if value.contact_id else ("property", value.property_id)
        provider = providers.get(value.provider)
        if record_id is None or provider is None or value.field not in provider.may_fill(noun):
            continue
        if value.field == "phone" and (value.contact_id, value.value) in against:
            continue
        found.setdefault((noun, record_id), []).append(Offer(value.field, value.value, value.confidence))
    return found


def _providers(slugs: Iterable[str]) -> dict[str, ProviderOptions]:
    """What the providers are told, by their slugs."""
    accounts = Connection.objects.filter(slug__in=list(slugs))
    options = {account.slug: told(account.kind, account.options) for account in accounts}
    return {slug: one for slug, one in options.items() if isinstance(one, ProviderOptions)}
