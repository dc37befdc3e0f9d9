"""A draft is tried on what really came; nothing is written, and what speaks against it needs a reason."""

from __future__ import annotations

from typing import Any

import pytest

from intake.models import DryRun, MappingVersion, Source
from intake.services import process
from intake.services.dry_run import CannotDryRun, dry_run
from intake.services.publish_mapping import MappingCannotBePublished, publish, roll_back
from tests import factories as make
from tests.integration.admin.test_looking_changes_nothing import everything
from tests.integration.intake.senders import WEBSITE, draft_of, send, send_and_process, sender
from trail.models import AuditEntry
from trail.record import Actor

pytestmark = pytest.mark.django_db
DANA = Actor.person("dana")


def lead(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "name": "Ann Lee", "email": f"ann{number}@example.com", "phone": "3128675309", **more}


def with_rule(to: str, **rule: Any) -> dict[str, Any]:
    """The website's document with one rule changed."""
    rules = [{**one, **rule} if one["to"] == to else one for one in WEBSITE["fields"]]
    return {**WEBSITE, "fields": rules}


def state_of(version: MappingVersion) -> str:
    return MappingVersion.objects.get(pk=version.pk).state


def test_each_field_and_the_match_keys_are_compared_and_no_record_is_written() -> None:
    source = sender()
    send_and_process(source, lead(1), lead(2, mail="second@example.com"))
    draft = draft_of(source, with_rule("contact.email", first_of=["mail", "email"]))
    before = everything()

    run = dry_run(draft.pk, by=DANA)

    after = everything()
    assert {name for name in after if after[name] != before[name]} == {"intake.dryrun", "trail.auditentry"}
    assert run.result["records"] == 2
    assert run.result["fields"]["contact.email"] == {"unchanged": 1, "changed": 1}
    assert run.result["fields"]["contact.phone"] == {"unchanged": 2}
    assert (run.result["rekeyed"], run.result["stopped"], run.result["stops"]) == (1, 0, {})
    [sample] = run.samples["contact.email"]["changed"]
    assert (sample["old"], sample["new"]) == ("ann2@example.com", "second@example.com")
    assert run.samples["keys"]["changed"][0]["new"] == "email:second@example.com"
    assert (run.mapping, run.base.number, run.created_by) == (draft, 1, "dana")


def test_another_id_of_the_provider_is_another_key_for_the_same_record_would_come_as_a_new_one() -> None:
    source = sender()
    send_and_process(source, lead(1, no=77))
    draft = draft_of(source, {**WEBSITE, "identity": {**WEBSITE["identity"], "record_id": ["no"]}})

    run = dry_run(draft.pk, by=DANA)

    assert run.samples["keys"]["changed"] == [
        {"record": run.samples["keys"]["changed"][0]["record"], "old": "id:1", "new": "id:77"}
    ]


def test_deliveries_that_are_dead_now_are_tried_too_and_discarded_ones_are_not() -> None:
    source = sender({**WEBSITE, "items": "leads"})
    send_and_process(source, lead(1))  # no record at the place that the mapping names
    make.delivery(source=source, payload=lead(2), state="discarded")
    draft = draft_of(source, WEBSITE)

    run = dry_run(draft.pk, by=DANA)

    assert (run.result["records"], run.result["mended"]) == (1, 1)
    assert run.result["fields"]["contact.email"] == {"gained": 1}


def test_only_the_last_records_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake.services.dry_run.RECORDS", 3)
    source = sender()
    for number in range(4):
        send(source, lead(number), lead(100 + number))

    run = dry_run(draft_of(source, with_rule("contact.phone", first_of=["x"])).pk, by=DANA)

    assert run.result["records"] == 3
    records = [one["record"] for one in run.samples["contact.phone"]["lost"]]
    newest = list(source.deliveries.order_by("-pk").values_list("public_id", flat=True)[:2])
    assert records == [f"{newest[0]}/0", f"{newest[0]}/1", f"{newest[1]}/0"]


def test_a_draft_with_problems_cannot_be_tried() -> None:
    draft = draft_of(sender(), with_rule("contact.email", first_of=["a[["]))

    with pytest.raises(CannotDryRun, match="fields"):
        dry_run(draft.pk, by=DANA)
    assert not DryRun.objects.filter(mapping=draft).exists()


def test_publishing_needs_the_dry_run_of_exactly_this_content_against_what_is_published_now() -> None:
    source = sender()
    first, second = (draft_of(source, with_rule("contact.phone", first_of=[path])) for path in ("a", "b"))

    with pytest.raises(MappingCannotBePublished, match="no dry run"):
        publish(first.pk, by=DANA)
    dry_run(first.pk, by=DANA)
    dry_run(second.pk, by=DANA)
    first.fields.filter(to="contact.email").update(required=True)
    with pytest.raises(MappingCannotBePublished, match="no dry run"):
        publish(first.pk, by=DANA, reason="I say so.")
    publish(second.pk, by=DANA)
    first.fields.filter(to="contact.email").update(required=False)  # as it was tried, but something else is published
    with pytest.raises(MappingCannotBePublished, match="no dry run"):
        publish(first.pk, by=DANA)

    assert (state_of(first), state_of(second)) == ("draft", "published")


@pytest.mark.parametrize(("failing", "refused"), [(1, False), (2, True)])
def test_a_required_field_that_newly_fails_on_more_than_one_in_a_hundred_needs_a_reason(
    failing: int, refused: bool
) -> None:
    source = sender()
    send(source, *(lead(number, message="" if number < failing else "Hello") for number in range(100)))
    process.drain()
    draft = draft_of(source, with_rule("lead.message", required=True))
    run = dry_run(draft.pk, by=DANA)

    assert run.result["stops"] == {"lead.message": failing}
    if refused:
        with pytest.raises(MappingCannotBePublished, match=r"lead.message newly fails on 2 of 100 records \(2.0%\)"):
            publish(draft.pk, by=DANA)
        assert state_of(draft) == "draft"
    publish(draft.pk, by=DANA, reason="They must write." if refused else "")

    assert state_of(draft) == "published"
    entry = AuditEntry.objects.filter(action="mapping.published").latest("id")
    assert (entry.reason, entry.actor) == ("They must write." if refused else "", "dana")


def test_the_values_of_a_dry_run_are_gone_once_its_draft_is_published() -> None:
    source = sender()
    send_and_process(source, lead(1))
    draft = draft_of(source, with_rule("contact.phone", first_of=["x"]))
    run = dry_run(draft.pk, by=DANA)
    assert run.samples

    publish(draft.pk, by=DANA)

    run.refresh_from_db()
    assert run.samples == {}
    assert run.result["fields"]["contact.phone"] == {"lost": 1}


def test_rolling_back_asks_for_no_dry_run_and_maps_the_next_lead_as_before() -> None:
    source = sender()
    draft = draft_of(source, with_rule("lead.message", first_of=["note"]))
    dry_run(draft.pk, by=DANA)
    publish(draft.pk, by=DANA)
    with_note = send_and_process(source, lead(1, note="new", message="old"))

    roll_back(_first(source).pk, by=DANA)
    as_before = send_and_process(source, lead(2, note="new", message="old"))

    assert [one.items.get().lead.message for one in (with_note, as_before)] == ["new", "old"]


def test_what_was_published_keeps_the_normalizer_versions_it_was_published_with() -> None:
    first = _first(sender())

    assert first.normalizers["phone"] == "phone@1"
    assert {rule.normalizer for rule in first.compiled().rules} == set(first.normalizers.values())


def _first(source: Source) -> MappingVersion:
    return source.mappings.get(number=1)
