"""Samples go through the real webhook, correctly signed; what is refused is told and fails the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config import demo, run_lock
from config.management.commands.send_samples import Wire
from intake.api.authentication import forget_doors
from intake.models import Contact, Delivery, Item, Source
from intake.services.process import drain
from intake.signatures.base import SignedRequest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _demo(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DEMO_ENV, settings.VAR_DIR = tmp_path / "demo.env", tmp_path
    for name in demo._REFERENCE.findall(demo.CONFIGURATION.read_text()):
        monkeypatch.setenv(name, "")
    demo.make_secrets()
    demo.apply_configuration()
    forget_doors()
    yield
    forget_doors()


def send(*words: str) -> str:
    out = StringIO()
    call_command("send_samples", *words, stdout=out)
    return out.getvalue()


def figures(said: str) -> dict[str, tuple[int, ...]]:
    lines = re.findall(r"^(\w+) +(\d+) +(\d+) +(\d+) +(\d+)$", said, re.MULTILINE)
    return {slug: tuple(map(int, counts)) for slug, *counts in lines}


@pytest.mark.usefixtures("_demo")
def test_every_sample_of_every_source_is_accepted_once_and_a_duplicate_the_second_time(live_server: Any) -> None:
    said = send("--count", "2", "--twice", "--url", live_server.url, "--seed", "7")

    slugs = list(Source.objects.order_by("slug").values_list("slug", flat=True))
    assert figures(said) == dict.fromkeys(slugs, (4, 2, 2, 0))
    assert "seed 7" in said
    assert Delivery.objects.count() == 2 * len(slugs)


@pytest.mark.usefixtures("_demo")
def test_every_sample_is_understood_and_one_person_in_many_writings_is_one_contact(live_server: Any) -> None:
    said = send("--count", "1", "--url", live_server.url, "--seed", "7")

    drain()

    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SPLIT}
    assert set(Item.objects.values_list("state", "error_code")) == {(Item.State.IN_PROGRESS, "")}
    first = Item.objects.exclude(lead=None).filter(position=0).values_list("contact", flat=True)
    assert f"the first lead is {Contact.objects.get(pk=first[0]).full_name}'s." in said
    assert (len(first), len(set(first))) == (Source.objects.filter(kind="lead").count(), 1)


@pytest.mark.usefixtures("_demo")
def test_one_source_is_sent_alone(live_server: Any) -> None:
    said = send("--source", "typeform", "--count", "1", "--url", live_server.url)

    assert figures(said) == {"typeform": (1, 1, 0, 0)}
    assert Delivery.objects.get().source.slug == "typeform"


@pytest.mark.usefixtures("_demo")
def test_what_is_refused_is_told_in_the_webhooks_words_and_fails_the_command(live_server: Any) -> None:
    Source.objects.filter(slug="website").update(content_types=["application/xml"])
    out = StringIO()

    with pytest.raises(CommandError, match="^2 of 2 were refused.$"):
        call_command("send_samples", "--source=website", "--count=2", f"--url={live_server.url}", stdout=out)

    assert figures(out.getvalue()) == {"website": (2, 0, 0, 2)}
    assert "2 times 415: This source does not send application/json. Nothing was stored." in out.getvalue()
    assert Delivery.objects.count() == 0


@pytest.mark.usefixtures("_demo")
def test_a_source_without_samples_or_without_a_secret_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Source.objects.create(slug="other", name="Other", scheme="hmac")
    monkeypatch.setenv("STEWARD_DEMO_WEBSITE", "")
    forget_doors()

    with pytest.raises(CommandError, match="There is no source 'nobody'"):
        send("--source", "nobody")
    with pytest.raises(CommandError, match="There are samples only of"):
        send("--source", "other")
    with pytest.raises(CommandError, match="No secret is at hand to sign for website."):
        send()


def test_nobody_is_waited_for_where_steward_does_not_run() -> None:
    waits: list[float] = []
    wire = Wire("http://127.0.0.1:9", wait=waits.append)

    with pytest.raises(CommandError, match="^Nobody answers at http://127.0.0.1:9, so nothing was sent."):
        wire.post(SignedRequest("POST", "/hooks/website/", {}, {}, b"{}"))

    assert waits == []


@pytest.mark.usefixtures("_demo")
def test_the_samples_go_where_steward_runs(live_server: Any) -> None:
    with run_lock.hold(live_server.url):
        said = send("--source", "website", "--count", "1")

    assert figures(said) == {"website": (1, 1, 0, 0)}


@pytest.mark.usefixtures("_demo")
def test_each_run_sends_somebody_new(live_server: Any) -> None:
    for _ in range(3):
        send("--source", "website", "--count", "1", "--url", live_server.url)
    drain()

    assert Contact.objects.count() == 3


def test_the_address_of_one_that_ended_is_nobodys(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    assert run_lock.running_at() == ""

    lock = run_lock.hold("http://127.0.0.1:9100")
    with pytest.raises(run_lock.AlreadyHeld):
        run_lock.hold("http://127.0.0.1:9200")
    while_it_ran = run_lock.running_at()
    lock.close()

    assert (while_it_ran, run_lock.running_at()) == ("http://127.0.0.1:9100", "")


def test_a_server_that_is_still_starting_is_waited_for_and_not_for_ever() -> None:
    waits: list[float] = []
    said: list[str] = []
    wire = Wire("http://127.0.0.1:9", starting=2.0, say=said.append, wait=waits.append)

    with pytest.raises(CommandError, match="^Nobody answers at http://127.0.0.1:9, so nothing was sent."):
        wire.post(SignedRequest("POST", "/hooks/website/", {}, {}, b"{}"))

    assert sum(waits) == 2.0
    assert said == ["Waiting for http://127.0.0.1:9 to answer."]


def test_a_server_that_falls_silent_is_waited_for_once_and_not_with_every_sample(live_server: Any) -> None:
    waits: list[float] = []
    wire = Wire(live_server.url, wait=waits.append, patience=2.0)
    request = SignedRequest("POST", "/hooks/website/", {}, {}, b"{}")
    assert wire.post(request).status
    wire.close()
    wire._url = urlsplit("http://127.0.0.1:9")

    answers = [wire.post(request) for _ in range(3)]

    assert [answer.said for answer in answers] == ["The server does not answer (ConnectionRefusedError)."] * 3
    assert sum(waits) == 2.0


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="ftp://x is no address"):
        Wire("ftp://x")
