"""The sandbox speaks HubSpot's dialect: HubSpot's own Python client, written by others, gets along with it.

That shows shapes, not semantics: a client that accepts our answers does not prove the live service gives
them.
"""

from __future__ import annotations

import pytest
import urllib3
from hubspot import HubSpot
from hubspot.crm import contacts, objects, properties

from tests.contract.conftest import TOKEN


@pytest.fixture
def hubspot(sandbox):
    # Without retries: urllib3 would obey Retry-After by sleeping.
    return HubSpot(access_token=TOKEN, host=sandbox.url, retry=urllib3.Retry(False))


@pytest.fixture
def keyed(hubspot):
    """The client, on an account that has our unique property."""
    for kind in ("contacts", "tasks", "0-420"):
        hubspot.crm.properties.groups_api.create(
            kind, properties.PropertyGroupCreate(name="steward", label="Steward", display_order=-1)
        )
        hubspot.crm.properties.core_api.create(
            kind,
            properties.PropertyCreate(
                name="steward_id",
                label="Steward id",
                type="string",
                field_type="text",
                group_name="steward",
                has_unique_value=True,
            ),
        )
    return hubspot


def new_contact(**values):
    return contacts.SimplePublicObjectInputForCreate(properties=values, associations=[])


def upsert(*rows, key="steward_id"):
    return contacts.BatchInputSimplePublicObjectBatchInputUpsert(
        inputs=[
            contacts.SimplePublicObjectBatchInputUpsert(id=id, id_property=key, properties=values)
            for id, values in rows
        ]
    )


def by_email(email, operator="EQ"):
    return contacts.PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "email", "operator": operator, "value": email}]}],
        properties=["email", "city"],
        limit=10,
        sorts=[],
        after=0,
    )


def test_the_host_is_a_setting_of_the_generated_client(sandbox):
    api = HubSpot(access_token=TOKEN).crm.contacts.basic_api
    api.api_client.configuration.host = sandbox.url

    assert api.get_page().results == []


def test_a_contact_is_created_read_changed_and_archived(hubspot):
    basic = hubspot.crm.contacts.basic_api

    created = basic.create(new_contact(email="ann@home.example", firstname="Ann"))
    read = basic.get_by_id(created.id, properties=["email", "firstname", "city"])
    updated = basic.update(created.id, contacts.SimplePublicObjectInput(properties={"city": "Austin"}))
    basic.archive(created.id)

    assert read.properties["email"] == "ann@home.example"
    assert read.properties["city"] is None
    assert updated.properties["city"] == "Austin"
    assert (created.archived, created.created_at.year) == (False, 2027)
    with pytest.raises(contacts.ApiException) as gone:
        basic.get_by_id(created.id)
    assert gone.value.status == 404


def test_all_pages_are_read(hubspot):
    for number in range(120):
        hubspot.crm.contacts.basic_api.create(new_contact(email=f"p{number}@home.example"))

    found = hubspot.crm.contacts.get_all()

    assert [row.properties["email"] for row in found] == [f"p{number}@home.example" for number in range(120)]


def test_search_finds_by_value(hubspot):
    created = hubspot.crm.contacts.basic_api.create(new_contact(email="ann@home.example"))

    found = hubspot.crm.contacts.search_api.do_search(by_email("ann@home.example"))

    assert (found.total, [row.id for row in found.results]) == (1, [created.id])


def test_a_batch_is_upserted_by_our_own_id(sandbox, keyed):
    batch = keyed.crm.contacts.batch_api

    first = batch.upsert(upsert(("c-1", {"email": "ann@home.example"}), ("c-2", {"firstname": "Ben"})))
    second = batch.upsert(upsert(("c-1", {"city": "Austin"})))

    assert (first.status, [row.new for row in first.results]) == ("COMPLETE", [True, True])
    assert [(row.id, row.new) for row in second.results] == [(first.results[0].id, False)]
    read = keyed.crm.contacts.basic_api.get_by_id("c-1", id_property="steward_id", properties=["city"])
    assert (read.id, read.properties["city"]) == (first.results[0].id, "Austin")
    assert len(sandbox.records("contacts")) == 2


def test_a_batch_that_fails_in_part_answers_207_with_its_errors(sandbox, keyed):
    batch = keyed.crm.contacts.batch_api
    batch.upsert(upsert(("c-1", {"email": "ann@home.example"})))

    answer, status, _ = batch.upsert_with_http_info(
        upsert(("c-2", {"email": "ann@home.example"}), ("c-3", {"firstname": "Cy"}))
    )

    assert status == 207
    assert (answer.num_errors, answer.errors[0].category) == (1, "CONFLICT")
    assert answer.errors[0].context == {"ids": ["c-2"]}
    assert [row.properties["firstname"] for row in answer.results] == ["Cy"]
    assert len(sandbox.records("contacts")) == 2


def test_records_are_created_changed_and_read_in_batches(hubspot):
    batch = hubspot.crm.contacts.batch_api

    made = batch.create(
        contacts.BatchInputSimplePublicObjectBatchInputForCreate(
            inputs=[
                contacts.SimplePublicObjectBatchInputForCreate(properties={"firstname": name}, associations=[])
                for name in ("Ann", "Ben")
            ]
        )
    )
    ids = [row.id for row in made.results]
    batch.update(
        contacts.BatchInputSimplePublicObjectBatchInput(
            inputs=[contacts.SimplePublicObjectBatchInput(id=ids[0], properties={"city": "Austin"})]
        )
    )
    read, status, _ = batch.read_with_http_info(
        contacts.BatchReadInputSimplePublicObjectId(
            inputs=[contacts.SimplePublicObjectId(id=id) for id in (*ids, "999999")],
            properties=["city"],
            properties_with_history=[],
        )
    )

    assert [(row.id, row.properties["city"]) for row in read.results] == [(ids[0], "Austin"), (ids[1], None)]
    assert (status, read.errors[0].category) == (207, "OBJECT_NOT_FOUND")


def test_two_contacts_are_merged(sandbox, hubspot):
    basic = hubspot.crm.contacts.basic_api
    kept = basic.create(new_contact(email="ann@home.example"))
    gone = basic.create(new_contact(email="ann@work.example", city="Austin"))

    merged = basic.merge(contacts.PublicMergeInput(primary_object_id=kept.id, object_id_to_merge=gone.id))

    assert merged.properties["city"] == "Austin"
    assert list(sandbox.records("contacts")) == [merged.id]
    assert basic.get_by_id(gone.id).id == merged.id


def test_owners_are_listed(hubspot):
    owners = hubspot.crm.owners

    assert [owner.email for owner in owners.get_all()] == [
        "ana.ruiz@team.example",
        "ben.cole@team.example",
        "chloe.park@team.example",
    ]
    first = owners.owners_api.get_page(limit=1)
    assert (first.results[0].first_name, first.paging.next.after) == ("Ana", "1")
    assert owners.owners_api.get_by_id(501).email == "ana.ruiz@team.example"


def test_tasks_and_listings_are_objects_by_name_and_by_id(sandbox, keyed):
    basic = keyed.crm.objects.basic_api
    ann = keyed.crm.contacts.basic_api.create(new_contact(email="ann@home.example"))

    house = basic.create(
        "0-420",
        objects.SimplePublicObjectInputForCreate(
            properties={"hs_name": "9 Elm Ave", "hs_price": "450000"}, associations=[]
        ),
    )
    task = basic.create(
        "tasks",
        objects.SimplePublicObjectInputForCreate(
            properties={"hs_timestamp": "2026-11-24T09:00:00Z", "hs_task_subject": "Call"},
            associations=[
                objects.PublicAssociationsForObject(
                    to=objects.PublicObjectId(id=ann.id),
                    types=[objects.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=204)],
                )
            ],
        ),
    )

    read = basic.get_by_id("tasks", task.id, associations=["contacts"])
    assert [tie.id for tie in read.associations["contacts"].results] == [ann.id]
    assert basic.get_by_id("listings", house.id, properties=["hs_price"]).properties["hs_price"] == "450000"
    assert {len(sandbox.records(kind)) for kind in ("contacts", "listings", "tasks")} == {1}


def test_properties_are_listed_and_read(keyed):
    core = keyed.crm.properties.core_api

    assert core.get_by_name("contacts", "steward_id").has_unique_value is True
    names = [row.name for row in core.get_all("contacts").results]
    assert {"email", "firstname", "steward_id"} <= set(names)
    with pytest.raises(properties.ApiException) as missing:
        core.get_by_name("contacts", "nothing")
    assert missing.value.status == 404


# What must be refused


def refused(call, status, *words):
    with pytest.raises((contacts.ApiException, objects.ApiException)) as caught:
        call()
    assert caught.value.status == status
    assert all(word in caught.value.body for word in ("category", "correlationId", "message", *words))


def test_an_address_that_is_taken_is_a_conflict_that_names_the_record(sandbox, hubspot):
    basic = hubspot.crm.contacts.basic_api
    first = basic.create(new_contact(email="ann@home.example"))

    refused(
        lambda: basic.create(new_contact(email="ann@home.example")),
        409,
        f"Contact already exists. Existing ID: {first.id}",
        "CONFLICT",
    )
    assert len(sandbox.records("contacts")) == 1


def test_our_id_that_is_taken_is_a_validation_error(sandbox, keyed):
    basic = keyed.crm.contacts.basic_api
    basic.create(new_contact(steward_id="c-1"))

    refused(lambda: basic.create(new_contact(steward_id="c-1")), 400, "CONFLICTING_UNIQUE_VALUE")
    assert len(sandbox.records("contacts")) == 1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"hs_price": 450_000}, "must be a string"),
        ({"hs_price": True}, "must be a string"),
        ({"hs_price": "many"}, "INVALID_LONG"),
        ({"nothing": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_object_id": "7"}, "READ_ONLY_VALUE"),
        ({"hubspot_owner_id": "999"}, "INVALID_OWNER_ID"),
    ],
)
def test_a_value_that_is_not_right_is_refused_and_nothing_is_stored(sandbox, hubspot, values, word):
    body = objects.SimplePublicObjectInputForCreate(properties=values, associations=[])

    refused(lambda: hubspot.crm.objects.basic_api.create("listings", body), 400, word)
    assert sandbox.records("listings") == {}


@pytest.mark.parametrize(
    "values", [{"hs_task_subject": "No time"}, {"hs_timestamp": "soon"}, {"hs_timestamp": "1", "hs_task_type": "x"}]
)
def test_a_task_needs_a_time_and_known_words(sandbox, hubspot, values):
    body = objects.SimplePublicObjectInputForCreate(properties=values, associations=[])

    refused(lambda: hubspot.crm.objects.basic_api.create("tasks", body), 400)
    assert sandbox.records("tasks") == {}


def test_a_search_with_an_unknown_operator_is_refused(hubspot):
    refused(lambda: hubspot.crm.contacts.search_api.do_search(by_email("a", operator="LIKE")), 400, "operator")


def test_a_batch_of_more_than_a_hundred_is_refused_whole(sandbox, keyed):
    rows = [(f"c-{number}", {"firstname": "x"}) for number in range(101)]

    refused(lambda: keyed.crm.contacts.batch_api.upsert(upsert(*rows)), 400, "100")
    assert sandbox.records("contacts") == {}


def test_a_wrong_key_is_refused(sandbox):
    api = HubSpot(access_token="wrong", host=sandbox.url).crm.contacts.basic_api

    refused(lambda: api.create(new_contact(email="ann@home.example")), 401, "INVALID_AUTHENTICATION")
    assert sandbox.records("contacts") == {}


def test_a_limit_answers_429_with_its_policy(sandbox, hubspot):
    sandbox.fault("retry_after", count=1, seconds=3, policy="SECONDLY")

    with pytest.raises(contacts.ApiException) as caught:
        hubspot.crm.contacts.basic_api.get_page()

    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "3")
    assert '"policyName":"SECONDLY"' in caught.value.body
    assert '"errorType":"RATE_LIMIT"' in caught.value.body


# Requests that the client cannot be made to send


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "status"),
    [
        ("POST", "/crm/v3/objects/contacts", b"email=a%40b.example", "application/x-www-form-urlencoded", 415),
        ("POST", "/crm/v3/objects/contacts", b"{", "application/json", 400),
        ("POST", "/crm/v3/objects/contacts", b"[]", "application/json", 400),
        ("POST", "/crm/v3/objects/contacts", b"{}", "application/json", 400),
        ("POST", "/crm/v3/objects/contacts", b'{"properties":{"email":7}}', "application/json", 400),
        ("GET", "/crm/v3/objects/contacts?limit=abc", None, "", 400),
        ("GET", "/crm/v3/objects/contacts?limit=101", None, "", 400),
        ("POST", "/crm/v3/objects/contacts/search", b'{"limit":"abc"}', "application/json", 400),
        ("POST", "/crm/v3/objects/contacts/search", b'{"limit":1e999}', "application/json", 400),
        ("POST", "/crm/v3/objects/contacts/search", b'{"filterGroups":[{}]}', "application/json", 400),
        (
            "POST",
            "/crm/v3/objects/contacts/merge",
            b'{"primaryObjectId":1,"objectIdToMerge":2}',
            "application/json",
            400,
        ),
        ("POST", "/crm/v3/objects/tasks/merge", b"{}", "application/json", 405),
        ("GET", "/crm/v3/objects/contacts/1?idProperty=city", None, "", 400),
        ("GET", "/crm/v3/objects/widgets", None, "", 400),
        ("GET", "/crm/v3/nothing", None, "", 404),
        ("GET", "/crm/objects/2026-09/contacts", None, "", 200),
        ("GET", "/crm/owners/2026-09", None, "", 200),
        ("GET", "/crm/properties/2026-09/0-420", None, "", 200),
        ("GET", "/crm/associations/2026-09/tasks/0-420/labels", None, "", 200),
    ],
)
def test_a_request_by_hand(sandbox, method, path, body, content_type, status):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if content_type:
        headers["Content-Type"] = content_type

    with urllib3.PoolManager() as pool:
        answer = pool.request(method, sandbox.url + path, body=body, headers=headers, retries=False)

    assert answer.status == status
    assert isinstance(answer.json(), dict)
    assert sandbox.records("contacts") == {}
