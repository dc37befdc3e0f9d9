"""Each field may have an owner order of its own; a person is first in every one."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from intake.models import OwnerOrder, Property
from intake.models.owner_order import FIELDS, check_order
from intake.precedence import ORIGINS
from tests import factories as make
from tests.integration.intake.senders import MLS, WEBSITE, send_and_process, sender
from trail.models import AuditEntry

pytestmark = pytest.mark.django_db
SOURCE_FIRST = ["person", "source", "mls", "crm", "provider"]


def two_words() -> int:
    """The price that stands after the MLS and then a later enquiry said one each."""
    board = sender(MLS, kind="listing", origin="mls")
    website = sender(WEBSITE)
    send_and_process(board, {"ListingId": "A1", "ListPrice": "400000"})
    send_and_process(website, {"id": "1", "email": "a@b.example", "mls": "A1", "price": "450000"})
    return Property.objects.get().price or 0


def test_usually_the_mls_has_the_last_word_over_a_lead_source() -> None:
    assert two_words() == 400_000


def test_a_field_with_an_order_of_its_own_follows_it() -> None:
    make.owner_order(field="property.price", order=SOURCE_FIRST)
    make.owner_order(field="contact.city", order=SOURCE_FIRST)

    assert two_words() == 450_000


@pytest.mark.parametrize(
    "order", [[], ["person"], ["mls", "person", "crm", "source", "provider"], [*ORIGINS, "person"], "person", [1, 2]]
)
def test_an_order_names_every_owner_once_and_a_person_first(order: Any) -> None:
    with pytest.raises(ValidationError):
        check_order(order)


def test_what_says_which_record_it_is_has_no_owner() -> None:
    assert "property.price" in FIELDS
    assert not {"property.mls_id", "property.originating_mls", "contact.points"} & set(FIELDS)


def test_a_manager_edits_an_order_one_owner_a_line(client: Client) -> None:
    client.force_login(make.user("Manager"))

    refused = client.post("/admin/intake/ownerorder/add/", {"field": "contact.city", "order": "mls\nperson"})
    assert (refused.status_code, OwnerOrder.objects.count()) == (200, 0)
    client.post("/admin/intake/ownerorder/add/", {"field": "contact.city", "order": "\n".join(SOURCE_FIRST)})

    order = OwnerOrder.objects.get()
    assert (order.field, order.order) == ("contact.city", SOURCE_FIRST)
    assert AuditEntry.objects.filter(action="owner_order.added").exists()
