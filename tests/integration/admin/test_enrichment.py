"""What providers said and what it cost, as people see it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils.html import escape

from crmsync.models import Connection, Push
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World

pytestmark = pytest.mark.django_db


def test_the_lead_page_shows_a_providers_value_beside_the_original(world: World, login: Login) -> None:
    make.enriched_value(contact=world.lead.contact, field="phone", value="+15125550177", confidence=0.9, ask=41)

    page = login("Manager").get(f"/admin/intake/lead/{world.lead.pk}/change/").content.decode()

    assert "(512) 555-0142" in page
    assert "+15125550177" in page
    assert "data: 90% sure, $0.12 for the question, push 41" in page


def test_without_the_right_to_payloads_the_value_is_hidden_on_the_lead_page(world: World, login: Login) -> None:
    make.enriched_value(contact=world.lead.contact, field="phone", value="+15125550177")

    page = login("Auditor").get(f"/admin/intake/lead/{world.lead.pk}/change/").content.decode()

    assert "+15125550177" not in page


def test_contact_and_property_show_what_providers_said(world: World, login: Login) -> None:
    home = make.property_()
    make.enriched_value(property=home, field="owner_history", value="1961 Ana Ruiz")
    client = login("Reviewer")

    assert "1980-02-29" in client.get(f"/admin/intake/contact/{world.lead.contact_id}/change/").content.decode()
    assert "1961 Ana Ruiz" in client.get(f"/admin/intake/property/{home.pk}/change/").content.decode()


def test_the_ledger_shows_todays_budgets(world: World, login: Login) -> None:
    account = make.provider(name="Data house", options={"budget_cents": 100})
    workflow = make.workflow(name="Sellers", slug="sellers", required={"contact": ["phone"]}, budget_cents=12)
    asked = make.push(kind=Push.Kind.TRACE, connection=account)
    make.spending(push=asked, workflow=workflow.slug)

    page = login("Manager").get("/admin/crmsync/spending/").content.decode()

    assert '<meter min="0" max="100" value="12" aria-label="Data house">' in page
    assert "$0.12 of $1.00 spent today." in page
    assert "$0.12 of $0.12 spent today. Nothing more is asked today." in page


def test_the_refusal_of_a_budget_stands_on_the_questions_page(world: World, login: Login) -> None:
    words = "Today's budget of Data house is $1.00, and $1.00 of it are spent."
    asked = make.push(
        kind=Push.Kind.TRACE,
        connection=make.provider(),
        error_code="budget_spent",
        error_message=words,
    )

    page = login("Reviewer").get(f"/admin/crmsync/push/{asked.pk}/change/").content.decode()

    assert escape(words) in page


def test_a_provider_says_what_it_cost_today_and_can_be_tested(world: World, login: Login) -> None:
    account = make.provider(base_url="http://127.0.0.1:1", options={"budget_cents": 100})
    client = login("Integrations admin")

    page = client.get(f"/admin/crmsync/connection/{account.pk}/change/").content.decode()
    client.post(f"/admin/crmsync/connection/{account.pk}/test/")

    assert "$0.00 of $1.00" in page
    assert "External-id property" not in page
    account = Connection.objects.get(pk=account.pk)
    assert account.last_check_ok is False
    assert account.last_check.startswith("Provider does not work yet")


@pytest.mark.parametrize("required", [[], ["phone"], {"contact": "phone"}, {"lead": ["message"]}, 7])
def test_required_fields_that_nobody_could_read_are_refused(required: object) -> None:
    workflow = make.workflow()
    workflow.required = required

    with pytest.raises(ValidationError) as caught:
        workflow.full_clean()

    assert "Write lists of fields" in caught.value.message_dict["required"][0]
