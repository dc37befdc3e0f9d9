"""HubSpot's refusals and paths, as documented or seen, without a server."""

from __future__ import annotations

import pytest

from crmsync.crms import registry
from crmsync.crms.hubspot import errors
from crmsync.crms.hubspot.fields import inbound, outbound
from crmsync.crms.hubspot.vendor import Dialect
from crmsync.options import HubSpotOptions
from crmsync.transport.errors import Conflict, Misconfigured, NotFound, Permanent, RateLimited, Transient
from crmsync.transport.http import Response


@pytest.mark.parametrize(
    ("body", "kind", "existing"),
    [
        ({"message": "Contact already exists. Existing ID: 7", "category": "CONFLICT"}, Conflict, "7"),
        ({"message": "Contact already exists.", "category": "CONFLICT"}, Conflict, ""),
        ({"message": '[{"message":"105 already has that value.","name":"steward_id"}]'}, Conflict, "105"),
        ({"message": "propertyValue: already has that value steward_id"}, Conflict, ""),
        ({"message": '[{"error":"CONFLICTING_UNIQUE_VALUE","name":"steward_id"}]'}, Conflict, ""),
        ({"message": "gone", "category": "OBJECT_NOT_FOUND"}, NotFound, None),
        ({"message": '[{"error":"PROPERTY_DOESNT_EXIST"}]', "category": "VALIDATION_ERROR"}, Misconfigured, None),
        ({"message": "Unable to infer object type from: p_homes"}, Misconfigured, None),
        ({"message": '[{"error":"INVALID_EMAIL"}]', "category": "VALIDATION_ERROR"}, Permanent, None),
        ({}, Permanent, None),
    ],
)
def test_a_refusal_is_named_by_its_words(body, kind, existing):
    error = errors.from_answer(Response(400, {}, body), safe=False)

    assert type(error) is kind
    assert getattr(error, "existing_id", None) == existing


def test_only_a_refusal_that_names_a_field_sends_people_to_the_field():
    named = errors.from_refusal({"message": 'Not valid: [{"error":"INVALID_EMAIL","name":"email"}]'})
    bare = errors.from_refusal({"message": "Ada Smith is refused", "category": "VALIDATION_ERROR"})
    hostile = errors.from_refusal({"message": r'"Ada \"name\":\"x\""', "category": "Ada Smith"})

    assert (named.code, "names the field" in named.message) == ("invalid", True)
    assert bare.code == hostile.code == "refused"
    assert "It calls this VALIDATION_ERROR. " in bare.message
    assert "Ada" not in bare.message + hostile.message


def test_a_limit_without_words_waits_the_longer_of_the_short_windows():
    error = errors.from_answer(Response(429, {}, {}), safe=True)

    assert (type(error), error.retry_after) == (RateLimited, 10.0)


def test_a_wait_that_is_said_wins():
    assert errors.from_answer(Response(429, {}, {"policyName": "DAILY"}, 5.0), safe=True).retry_after == 5.0
    locked = errors.from_answer(Response(423, {}, {}, 0.0), safe=False)
    assert (type(locked), locked.retry_after) == (Transient, 0.0)


@pytest.mark.parametrize(
    ("version", "path", "labels"),
    [
        ("v3", "/crm/v3/objects/contacts/a%2Fb", "/crm/v4/associations/tasks/0-420/labels"),
        ("2026-09", "/crm/objects/2026-09/contacts/a%2Fb", "/crm/associations/2026-09/tasks/0-420/labels"),
    ],
)
def test_the_version_stands_where_hubspot_wants_it(version, path, labels):
    dialect = Dialect.from_options(HubSpotOptions(version=version))

    assert dialect.path("objects", "contacts", "a/b") == path
    assert dialect.association_path("task", "property") == labels


def test_fields_can_be_added_renamed_and_left_out_by_option():
    dialect = Dialect.from_options(HubSpotOptions(fields={"contact": {"nickname": "nick", "city": "town", "zip": ""}}))

    sent = outbound(dialect, "contact", {"nickname": "Annie", "city": "Austin", "zip": "78701", "strange": 1})
    read = inbound(dialect, "contact", {"id": 7, "properties": {"nick": "Annie", "town": None, "zip": "78701"}})

    assert sent == {"nick": "Annie", "town": "Austin"}
    assert (read.id, read.values) == ("7", {"nickname": "Annie"})


def test_further_addresses_and_phones_are_joined():
    sent = outbound(
        Dialect(),
        "contact",
        {"other_emails": ["b@x.example", "c@x.example"], "other_phones": ["5125550187", "+442079460018"]},
    )

    assert sent == {
        "steward_other_emails": "b@x.example;c@x.example",
        "steward_other_phones": "+15125550187;+442079460018",
    }


def test_an_account_at_the_vendor_needs_no_address():
    client = registry.client("hubspot", base_url="", token="x" * 20)

    assert client.search("contact") == []


def test_a_crm_that_there_is_no_adapter_for_is_bad_use():
    with pytest.raises(KeyError):
        registry.client("nothing", base_url="", token="x")
