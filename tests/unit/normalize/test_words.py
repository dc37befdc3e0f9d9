"""Picklists, yes and no, identifiers, text and web addresses."""

from __future__ import annotations

import pytest

from intake.normalize import boolean, mls_id, parcel, picklist, text, url
from intake.normalize.registry import UnknownNormalizer, names, normalize, versioned
from intake.normalize.result import SENTENCES, Context, IssueCode

CTX = Context()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Under Contract", "pending"),
        ("under_contract", "pending"),
        ("UNDERCONTRACT", "pending"),
        ("pending", "pending"),
        (1, "closed"),
    ],
)
def test_a_picklist_does_not_mind_case_blanks_and_marks(raw: object, value: str) -> None:
    assert picklist.normalize(raw, CTX, {"Under Contract": "pending", "1": "closed"}).value == value


def test_an_unknown_word_is_never_turned_into_a_likely_one() -> None:
    result = picklist.normalize("Back on Market", CTX, {"Active": "active"})

    assert (result.value, [issue.code for issue in result.issues]) == (None, [IssueCode.UNMAPPED_VALUE])


@pytest.mark.parametrize("raw", ["Active Under Contract", "ActiveUnderContract", "active_under_contract"])
def test_both_reso_spellings_of_a_status_are_known(raw: str) -> None:
    assert normalize("listing_status", raw, CTX).value == "active_under_contract"


@pytest.mark.parametrize(
    ("raw", "value"),
    [(True, True), ("Yes", True), ("0", False), (0, False), ("off", False), ("maybe", None), (2, None)],
)
def test_yes_and_no(raw: object, value: bool | None) -> None:
    assert boolean.normalize(raw, CTX).value is value


@pytest.mark.parametrize(
    ("raw", "value", "key"),
    [
        ("MLS# a-1001", "A-1001", "A1001"),
        ("00123", "00123", "00123"),
        (123, "123", "123"),
        ("mls no. 7", "7", "7"),
        ("N/A", None, ""),
        ("--", None, ""),
    ],
)
def test_a_listing_number_keeps_its_zeros_and_marks(raw: object, value: str | None, key: str) -> None:
    result = mls_id.normalize(raw, CTX)

    assert (result.value, result.key) == (value, key)


def test_a_parcel_number_keeps_its_zeros() -> None:
    result = parcel.normalize("APN: 012-345-006", CTX)

    assert (result.value, result.key) == ("012-345-006", "012345006")


def test_text_keeps_its_paragraphs_and_loses_what_cannot_be_seen() -> None:
    result = text.normalize(" Hello \x00\u200bthere\r\n\r\n\r\n\r\nI  saw\tit. ", CTX)

    assert (result.value, result.issues) == ("Hello there\n\nI saw it.", ())


def test_a_text_over_the_limit_keeps_its_beginning_and_says_so() -> None:
    result = text.normalize("a" * 20_000, CTX)

    assert len(result.value) == text.LIMIT
    assert [issue.code for issue in result.issues] == [IssueCode.CUT_TO_LENGTH]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("www.Example.com/a?b=1", "https://www.example.com/a?b=1"),
        ("HTTP://example.com", "http://example.com"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("javascript:alert(1)", None),
        ("https://user:pw@example.com", None),
        ("not a url", None),
    ],
)
def test_a_web_address_is_http_or_nothing(raw: str, value: str | None) -> None:
    assert url.normalize(raw, CTX).value == value


def test_words_for_nothing_are_empty_at_a_source_that_uses_them() -> None:
    result = normalize("phone", " n/a ", Context(empty=frozenset({"N/A"})))

    assert (result.value, [issue.code for issue in result.issues]) == (None, [IssueCode.COUNTED_AS_EMPTY])


def test_a_name_is_the_newest_version_and_old_versions_stay() -> None:
    assert versioned("phone") == "phone@1"
    assert normalize("phone@1", "5128675309", CTX) == normalize("phone", "5128675309", CTX)
    assert {"phone", "email", "name", "address", "price", "picklist"} <= set(names())


@pytest.mark.parametrize("name", ["fone", "phone@9", "phone@", "", "@1"])
def test_an_unknown_name_is_bad_use(name: str) -> None:
    with pytest.raises(UnknownNormalizer):
        normalize(name, "x", CTX)


def test_every_code_has_its_sentence() -> None:
    assert set(SENTENCES) == set(IssueCode)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("SOLD", "closed"), ("Under Contract", "pending"), ("Active - Contingent", "active_under_contract"),
        ("Cancelled", "canceled"), ("Temp Off Market", "hold"), ("Off Market", None), ("whatever", None),
    ],
)  # fmt: skip
def test_a_status_is_what_reso_says_and_never_a_guess(raw: str, value: str | None) -> None:
    assert normalize("listing_status", raw, CTX).value == value


def test_a_parcel_number_is_only_comparable_inside_its_county() -> None:
    travis, harris = (parcel.normalize("012-345", Context(county=county)).key for county in ("Travis", "Harris"))

    assert (travis, harris) == ("travis:012345", "harris:012345")
