"""One suite over every CRM adapter: what `CrmClient` promises, on the sandbox CRM over real HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crmsync.crms.base import Checked, RemoteRecord, RemoteRef
from crmsync.transport.errors import (
    Ambiguous,
    Conflict,
    Misconfigured,
    NotFound,
    Permanent,
    RateLimited,
    Transient,
)
from crmsync.transport.http import Exchange
from tests.contract.conftest import TOKEN

ANN = {
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "ann@home.example",
    "phone": "5125550187",
    "street": "12 Oak St",
    "unit": "Apt 4",
    "city": "Austin",
    "state": "TX",
    "zip": "07030",
}
HOUSE = {
    "mls_id": "A-100",
    "originating_mls": "north",
    "street": "9 Elm Ave",
    "price": 450_000,
    "beds": Decimal("3.0"),
    "baths": Decimal("2.50"),
    "list_date": date(2026, 3, 4),
    "status": "active",
}


def test_connecting_creates_our_unique_id_and_then_finds_it(client_for):
    client = client_for()

    first, second = client.ensure_schema(), client.ensure_schema()

    assert [sentence.partition(":")[0] for sentence in first] == [
        "Created on contacts",
        "Created on listings",
        "Created on tasks",
    ]
    assert second == []
    assert client.check() == Checked(True)
    for kind in ("contact", "property", "task"):
        unique = {field.name for field in client.fields(kind) if field.unique} - {"email"}
        assert unique in ({"steward_id"}, {"team_key"})


def test_a_field_of_our_name_that_is_not_unique_stops_the_connection(sandbox, client_for):
    with sandbox.server.store.transaction():
        for name in ("steward_id", "team_key"):
            sandbox.server.store.define("listings", name, {"hasUniqueValue": False})
    client = client_for()

    with pytest.raises(Misconfigured) as caught:
        client.ensure_schema()

    assert caught.value.code == "external_id_not_unique"
    checked = client.check()
    assert not checked.ok
    assert caught.value.message in checked.sentences


def test_the_connection_test_names_what_is_missing_and_changes_nothing(sandbox, client_for):
    client = client_for()

    before = client.check()
    missing = [field.name for field in client.fields("contact")]
    client.ensure_schema()
    after = client.check()

    assert (before.ok, after.ok) == (False, True)
    assert any("Missing on contacts: " in sentence for sentence in before.sentences)
    assert not any(name.startswith("steward") for name in missing)
    assert all(call["method"] == "GET" for call in sandbox.calls()[:4])


def test_a_wrong_key_fails_the_connection_test_in_words(client_for):
    checked = client_for(token="wrong").check()

    assert not checked.ok
    assert checked.sentences == ("The CRM refused our key or its rights. Leads wait until the connection is mended.",)


def test_a_created_contact_is_read_back_by_our_id(crm):
    ref = crm.create("contact", external_id="c-1", values=ANN)

    assert ref == RemoteRef(ref.id, created=True)
    assert crm.get_by_external_id("contact", "c-1") == RemoteRecord(
        ref.id,
        {
            "external_id": "c-1",
            "first_name": "Ann",
            "last_name": "Lee",
            "email": "ann@home.example",
            "phone": "+15125550187",
            "street": "12 Oak St Apt 4",
            "city": "Austin",
            "state": "TX",
            "zip": "07030",
        },
    )
    assert crm.get_by_external_id("contact", "c-2") is None


def test_an_id_with_odd_letters_is_found_again(crm):
    odd = "a/b?c=d&é#%2F"

    ref = crm.create("contact", external_id=odd, values={})

    assert crm.get_by_external_id("contact", odd).id == ref.id


def test_a_property_is_written_as_strings(crm):
    crm.create("property", external_id="p-1", values=HOUSE)

    assert crm.get_by_external_id("property", "p-1").values == {
        "external_id": "p-1",
        "mls_id": "A-100",
        "originating_mls": "north",
        "street": "9 Elm Ave",
        "price": "450000",
        "beds": "3",
        "baths": "2.5",
        "list_date": "2026-03-04",
        "status": "active",
    }


def test_our_id_cannot_be_used_twice(sandbox, crm):
    first = crm.create("contact", external_id="c-1", values=ANN)
    before = sandbox.records("contacts")

    with pytest.raises(Conflict) as caught:
        crm.create("contact", external_id="c-1", values={"email": "other@home.example"})

    assert caught.value.existing_id == first.id
    assert sandbox.records("contacts") == before


def test_a_taken_address_names_the_contact_that_has_it(sandbox, crm):
    first = crm.create("contact", external_id="c-1", values=ANN)
    second = crm.create("contact", external_id="c-2", values={})
    before = sandbox.records("contacts")

    with pytest.raises(Conflict) as created:
        crm.create("contact", external_id="c-3", values={"email": "ANN@home.example"})
    with pytest.raises(Conflict) as updated:
        crm.update("contact", second.id, {"email": "ann@home.example"})

    assert (created.value.existing_id, updated.value.existing_id) == (first.id, first.id)
    assert sandbox.records("contacts") == before


@pytest.mark.parametrize(
    "sought",
    [
        {"emails": ["nobody@home.example", "Ann@Home.example"]},
        {"phones": ["+15125550187"]},
        {"phones": ["5125550187"]},
        {"external_id": "c-1"},
        {"emails": ["nobody@home.example"], "phones": ["5125550187"]},
    ],
)
def test_a_contact_is_found_by_any_of_its_keys(crm, sought):
    ref = crm.create("contact", external_id="c-1", values=ANN)
    crm.create("contact", external_id="c-2", values={"email": "ben@home.example"})

    assert [record.id for record in crm.search("contact", **sought)] == [ref.id]


@pytest.mark.parametrize("typed", ["(512) 555-0187", "512.555.0187", "512-555-0187", "5125550187"])
def test_a_phone_that_a_person_typed_is_found_however_it_is_written(sandbox, crm, typed):
    with sandbox.server.store.transaction():
        record = sandbox.server.store.insert("contacts", {"mobilephone": typed})

    assert [found.id for found in crm.search("contact", phones=["5125550187"])] == [str(record.id)]


def test_a_property_is_found_by_its_mls_number(crm):
    ref = crm.create("property", external_id="p-1", values=HOUSE)

    assert [record.id for record in crm.search("property", mls_id="A-100")] == [ref.id]
    assert crm.search("property", mls_id="A-101") == []


def test_a_search_for_nothing_asks_nothing(sandbox, crm):
    before = len(sandbox.calls())

    assert crm.search("contact") == []
    assert len(sandbox.calls()) == before


def test_search_lags_and_reading_by_our_id_does_not(sandbox, crm):
    sandbox.server.account.settings.search_lag = 5
    ref = crm.create("contact", external_id="c-1", values=ANN)

    assert crm.search("contact", emails=["ann@home.example"]) == []
    assert crm.get_by_external_id("contact", "c-1").id == ref.id
    sandbox.server.store.clock = lambda: 1_800_000_005.0
    assert [record.id for record in crm.search("contact", emails=["ann@home.example"])] == [ref.id]


def test_an_update_changes_what_it_names_and_never_wipes(sandbox, crm):
    ref = crm.create("contact", external_id="c-1", values=ANN)
    before = sandbox.records("contacts")[ref.id]

    answered = crm.update("contact", ref.id, {"city": "Dallas", "zip": "", "last_name": None, "other_emails": []})

    assert answered == RemoteRef(ref.id, created=False)
    assert sandbox.records("contacts")[ref.id] == {**before, "city": "Dallas"}


def test_a_record_that_was_there_before_us_can_be_claimed(sandbox, crm):
    with sandbox.server.store.transaction():
        theirs = sandbox.server.store.insert("contacts", {"email": "ann@home.example", "city": "Austin"})

    crm.update("contact", str(theirs.id), {"external_id": "c-1", "first_name": "Ann"})

    assert crm.get_by_external_id("contact", "c-1") == RemoteRecord(
        str(theirs.id),
        {"external_id": "c-1", "email": "ann@home.example", "city": "Austin", "first_name": "Ann"},
    )


def test_updating_what_is_not_there_is_not_found(crm):
    with pytest.raises(NotFound):
        crm.update("contact", "999999", {"city": "Dallas"})


def test_a_value_the_crm_refuses_is_permanent_and_changes_nothing(sandbox, crm):
    with pytest.raises(Permanent) as caught:
        crm.create("contact", external_id="c-1", values={"email": "not-an-address"})

    assert type(caught.value) is Permanent
    assert "not-an-address" not in str(caught.value)
    assert sandbox.records("contacts") == {}


def test_a_field_the_crm_does_not_have_pauses_the_connection(client_for):
    client = client_for(options={"fields": {"contact": {"nickname": "nick"}}})
    client.ensure_schema()

    with pytest.raises(Misconfigured) as caught:
        client.create("contact", external_id="c-1", values={"nickname": "Annie"})

    assert caught.value.code == "unknown_field"
    assert any("nick" in sentence for sentence in client.check().sentences)


def test_a_batch_creates_changes_and_refuses_row_by_row(sandbox, crm):
    old = crm.create("contact", external_id="c-1", values=ANN)

    answers = crm.batch_upsert(
        "contact",
        [
            ("c-2", {"email": "ben@home.example"}),
            ("c-1", {"city": "Dallas"}),
            ("c-3", {"email": "ann@home.example"}),
            ("c-4", {"email": "nonsense"}),
        ],
    )

    created, updated, taken, invalid = answers
    assert (updated, created.created) == (RemoteRef(old.id), True)
    assert (type(taken), taken.existing_id) == (Conflict, old.id)
    assert type(invalid) is Permanent
    assert {row.get("email"): row.get("city") for row in sandbox.records("contacts").values()} == {
        "ann@home.example": "Dallas",
        "ben@home.example": None,
    }


def test_a_batch_sent_twice_changes_nothing_the_second_time(sandbox, crm):
    rows = [(f"c-{number}", {"email": f"p{number}@home.example"}) for number in range(100)]

    first = crm.batch_upsert("contact", rows)
    before = sandbox.records("contacts")
    second = crm.batch_upsert("contact", rows)

    assert [ref.created for ref in first] == [True] * 100
    assert second == [RemoteRef(ref.id) for ref in first]
    assert sandbox.records("contacts") == before
    assert crm.batch_upsert("contact", []) == []


def test_more_than_a_hundred_rows_are_bad_use(sandbox, crm):
    before = len(sandbox.calls())

    with pytest.raises(ValueError, match="100"):
        crm.batch_upsert("contact", [(f"c-{number}", {}) for number in range(101)])
    assert len(sandbox.calls()) == before


@pytest.mark.parametrize("new_id", [False, True])
def test_a_merge_leaves_one_record_under_the_answered_id(sandbox, crm, new_id):
    sandbox.server.account.settings.merge_gives_new_id = new_id
    survivor = crm.create("contact", external_id="c-1", values={"email": "ann@home.example"})
    absorbed = crm.create("contact", external_id="c-2", values={"email": "ann@work.example", "city": "Austin"})
    task = crm.create(
        "task",
        external_id="t-1",
        values={"due_at": datetime(2026, 11, 24, 9, tzinfo=UTC), "subject": "Call"},
        associations=[("contact", absorbed.id)],
    )

    kept = crm.merge("contact", survivor=survivor.id, absorbed=absorbed.id)

    assert (kept.id == survivor.id) is not new_id
    assert list(sandbox.records("contacts")) == [kept.id]
    assert crm.get_by_external_id("contact", "c-1").id == kept.id
    assert sandbox.records("contacts")[kept.id]["city"] == "Austin"
    assert [record.id for record in crm.search("contact", emails=["ann@work.example"])] == [kept.id]
    assert sandbox.associated(task.id, "contacts") == [kept.id]


def test_a_record_is_assigned_to_an_owner(sandbox, crm):
    ref = crm.create("contact", external_id="c-1", values=ANN)
    ana = next(owner for owner in crm.owners() if owner.email == "ana.ruiz@team.example")

    crm.assign("contact", ref.id, ana.id)

    assert (ana.name, ana.active) == ("Ana Ruiz", True)
    assert crm.get_by_external_id("contact", "c-1").values["owner_id"] == ana.id
    before = sandbox.records("contacts")
    with pytest.raises(Permanent):
        crm.assign("contact", ref.id, "999")
    assert sandbox.records("contacts") == before


def test_a_task_is_tied_to_its_contact_and_its_property(sandbox, crm):
    contact = crm.create("contact", external_id="c-1", values=ANN)
    house = crm.create("property", external_id="p-1", values=HOUSE)

    task = crm.create(
        "task",
        external_id="lead-1",
        values={
            "due_at": datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
            "subject": "Call Ann Lee",
            "body": "Asked about 9 Elm Ave",
            "status": "not_started",
            "priority": "high",
            "type": "call",
            "owner_id": "502",
        },
        associations=[("contact", contact.id), ("property", house.id)],
    )

    assert crm.get_by_external_id("task", "lead-1").values == {
        "external_id": "lead-1",
        "due_at": "2026-11-24T09:30:00.000Z",
        "subject": "Call Ann Lee",
        "body": "Asked about 9 Elm Ave",
        "status": "NOT_STARTED",
        "priority": "HIGH",
        "type": "CALL",
        "owner_id": "502",
    }
    assert sandbox.associated(task.id, "contacts") == [contact.id]
    assert sandbox.associated(task.id, "listings") == [house.id]


def test_two_kinds_that_cannot_be_tied_pause_the_connection(crm):
    with pytest.raises(Misconfigured) as caught:
        crm.create("contact", external_id="c-1", values=ANN, associations=[("task", "1")])

    assert caught.value.code == "no_association"


# A bad day at the CRM


@pytest.mark.parametrize("rule", ["stored_500", "stored_reset", "stored_timeout"])
def test_what_was_stored_but_not_answered_is_ambiguous_and_can_be_found(sandbox, client_for, rule):
    client_for().ensure_schema()
    client = client_for(options={"timeout_seconds": 0.2})
    sandbox.fault(rule, count=1, method="POST", seconds=1)

    with pytest.raises(Ambiguous):
        client.create("contact", external_id="c-1", values=ANN)

    found = client.get_by_external_id("contact", "c-1")
    assert list(sandbox.records("contacts")) == [found.id]
    with pytest.raises(Conflict) as again:
        client.create("contact", external_id="c-1", values=ANN)
    assert again.value.existing_id == found.id
    assert len(sandbox.records("contacts")) == 1


def test_what_was_lost_on_the_way_is_ambiguous_too_and_looking_shows_it(sandbox, crm):
    sandbox.fault("reset", count=1)

    with pytest.raises(Ambiguous):
        crm.create("contact", external_id="c-1", values=ANN)

    assert crm.get_by_external_id("contact", "c-1") is None
    assert crm.create("contact", external_id="c-1", values=ANN).created


@pytest.mark.parametrize(
    ("rule", "how"), [("reset", {}), ("status", {"status": 503}), ("stored_timeout", {"seconds": 1})]
)
def test_a_question_that_got_no_answer_is_transient(sandbox, client_for, rule, how):
    client_for().ensure_schema()
    client = client_for(options={"timeout_seconds": 0.2})

    for ask in (
        lambda: client.search("contact", emails=["a@b.example"]),
        lambda: client.get_by_external_id("contact", "c-1"),
        client.owners,
    ):
        sandbox.fault(rule, count=1, **how)
        with pytest.raises(Transient):
            ask()


@pytest.mark.parametrize(
    ("rule", "how", "policy", "wait"),
    [
        ("retry_after", {"seconds": 7}, "TEN_SECONDLY_ROLLING", 7.0),
        ("status", {"status": 429}, "TEN_SECONDLY_ROLLING", 10.0),
        ("status", {"status": 429, "policy": "SECONDLY"}, "SECONDLY", 1.0),
        ("status", {"status": 429, "policy": "DAILY"}, "DAILY", 3600.0),
        ("status", {"status": 429, "policy": "NEW_WORD"}, "NEW_WORD", 10.0),
    ],
)
def test_a_limit_says_which_it_is_and_how_long_to_wait(sandbox, crm, rule, how, policy, wait):
    sandbox.fault(rule, count=1, **how)

    with pytest.raises(RateLimited) as caught:
        crm.create("contact", external_id="c-1", values=ANN)

    assert (caught.value.policy, caught.value.retry_after) == (policy, wait)
    assert sandbox.records("contacts") == {}


def test_the_accounts_own_limit_is_a_limit(sandbox, crm):
    sandbox.server.account.settings.limit = 2
    crm.owners()
    crm.owners()

    with pytest.raises(RateLimited):
        crm.owners()
    sandbox.server.store.clock = lambda: 1_800_000_010.0
    assert len(crm.owners()) == 3


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, Misconfigured, "not_authenticated"),
        (403, Misconfigured, "missing_scopes"),
        (423, Transient, "locked"),
        (477, Transient, "migrating"),
        (500, Ambiguous, "server_error"),
        (502, Ambiguous, "server_error"),
        (302, Misconfigured, "redirected"),
        (422, Permanent, "refused"),
    ],
)
def test_every_refusal_has_a_consequence(sandbox, crm, status, kind, code):
    sandbox.fault("status", count=1, status=status)

    with pytest.raises(kind) as caught:
        crm.create("contact", external_id="c-1", values=ANN)

    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(caught.value.code) <= 40
    assert len(caught.value.message) <= 300
    assert sandbox.records("contacts") == {}


def test_the_last_check_stops_a_write(sandbox, crm, client_for):
    class LeaseLost(Exception):
        pass

    def lost() -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        client_for(before_call=lost).create("contact", external_id="c-1", values=ANN)

    assert sandbox.records("contacts") == {}


def test_no_secret_is_in_any_exchange_and_every_call_has_one(sandbox, client_for):
    seen: list[Exchange] = []
    client = client_for(on_exchange=seen.append)

    client.ensure_schema()
    client.check()
    client.owners()
    ref = client.create("contact", external_id="c-1", values={**ANN, "company": f"leaked {TOKEN}"})
    client.search("contact", emails=[f"{TOKEN}@home.example"])
    client.get_by_external_id("contact", TOKEN)
    client.batch_upsert("contact", [(TOKEN, {"company": TOKEN})])
    for rule in ("status", "reset", "stored_500"):
        sandbox.fault(rule, count=1)
        with pytest.raises(Ambiguous):
            client.update("contact", ref.id, {"company": TOKEN})

    assert len(seen) == len(sandbox.calls())
    assert TOKEN not in repr(seen)
    assert "Authorization" not in repr(seen)
    assert "[secret]" in repr(seen)
    assert [exchange.error for exchange in seen[-3:]] == ["", "reset", ""]


def test_an_option_that_cannot_be_read_is_said_at_once(client_for):
    for options in (
        {"version": "../../x"},
        {"fields": []},
        {"fields": {"contact": 7}},
        {"associations": {"task:property": "many"}},
    ):
        with pytest.raises(Misconfigured) as caught:
            client_for(options=options)
        assert caught.value.code == "bad_options"
