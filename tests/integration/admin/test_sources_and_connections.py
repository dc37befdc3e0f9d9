"""Sources and connections: secrets are written and never read, and pausing says what happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from crmsync.models import Connection
from intake.models import Source
from intake.secrets import SecretRefused, resolve
from intake.services.rotate_secret import rotate_secret
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World
from trail.models import AuditEntry
from trail.record import Actor

NEW = "brand-new-secret-value-4f2c"


def test_a_rotation_adds_a_key_and_gives_the_old_one_an_end(world: World, login: Login) -> None:
    client = login("Integrations admin")

    response = client.post(
        f"/admin/intake/source/{world.source.pk}/rotate/",
        {"key_id": "2026-12", "secret": NEW, "old_hours": "24"},
        follow=True,
    )

    old, new = world.source.secrets.get(key_id="2026-11"), world.source.secrets.get(key_id="2026-12")
    assert [str(one) for one in response.context["messages"]] == [
        "Saved. The value cannot be shown again. Ends in 4f2c. The old ones are valid for 24 h more."
    ]
    assert old.not_after is not None
    assert timedelta(hours=23, minutes=59) < old.not_after - timezone.now() <= timedelta(hours=24)
    assert (new.not_after, resolve(new.reference), new.last_four) == (None, NEW, "4f2c")
    assert resolve(old.reference) == make.SECRET


def test_a_secret_is_stored_sealed_and_shown_nowhere(world: World, login: Login) -> None:
    client = login()
    source, crm = f"/admin/intake/source/{world.source.pk}/", f"/admin/crmsync/connection/{world.connection.pk}/"
    client.post(f"{source}rotate/", {"key_id": "k2", "secret": NEW, "old_hours": "0"})
    client.post(f"{crm}secret/", {"secret": NEW})

    world.connection.refresh_from_db()
    assert resolve(world.connection.secret_reference) == NEW
    for address in (
        f"{source}change/",
        f"{source}rotate/",
        f"{crm}change/",
        f"{crm}secret/",
        "/admin/trail/auditentry/",
    ):
        page = client.get(address).content.decode()
        assert NEW not in page
        assert "enc:" not in page
    assert NEW not in str(list(AuditEntry.objects.values()))
    assert "Ends in 4f2c" in client.get(f"{crm}change/").content.decode()


def test_a_key_id_is_used_once(world: World) -> None:
    with pytest.raises(SecretRefused, match="already has a secret called 2026-11"):
        rotate_secret(world.source, key_id="2026-11", secret=NEW, by=Actor.person("dana"))

    assert world.source.secrets.count() == 1
    assert world.source.secrets.get().not_after is None


def test_a_rotation_makes_no_secret_live_longer(world: World) -> None:
    soon = timezone.now() + timedelta(hours=1)
    world.source.secrets.update(not_after=soon)

    rotate_secret(
        world.source, key_id="k2", secret=NEW, by=Actor.person("dana"), old_end_at=timezone.now() + timedelta(days=9)
    )

    assert world.source.secrets.get(key_id="2026-11").not_after == soon


def test_a_reference_is_kept_as_it_is_and_shows_no_last_four(world: World) -> None:
    new = rotate_secret(world.source, key_id="k2", secret="env:STEWARD_ZILLOW_SECRET", by=Actor.person("dana"))

    assert (new.reference, new.last_four) == ("env:STEWARD_ZILLOW_SECRET", "")


@pytest.mark.parametrize("kind", ["source", "connection"])
def test_pausing_needs_a_reason_and_resuming_undoes_it(kind: str, world: World, login: Login) -> None:
    client = login("Manager")
    row: Source | Connection = world.source if kind == "source" else world.connection
    address = f"/admin/{row._meta.app_label}/{kind}/{row.pk}/"

    client.post(f"{address}pause/", {"reason": ""})
    row.refresh_from_db()
    assert row.state == "active"

    client.post(f"{address}pause/", {"reason": "Their test run."})
    row.refresh_from_db()
    assert row.state == "paused"
    assert AuditEntry.objects.get(action=f"{kind}.paused").reason == "Their test run."

    client.post(f"{address}resume/")
    row.refresh_from_db()
    assert row.state == "active"


def test_a_changed_setting_is_told_to_the_audit_log_with_before_and_after(world: World, login: Login) -> None:
    client = login("Integrations admin")
    page = client.get(f"/admin/intake/source/{world.source.pk}/change/")
    data = {
        name: value for name, value in page.context["adminform"].form.initial.items() if value not in (None, {}, [])
    }

    client.post(
        f"/admin/intake/source/{world.source.pk}/change/",
        {
            **data,
            "scheme_options": "{}",
            "content_types": "[]",
            "per_minute": "60",
            "initial-scheme_options": "{}",
            "initial-content_types": "[]",
        },
    )

    world.source.refresh_from_db()
    entry = AuditEntry.objects.filter(action="source.changed", subject_id=str(world.source.pk)).latest("id")
    assert world.source.per_minute == 60
    assert entry.detail == {"per_minute": [6000, 60]}


def test_saving_a_form_leaves_alone_what_a_worker_moved_meanwhile(world: World, login: Login) -> None:
    """The form names five columns; the gate of a connection is not among them."""
    client = login("Integrations admin")
    held = timezone.now() + timedelta(minutes=5)
    data = {
        "name": "HubSpot main",
        "base_url": "http://127.0.0.1:1/x",
        "options": "{}",
        "rate_limit": "50",
        "rate_window_seconds": "10",
    }

    original = Connection.save

    def save_after_a_worker(self: Connection, *args: object, **kwargs: object) -> None:
        Connection.objects.filter(pk=self.pk).update(held_until=held)
        original(self, *args, **kwargs)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "save", save_after_a_worker)
        client.post(f"/admin/crmsync/connection/{world.connection.pk}/change/", data)

    world.connection.refresh_from_db()
    assert (world.connection.name, world.connection.held_until) == ("HubSpot main", held)


def connection_form(**changed: str) -> dict[str, str]:
    fixed = {"name": "HubSpot main", "base_url": "http://127.0.0.1:1", "options": "{}"}
    return {**fixed, "rate_limit": "50", "rate_window_seconds": "10", **changed}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ('{"timeout_seconds": "soon"}', "timeout_seconds: Write a number of seconds, more than 0 and at most 300."),
        ('{"timeout": 5}', "timeout: There is no such option here. Did you mean &#x27;timeout_seconds&#x27;?"),
        ("[]", "Write names and values, such as"),
    ],
)
def test_options_that_a_worker_could_not_use_are_refused_in_the_form(
    world: World, login: Login, options: str, said: str
) -> None:
    before = Connection.objects.values().get(pk=world.connection.pk)

    page = login("Integrations admin").post(
        f"/admin/crmsync/connection/{world.connection.pk}/change/", connection_form(options=options)
    )

    assert said in page.content.decode()
    assert Connection.objects.values().get(pk=world.connection.pk) == before


@pytest.mark.parametrize("reference", ["env:SECRET_KEY", "file:/etc/passwd"])
def test_a_reference_to_something_that_is_no_secret_of_an_account_is_refused_everywhere(
    world: World, login: Login, reference: str
) -> None:
    client = login("Integrations admin")
    source, crm = f"/admin/intake/source/{world.source.pk}/", f"/admin/crmsync/connection/{world.connection.pk}/"
    before = Connection.objects.values().get(pk=world.connection.pk), list(world.source.secrets.values())

    pages = [
        client.post(f"{crm}secret/", {"secret": reference}, follow=True),
        client.post(f"{crm}change/", connection_form(secret=reference)),
        client.post(f"{source}rotate/", {"key_id": "k2", "secret": reference, "old_hours": "0"}, follow=True),
    ]

    for page in pages:
        assert "is not one for secrets" in page.content.decode()
    assert (Connection.objects.values().get(pk=world.connection.pk), list(world.source.secrets.values())) == before


@pytest.mark.parametrize(
    "address",
    [
        "http://stranger.example:1",
        "http://127.0.0.1:2",
        "https://127.0.0.1:1",
        "http://127.0.0.1:1@stranger.example",
        "127.0.0.1:1",
        "",
    ],
)
def test_the_secret_of_one_host_is_not_taken_to_another(world: World, login: Login, address: str) -> None:
    before = Connection.objects.values().get(pk=world.connection.pk)

    page = login("Integrations admin").post(
        f"/admin/crmsync/connection/{world.connection.pk}/change/", connection_form(base_url=address)
    )

    assert "This leads to another host" in page.content.decode()
    assert Connection.objects.values().get(pk=world.connection.pk) == before


def test_two_names_that_merely_fold_alike_are_two_hosts() -> None:
    """The network spells them xn--strae-oqa.example and strasse.example, and anybody may own either."""
    known = Connection(base_url="https://strasse.example", secret_reference="enc:x")

    assert known.moves_secret_to("https://straße.example")
    assert not known.moves_secret_to("https://STRASSE.example/api")


def test_another_host_gets_the_secret_that_is_entered_with_it_and_nobody_can_read_it(
    world: World, login: Login
) -> None:
    login("Integrations admin").post(
        f"/admin/crmsync/connection/{world.connection.pk}/change/",
        connection_form(base_url="https://crm.example", secret=NEW),
    )

    world.connection.refresh_from_db()
    assert (world.connection.base_url, resolve(world.connection.secret_reference)) == ("https://crm.example", NEW)
    assert NEW not in str(list(AuditEntry.objects.values()))
    assert set(AuditEntry.objects.filter(subject_id=str(world.connection.pk)).values_list("action", flat=True)) >= {
        "connection.changed",
        "connection.secret_set",
    }


def test_another_path_at_the_same_host_needs_no_secret(world: World, login: Login) -> None:
    before = world.connection.secret_reference

    login("Integrations admin").post(
        f"/admin/crmsync/connection/{world.connection.pk}/change/", connection_form(base_url="HTTP://127.0.0.1:1/api")
    )

    world.connection.refresh_from_db()
    assert (world.connection.base_url, world.connection.secret_reference) == ("HTTP://127.0.0.1:1/api", before)


def somebody_with(*permissions: str) -> Client:
    person = make.user()
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def test_who_may_not_set_secrets_cannot_set_one_by_the_form_either(world: World) -> None:
    client = somebody_with("view_connection", "change_connection")
    address = f"/admin/crmsync/connection/{world.connection.pk}/change/"
    before = world.connection.secret_reference

    assert 'name="secret"' not in client.get(address).content.decode()
    client.post(address, connection_form(name="Renamed", secret=NEW))
    page = client.post(address, connection_form(base_url="https://crm.example", secret=NEW)).content.decode()

    world.connection.refresh_from_db()
    assert "Ask somebody who may set secrets" in page
    assert (world.connection.name, world.connection.base_url) == ("Renamed", "http://127.0.0.1:1")
    assert world.connection.secret_reference == before


def test_a_new_connection_is_made_with_its_secret(world: World, login: Login) -> None:
    login("Integrations admin").post(
        "/admin/crmsync/connection/add/",
        connection_form(slug="second", kind="hubspot", base_url="https://crm.example", secret=NEW),
    )

    assert resolve(Connection.objects.get(slug="second").secret_reference) == NEW


def test_who_may_only_look_sees_no_field_for_a_secret(world: World) -> None:
    client = somebody_with("view_connection", "rotate_connection_secret")

    page = client.get(f"/admin/crmsync/connection/{world.connection.pk}/change/")

    assert (page.status_code, 'name="secret"' in page.content.decode()) == (200, False)


def test_only_an_account_at_a_crm_has_a_property_for_our_ids(world: World, login: Login) -> None:
    client = login()

    assert b"External-id property" in client.get(f"/admin/crmsync/connection/{world.connection.pk}/change/").content
    assert b"External-id property" not in client.get(f"/admin/crmsync/connection/{world.mailbox.pk}/change/").content
