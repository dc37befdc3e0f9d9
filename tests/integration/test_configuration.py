"""Configuration as code: the same file twice changes nothing, a wrong one changes nothing either."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

from config import demo
from config.configuration.apply import apply
from config.configuration.export import export
from config.configuration.reading import ConfigurationInvalid, read
from crmsync.models import Agent, Connection, EmailTemplate, RoutingRule
from intake.models import Item, MappingVersion, OwnerOrder, Source, SourceSecret
from intake.secrets import seal
from intake.sources import presets
from trail.models import AuditEntry, Workflow

pytestmark = pytest.mark.django_db

PLAIN = "hunter2-hunter2-hunter2"

SMALL = """
sources:
  - slug: portal
    name: Portal
    scheme: static_token
    scheme_options: {header: x-api-key}
    secrets: [{value: env:STEWARD_PORTAL_KEY}]
    mapping:
      fields:
        - {to: contact.email, first_of: email, required: true}
        - {to: lead.kind, first_of: [wish], normalizer: picklist, picklist: wish, default: buyer}
      picklists: {wish: {buy: buyer, let: landlord}}
agents: [{slug: ann, name: Ann, email: ann@example.com}]
routing: [{slug: all, name: All, agents: [ann]}]
"""


@pytest.fixture(autouse=True)
def _the_portal_has_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_PORTAL_KEY", "a-long-enough-key")


@pytest.fixture
def _demo_secrets(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    settings.DEMO_ENV = tmp_path / "demo.env"
    for name in demo._REFERENCE.findall(demo.CONFIGURATION.read_text()):
        monkeypatch.setenv(name, "")  # restores whatever was there, after the test
    demo.make_secrets()


def problems(text: str) -> dict[str, str]:
    with pytest.raises(ConfigurationInvalid) as refusal:
        apply(read(text))
    return {problem.place: problem.message for problem in refusal.value.problems}


def everything() -> dict[str, int]:
    models = (Workflow, Source, SourceSecret, MappingVersion, Connection, Agent, RoutingRule, EmailTemplate, AuditEntry)
    return {model.__name__: model.objects.count() for model in models}


def test_a_file_makes_what_it_names() -> None:
    work = apply(read(SMALL))

    source = Source.objects.get()
    assert (source.slug, source.name, source.kind, source.scheme) == ("portal", "Portal", "lead", "static_token")
    secret = source.secrets.get()
    assert (secret.key_id, secret.reference, secret.last_four) == ("main", "env:STEWARD_PORTAL_KEY", "-key")
    mapping = source.mappings.get()
    assert (mapping.number, mapping.state, mapping.created_by) == (1, "published", "configure")
    assert mapping.fields.get(to="contact.email").first_of == ["email"]
    assert list(RoutingRule.objects.get().agents.all()) == [Agent.objects.get(slug="ann")]
    assert "source portal: created" in work.changes
    assert "source portal: mapping v1 published" in work.changes
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"configure"}


def test_the_same_file_twice_changes_nothing_and_leaves_no_audit_entry() -> None:
    apply(read(SMALL))
    before = everything()

    work = apply(read(SMALL))

    assert work.changes == []
    assert everything() == before


def test_a_renamed_rule_is_the_same_rule() -> None:
    apply(read(SMALL))
    RoutingRule.objects.update(turn=7)
    before = RoutingRule.objects.get().pk

    work = apply(read(SMALL.replace("name: All", "name: Everybody else")))

    assert work.changes == ["routing rule all: changed (name)"]
    rule = RoutingRule.objects.get()
    assert (rule.pk, rule.name, rule.turn) == (before, "Everybody else", 7)


def test_an_option_that_its_kind_of_connection_does_not_have_is_refused_with_the_rest() -> None:
    told = problems(
        """
connections:
  - {slug: crm, name: CRM, kind: hubspot, options: {timeout_second: 5, timeout_seconds: "5"}}
  - {slug: mail, name: Mail, kind: mail_files, options: {once_in_hours: daily, allow_private: true}}
"""
    )

    assert told == {
        "connections[0].options.timeout_second": "There is no such option here. Did you mean 'timeout_seconds'?",
        "connections[0].options.timeout_seconds": "Write a number of seconds, more than 0 and at most 300.",
        "connections[1].options.once_in_hours": "Write a number of hours in which a contact gets one first e-mail at "
        "most; 0 is no limit.",
        "connections[1].options.allow_private": "There is no such option here. Known are from_email, from_name, "
        "once_in_hours.",
    }
    assert Connection.objects.count() == 0


def test_a_change_is_made_and_told_by_name() -> None:
    apply(read(SMALL))
    last = AuditEntry.objects.latest("id").pk

    work = apply(read(SMALL.replace("name: Portal", "name: The portal").replace("header: x-api-key", "query: key")))

    assert work.changes == ["source portal: changed (name, scheme_options)"]
    (entry,) = AuditEntry.objects.filter(pk__gt=last)
    assert (entry.action, entry.detail) == ("source.changed", {"fields": ["name", "scheme_options"]})
    assert Source.objects.get().name == "The portal"


def test_a_mapping_that_differs_is_a_new_version_and_the_old_one_is_retired() -> None:
    apply(read(SMALL))

    work = apply(read(SMALL.replace("[wish]", "[wish, purpose]")))

    assert work.changes == ["source portal: mapping v2 published"]
    assert list(MappingVersion.objects.order_by("number").values_list("number", "state")) == [
        (1, "retired"),
        (2, "published"),
    ]


@pytest.mark.parametrize(
    "same",
    [
        SMALL.replace("first_of: email", "first_of: [email]"),
        SMALL.replace("first_of: email, required: true", "first_of: email, required: true, on_invalid: null"),
        SMALL.replace("wish, default: buyer", "wish, required: false, default: buyer"),
        SMALL.replace("{buy: buyer, let: landlord}", "{let: landlord, buy: buyer}"),
        SMALL.replace("    mapping:\n", "    mapping:\n      kind: lead\n      ignore: []\n"),
    ],
)
def test_a_mapping_that_only_says_the_same_in_other_words_is_no_new_version(same: str) -> None:
    assert same != SMALL
    apply(read(SMALL))

    assert apply(read(same)).changes == []
    assert MappingVersion.objects.get().number == 1


def test_constants_and_defaults_that_are_no_texts_come_back_as_they_went_in() -> None:
    text = SMALL.replace(
        "required: true}",
        "}\n        - {to: contact.do_not_call, constant: true}\n"
        "        - {to: lead.budget_low, first_of: [b], default: 5}",
    )
    apply(read(text))

    assert apply(read(text)).changes == []


def test_a_persons_draft_is_left_alone() -> None:
    apply(read(SMALL))
    draft = MappingVersion.objects.create(source=Source.objects.get(), number=2)

    apply(read(SMALL.replace("[wish]", "[wish, purpose]")))

    draft.refresh_from_db()
    assert draft.state == "draft"
    assert MappingVersion.objects.get(state="published").number == 3


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    work = apply(read(SMALL), dry_run=True)

    assert "source portal: created" in work.changes
    assert set(everything().values()) == {0}


def test_all_problems_come_at_once_each_with_its_path_and_the_fix_and_nothing_is_applied() -> None:
    text = """
    agents: [{slug: ann, name: Ann, email: not an address}]
    sources:
      - {slug: good, preset: website, secrets: [{value: env:STEWARD_PORTAL_KEY}]}
      - {slug: web, preset: webste}
      - {slug: two, name: Two, scheme: hmca}
      - slug: three
        name: Three
        scheme: hmac
        scheme_options: {algorithm: md5}
        mapping: {fields: [{to: contact.emial, first_of: [a]}]}
    routing:
      - {slug: a, name: A, agents: [bob], sources: [goood]}
    """
    found = problems(text)

    assert set(found) == {
        "agents[0].email",
        "sources[0].secrets[0].value",
        "sources[1].preset",
        "sources[2].scheme",
        "sources[3].scheme_options",
        "sources[3].mapping.fields[0].to",
        "routing[0].agents[0]",
        "routing[0].sources[0]",
    }
    assert "Did you mean 'contact.email'?" in found["sources[3].mapping.fields[0].to"]
    assert "Did you mean 'good'?" in found["routing[0].sources[0]"]
    assert "Standard Webhooks" in found["sources[0].secrets[0].value"]
    assert "standard_webhooks" in found["sources[2].scheme"]
    assert set(everything().values()) == {0}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"sources: [{{slug: a, preset: website, secrets: [{{value: {PLAIN}}}]}}]", "sources[0].secrets[0].value"),
        (f"sources: [{{slug: a, preset: website, secrets: [{{value: enc:{PLAIN}}}]}}]", "sources[0].secrets[0].value"),
        (
            f"sources: [{{slug: a, preset: website, secrets: [{{value: 'env: {PLAIN}'}}]}}]",
            "sources[0].secrets[0].value",
        ),
        (f"sources: [{{slug: a, preset: website, secrets: [{{secret: {PLAIN}}}]}}]", "sources[0].secrets[0].secret"),
        (f"sources: [{{slug: a, preset: website, scheme_options: {{token: {PLAIN}}}}}]", "sources[0].scheme_options"),
        (f"connections: [{{slug: a, name: A, kind: hubspot, secret: {PLAIN}}}]", "connections[0].secret"),
        (
            f"connections: [{{slug: a, name: A, kind: hubspot, options: {{deep: [{{api_key: {PLAIN}}}]}}}}]",
            "connections[0].options",
        ),
        (
            f"connections: [{{slug: a, name: A, kind: hubspot, base_url: 'https://me:{PLAIN}@crm.example'}}]",
            "connections[0].base_url",
        ),
        (f"sources: [{{slug: a, secrets: [{{value: '{PLAIN}]", "line 1"),
        (f"sources: [{{slug: a, secrets: [{{value: *{PLAIN}}}]}}]", "line 1"),
        (PLAIN, ""),
    ],
)
def test_a_plain_secret_is_refused_and_never_repeated(text: str, place: str) -> None:
    found = problems(text)

    assert place in found
    assert PLAIN not in str(found)
    assert set(everything().values()) == {0}


def test_a_secret_that_is_not_there_yet_is_noted_and_taken() -> None:
    work = apply(read(SMALL.replace("STEWARD_PORTAL_KEY", "STEWARD_NOT_SET_HERE")))

    (note,) = work.notes
    assert note.place == "sources[0].secrets[0].value"
    assert note.message.startswith("The environment variable STEWARD_NOT_SET_HERE is not set.")
    assert SourceSecret.objects.get().reference == "env:STEWARD_NOT_SET_HERE"


def test_a_reference_that_is_no_longer_named_is_removed_and_a_typed_in_secret_stays() -> None:
    apply(read(SMALL))
    source = Source.objects.get()
    SourceSecret.objects.create(source=source, key_id="typed", reference=seal("typed in by a person"))

    work = apply(read(SMALL.replace("{value: env:STEWARD_PORTAL_KEY}", "{id: next, value: env:STEWARD_PORTAL_KEY}")))

    assert work.changes == ["source portal: secret next set", "source portal: secret main removed"]
    assert set(source.secrets.values_list("key_id", flat=True)) == {"next", "typed"}


def test_a_source_with_records_keeps_its_kind() -> None:
    apply(read(SMALL))
    source = Source.objects.get()
    delivery = source.deliveries.create(door_key="1", body=b"{}", sha256="0" * 64)
    Item.objects.create(
        source=source, delivery=delivery, position=0, record_id="1", content_hash="0", occurred_at="2026-11-23T14:00Z"
    )

    found = problems(
        "sources: [{slug: portal, name: P, kind: listing, scheme: static_token, scheme_options: {header: k}}]"
    )

    assert list(found) == ["sources[0].kind"]
    assert Source.objects.get().kind == "lead"


def test_two_entries_of_one_name_are_refused() -> None:
    found = problems("agents: [{slug: a, name: A, email: a@example.com}, {slug: a, name: B, email: b@example.com}]")

    assert found == {"agents[1].slug": "agents[0] has the same slug. Give each its own."}


def test_a_name_that_stands_twice_in_one_place_is_refused() -> None:
    found = problems("agents:\n  - slug: a\n    slug: b\n")

    assert found == {"line 3": "The name 'slug' stands twice in one place. Remove one of them."}


def test_a_zip_that_yaml_takes_for_a_number_is_refused() -> None:
    found = problems(
        "agents: [{slug: a, name: A, email: a@example.com}]\nrouting: [{slug: r, name: R, zips: [02134], agents: [a]}]"
    )

    assert list(found) == ["routing[0].zips[0]"]
    assert "quotes" in found["routing[0].zips[0]"]


def test_a_placeholder_that_does_not_exist_is_found_before_a_lead_waits_for_it() -> None:
    found = problems(
        "templates: [{slug: t, purpose: first_email, subject: 'Hi {{ contact.naem }}', body: '{% include x %}'}]"
    )

    assert set(found) == {"templates[0].subject", "templates[0].body"}
    assert "{{ contact.naem }}" in found["templates[0].subject"]


def test_an_owner_order_is_applied_exported_and_refused_where_a_person_is_not_first() -> None:
    text = "owner_orders: [{field: contact.city, order: [person, source, mls, crm, provider]}]"
    assert apply(read(text)).changes == ["owner order contact.city: created"]
    assert apply(read(export())).changes == []

    with pytest.raises(ConfigurationInvalid) as refused:
        apply(read(text.replace("person, source", "source, person")))
    with pytest.raises(ConfigurationInvalid):
        apply(read(text.replace("contact.city", "contact.shoe_size")))

    assert "owner_orders[0].order" in str(refused.value)
    assert OwnerOrder.objects.get().order[0] == "person"


def test_an_export_applies_to_the_same_installation_without_a_change() -> None:
    apply(read(SMALL))

    assert apply(read(export())).changes == []


@pytest.mark.usefixtures("_demo_secrets")
def test_the_demo_exported_and_applied_to_an_empty_installation_exports_the_same() -> None:
    apply(read(demo.CONFIGURATION.read_text()))
    first = export()
    for model in (RoutingRule, EmailTemplate, Agent, Connection, MappingVersion, Source, Workflow):
        model.objects.all().delete()

    apply(read(first))

    assert export() == first
    assert apply(read(first)).changes == []


def test_an_export_names_a_typed_in_secret_and_applying_it_keeps_the_secret() -> None:
    apply(read(SMALL + "connections: [{slug: crm, name: CRM, kind: hubspot, secret: env:STEWARD_PORTAL_KEY}]"))
    sealed = seal(PLAIN)
    SourceSecret.objects.update(reference=sealed)
    Connection.objects.update(secret_reference=sealed)

    text = export()
    lines = text.splitlines()
    work = apply(read(text))

    assert sealed not in text
    assert "enc:" not in text
    for name in ("value: env:STEWARD_SOURCE_PORTAL_MAIN", "secret: env:STEWARD_CONNECTION_CRM"):
        (index,) = [index for index, line in enumerate(lines) if line.strip(" -") == name]
        assert lines[index - 1].strip().startswith("# This secret was typed in.")
    assert work.changes == []
    assert not any("the source refuses" in note for note in map(str, work.notes))
    assert SourceSecret.objects.get().reference == sealed
    assert Connection.objects.get().secret_reference == sealed


def test_a_reference_to_what_is_no_secret_is_refused() -> None:
    told = problems(
        SMALL.replace("env:STEWARD_PORTAL_KEY", "env:SECRET_KEY")
        + "connections: [{slug: crm, name: CRM, kind: hubspot, secret: 'file:/etc/passwd'}]"
    )

    assert told["sources[0].secrets[0].value"].startswith("The environment variable SECRET_KEY is not one for secrets")
    assert told["connections[0].secret"].startswith("The file /etc/passwd is not one for secrets")
    assert set(everything().values()) == {0}


CRM = "connections: [{{slug: crm, name: CRM, kind: hubspot, base_url: 'https://{host}'{more}}}]"


@pytest.mark.parametrize("more", ["", ", secret: env:STEWARD_CONNECTION_CRM"])
def test_a_typed_in_secret_is_not_taken_to_another_host(more: str) -> None:
    apply(read(CRM.format(host="one.example", more=", secret: env:STEWARD_PORTAL_KEY")))
    Connection.objects.update(secret_reference=seal(PLAIN))
    before = Connection.objects.values().get()

    assert apply(read(CRM.format(host="one.example/api", more=more))).changes == ["connection crm: changed (base_url)"]
    Connection.objects.update(base_url="https://one.example")
    told = problems(CRM.format(host="two.example", more=more))

    assert set(told) == {"connections[0].base_url"}
    assert Connection.objects.values().get() == before
    apply(read(CRM.format(host="two.example", more=", secret: env:STEWARD_PORTAL_KEY")))
    assert Connection.objects.get().secret_reference == "env:STEWARD_PORTAL_KEY"


@pytest.mark.usefixtures("_demo_secrets")
def test_the_demo_applies_and_every_secret_made_for_it_fits_its_scheme() -> None:
    work = apply(read(demo.CONFIGURATION.read_text()))

    assert work.notes == []
    assert set(Source.objects.values_list("slug", flat=True)) == set(presets.names())
    assert MappingVersion.objects.filter(state="published").count() == Source.objects.count()
    assert Agent.objects.count() == 4
    assert set(EmailTemplate.objects.values_list("purpose", flat=True)) == {"first_email", "agent_alert"}
    assert apply(read(demo.CONFIGURATION.read_text())).changes == []


def run(*words: str) -> str:
    out = StringIO()
    call_command("configure", *words, stdout=out)
    return out.getvalue()


def test_the_command_applies_exports_and_prints_its_schema(tmp_path: Path) -> None:
    file, exported = tmp_path / "steward.yaml", tmp_path / "export.yaml"
    file.write_text(SMALL)

    assert "This was a dry run. Nothing was changed." in run("apply", str(file), "--dry-run")
    assert "source portal: created" in run("apply", str(file))
    assert run("apply", str(file)) == "Everything is as the file says. Nothing was changed.\n"
    assert run("export", "--output", str(exported)) == f"Wrote {exported}.\n"
    assert run("export") == exported.read_text() == export()
    assert set(json.loads(run("schema"))["properties"]) == set(yaml.safe_load(SMALL)) | {
        "workflows",
        "connections",
        "templates",
        "owner_orders",
    }


def test_the_command_names_file_and_place_of_each_problem(tmp_path: Path) -> None:
    file = tmp_path / "steward.yaml"
    file.write_text("agents: [{slug: anna, name: A}]\nsorces: []\nrouting: [{slug: r, name: R, agents: [ana, anna]}]\n")

    with pytest.raises(CommandError) as refusal:
        run("apply", str(file))

    assert str(refusal.value) == (
        f"{file}: agents[0].email: This is missing. Add it.\n"
        f"{file}: sorces: There is no setting 'sorces' here. Did you mean 'sources'?\n"
        f"{file}: routing[0].agents[0]: There is no agent 'ana'. Did you mean 'anna'?\n"
        "Nothing was changed."
    )
    file.write_text("# nothing yet\n")
    with pytest.raises(CommandError, match="There is nothing to apply here. Write sections"):
        run("apply", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        run("apply", str(tmp_path / "nowhere.yaml"))
