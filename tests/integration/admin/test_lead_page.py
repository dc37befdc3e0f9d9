"""The lead's page: the trail with its proofs, raw beside normalized, and everything that was tried."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crmsync.models import Push
from crmsync.services.redrive import redrive
from intake.models import TrailStep
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World
from trail.record import Actor


def texts(page: bytes) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.decode())).split())


def looks(page: bytes) -> list[str]:
    """How each of the six steps is drawn."""
    return re.findall(r'<li class="st-step st-(\w+)">', page.decode())


def test_a_failed_step_is_red_with_its_tries_and_a_way_to_redrive(world: World, login: Login) -> None:
    page = login("Reviewer").get(f"/admin/intake/lead/{world.lead.pk}/change/").content

    assert looks(page) == ["done", "done", "failed", "ahead", "doubt", "running"]
    assert f'href="/admin/crmsync/push/{world.dead_push.pk}/redrive/"' in page.decode()
    assert "+0.4 s Mapping zillow v2: 3 fields, 1 unmapped" in texts(page)


def test_who_redrove_the_write_of_the_leads_contact_stands_in_its_history(world: World, login: Login) -> None:
    assert world.dead_push.lead_id is None
    redrive([world.dead_push.pk], by=Actor.person("dana"), reason="The field was mended there.")

    page = texts(login("Auditor").get(f"/admin/intake/lead/{world.lead.pk}/change/").content)

    assert f"push.redriven Push {world.dead_push.pk} dana The field was mended there." in page


def test_a_step_that_waits_for_a_paused_connection_says_so(world: World, login: Login) -> None:
    Push.objects.filter(pk=world.dead_push.pk).update(state=Push.State.WAITING, error_code="", error_message="")
    world.connection.pause(reason="It refused the token.")

    page = texts(login("Reviewer").get(f"/admin/intake/lead/{world.lead.pk}/change/").content)

    assert "HubSpot is paused. This is done when somebody resumes it." in page


def test_an_auditor_sees_the_failure_and_no_way_to_redrive(world: World, login: Login) -> None:
    page = login("Auditor").get(f"/admin/intake/lead/{world.lead.pk}/change/").content

    assert looks(page)[2] == "failed"
    assert "/redrive/" not in page.decode()


@pytest.mark.parametrize(("role", "told"), [("Reviewer", True), ("Auditor", False)])
def test_what_somebody_wrote_is_shown_to_who_may_see_payloads_also_beside_the_contact(
    world: World, login: Login, role: str, told: bool
) -> None:
    world.lead.message = "Can I see this on Saturday?"
    world.lead.save()

    for page in (f"intake/lead/{world.lead.pk}", f"intake/contact/{world.lead.contact_id}"):
        assert ("on Saturday" in texts(login(role).get(f"/admin/{page}/change/").content)) is told


def test_a_finished_lead_shows_six_steps_in_order_with_time_gap_and_proof(db: None, login: Login) -> None:
    lead = make.lead()
    said = TrailStep.Step
    start = timezone.now() - timedelta(minutes=1)
    proofs: list[tuple[str, float, dict[str, Any]]] = [
        (said.RECEIVED, 0, {"via": "webhook", "delivery": "7f3a91c2-0000", "key_id": "main"}),
        (said.NORMALIZED, 0.4, {"mapping": "zillow v2", "fields": 8}),
        (said.CRM_UPDATED, 6.8, {"connection": "hubspot", "id": "8812046"}),
        (said.ASSIGNED, 7, {"agent": "Priya Patel"}),
        (said.EMAIL_SKIPPED, 8, {"reason": "one in 24 h"}),
        (said.TASK_CREATED, 9.5, {"id": "991"}),
    ]
    for step, after, proof in reversed(proofs):
        make.trail_step(lead=lead, step=step, at=start + timedelta(seconds=after), proof=proof)

    page = login().get(f"/admin/intake/lead/{lead.pk}/change/").content

    assert looks(page) == ["done"] * 6
    words = texts(page)
    order = [
        "Webhook, delivery 7f3a91c2, proved by the secret main",
        "+0.4 s Mapping zillow v2: 8 fields",
        "Updated in the CRM",
        "+6.4 s Contact 8812046 in hubspot",
        "To Priya Patel",
        "E-mail skipped",
        "+1.5 s Task 991 in the CRM",
    ]
    assert [words.index(one) for one in order] == sorted(words.index(one) for one in order)


def test_raw_and_normalized_stand_side_by_side_with_their_origin_and_unmapped_paths_last(
    world: World, login: Login
) -> None:
    words = texts(login().get(f"/admin/intake/lead/{world.lead.pk}/change/").content)

    assert "Contact: phone (512) 555-0142 phone (512) 555-0142 phone@1" in words
    assert words.index("Contact: e-mail") < words.index("Contact: phone") < words.index("Unmapped zpid")


def test_what_is_done_stands_in_the_order_of_its_times_with_the_zone_named(world: World, login: Login) -> None:
    said = TrailStep.Step
    start = world.lead.steps.get(step=said.NORMALIZED).at
    make.trail_step(lead=world.lead, step=said.TASK_CREATED, at=start + timedelta(seconds=1), proof={"id": "991"})
    proof = {"message_id": "<1@x>", "to": "maria@example.com"}
    make.trail_step(lead=world.lead, step=said.EMAIL_SENT, at=start + timedelta(seconds=3), proof=proof)

    page = login().get(f"/admin/intake/lead/{world.lead.pk}/change/").content

    assert looks(page) == ["done", "done", "done", "done", "failed", "ahead"]
    assert re.search(
        r"[AP]M C[SD]T \+1\.0 s Task 991 .* C[SD]T \+2\.0 s To maria@example\.com, message id", texts(page)
    )


def test_a_constant_of_the_mapping_is_no_raw_payload(world: World, login: Login) -> None:
    item = world.lead.item
    item.values = {"contact.language": {"value": "English", "raw": "English", "path": "", "by": "constant"}}
    item.save()

    page = texts(login().get(f"/admin/intake/lead/{world.lead.pk}/change/").content)

    assert "Contact: language – constant of the mapping English constant" in page


def test_markup_in_a_payload_is_shown_as_text(world: World, login: Login) -> None:
    attack = '<img src=x onerror="alert(1)"><b x-init="alert(2)">'
    item = world.lead.item
    item.values = {"lead.message": {"value": attack, "raw": attack, "path": attack, "by": attack}}
    item.unmapped = [attack]
    item.problems = [attack]
    item.save()
    world.lead.message = attack
    world.lead.save()
    delivery = make.delivery(source=world.source, payload={attack: attack}, state="dead", error_message=attack)

    for address in (
        f"/admin/intake/lead/{world.lead.pk}/change/",
        f"/admin/intake/item/{item.pk}/change/",
        "/admin/intake/item/",
        f"/admin/intake/delivery/{delivery.pk}/change/",
        "/admin/intake/delivery/",
        "/admin/crmsync/deadletter/",
    ):
        page = login().get(address).content.decode()
        assert "<img src=x" not in page, address
        assert "<b x-init" not in page, address


@pytest.mark.parametrize("address", ["/admin/intake/lead/", "/admin/intake/lead/{lead}/change/"])
def test_the_page_asks_the_database_no_more_when_there_is_more_to_show(
    address: str, world: World, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login()
    where = address.format(lead=world.lead.pk)
    client.get(where)
    for number in range(20):
        make.attempt(push=world.dead_push, number=number)
        make.push(kind=Push.Kind.ALERT, lead=world.lead, connection=world.connection)
        make.lead(contact=world.lead.contact)

    # Two are the session and the person, two more the person's permissions on a first look.
    with django_assert_max_num_queries(12):
        assert client.get(where).status_code == 200


@pytest.mark.parametrize(
    "term", ["L-{lead}", "(512) 555-0142", "512.555.0142", "maria.alvarez@example.com", "alva", "mar", "Maria Alvarez"]
)
def test_a_lead_is_found_by_number_phone_email_and_name(term: str, world: World, login: Login) -> None:
    other = make.lead(contact=make.contact(first_name="Otto", last_name="Smith"))

    page = login().get("/admin/intake/lead/", {"q": term.format(lead=world.lead.pk)}).content.decode()

    assert world.lead.reference in page
    assert f">{other.reference}<" not in page


def test_the_active_filters_are_said_in_words(world: World, login: Login) -> None:
    page = texts(
        login()
        .get(
            "/admin/intake/lead/",
            {"source__id__exact": world.source.pk, "item__state__exact": "dead_letter", "older_than": "1d"},
        )
        .content
    )

    assert "Source: Zillow Rentals State: Dead letter" in page
