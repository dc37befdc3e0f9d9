"""The presets and their payloads: complete, usable by their scheme and decoder, and holding nobody real."""

from __future__ import annotations

import re

import phonenumbers
import pytest

from intake.mapping.decode import FORMATS, read
from intake.signatures.registry import scheme
from intake.sources import presets

KEYS = {"name", "kind", "scheme", "scheme_options", "content_types", "repeat_window_seconds", "mapping"}
MAPPING_KEYS = {"decode", "kind", "items", "identity", "pivot", "context", "fields", "picklists", "ignore"}
CASES = [(name, file, body) for name in presets.names() for file, body in presets.payloads(name).items()]


def test_eleven_senders_are_known():
    assert presets.names() == (
        "calendly",
        "google_lead_form",
        "gravity_forms",
        "jotform",
        "lead_portal",
        "meta_lead_ads",
        "mls_board",
        "typeform",
        "webflow",
        "website",
        "zillow_rentals",
    )


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_complete_and_its_scheme_can_use_its_options(name):
    preset = presets.preset(name)
    mapping = preset["mapping"]

    assert set(preset) == KEYS
    assert preset["kind"] == mapping["kind"]
    assert preset["kind"] in ("lead", "listing")
    assert scheme(preset["scheme"]).options_problems(preset["scheme_options"]) == []
    assert set(mapping) <= MAPPING_KEYS
    assert mapping["decode"] in FORMATS
    assert preset["repeat_window_seconds"] > 0
    assert re.fullmatch(r"\d{3}", mapping["context"]["area_code"])  # text: YAML must not make a number of it


@pytest.mark.parametrize("name", presets.names())
def test_a_field_has_either_paths_or_a_constant_and_every_picklist_exists(name):
    mapping = presets.preset(name)["mapping"]
    targets = [field["to"] for field in mapping["fields"]]

    assert len(targets) == len(set(targets))
    for field in mapping["fields"]:
        assert ("first_of" in field) != ("constant" in field)
        assert field.get("picklist", "lead_kind") in {*mapping.get("picklists", {}), "lead_kind"}
    if mapping["kind"] == "lead":
        assert {"contact.email", "contact.phone", "lead.kind"} <= set(targets)
    else:
        assert "property.mls_id" in targets


def test_the_reference_table_is_in_the_presets():
    board = {one["to"]: one for one in presets.preset("mls_board")["mapping"]["fields"]}
    portal = {one["to"]: one for one in presets.preset("lead_portal")["mapping"]["fields"]}

    assert board["property.mls_id"]["first_of"] == ["ListingId"]
    assert board["property.price"]["first_of"] == ["ListPrice"]
    assert board["property.status"]["first_of"] == ["ListingStatus"]
    assert portal["property.mls_id"]["first_of"] == ["MLSNumber"]
    assert portal["property.price"]["first_of"] == ["current_price"]
    assert portal["property.status"]["first_of"] == ["property_status"]


@pytest.mark.parametrize(("name", "file", "body"), CASES, ids=[f"{name}/{file}" for name, file, _ in CASES])
def test_a_payload_is_read_by_its_presets_decoder_with_nothing_mended(name, file, body):
    preset = presets.preset(name)

    decoded = read(body, preset["content_types"][0], preset["mapping"]["decode"])

    assert decoded.notes == ()
    assert decoded.value


@pytest.mark.parametrize(("name", "file", "body"), CASES, ids=[f"{name}/{file}" for name, file, _ in CASES])
def test_a_payload_holds_nobody_real(name, file, body):
    text = body.decode().replace("%40", "@")

    hosts = re.findall(r"@([\w.-]+)", text)
    assert hosts
    assert set(map(str.lower, hosts)) <= {"example.com", "example.net", "example.org"}
    assert not re.search(r"\bwhsec_|\bsk_live|\bpat-", text)


@pytest.mark.parametrize("raw", ["312-867-5309", "773-202-5862", "847-328-4417"])
def test_the_payloads_numbers_are_valid_ones(raw):
    assert phonenumbers.is_valid_number(phonenumbers.parse(raw, "US"))
    assert any(re.sub(r"\D", "", raw) in re.sub(rb"\D", b"", body).decode() for _, _, body in CASES)


def test_a_preset_is_a_fresh_copy():
    presets.preset("website")["mapping"]["fields"].clear()

    assert presets.preset("website")["mapping"]["fields"] != []


@pytest.mark.parametrize("name", ["", "nobody", "..", "../mapping", "website/payloads"])
def test_an_unknown_sender_is_named_with_the_known_ones(name):
    with pytest.raises(presets.UnknownPreset, match="calendly, google_lead_form"):
        presets.preset(name)
