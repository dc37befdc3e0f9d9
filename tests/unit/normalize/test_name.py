"""Names are taken apart, cased and told from companies and households."""

from __future__ import annotations

import pytest

from intake.normalize import company, name_part
from intake.normalize.name import normalize
from intake.normalize.result import Context, IssueCode

CTX = Context()


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("John Smith", {"first": "John", "last": "Smith"}),
        ("SMITH, JOHN", {"first": "John", "last": "Smith"}),
        ("smith, john q", {"first": "John", "middle": "Q", "last": "Smith"}),
        (
            "Dr. John Q. Public Jr.",
            {"prefix": "Dr.", "first": "John", "middle": "Q.", "last": "Public", "suffix": "Jr."},
        ),
        ('John "Jack" Smith', {"first": "John", "last": "Smith", "nickname": "Jack"}),
        ("JUAN DE LA VEGA III", {"first": "Juan", "last": "de la Vega", "suffix": "III"}),
        ("McDONALD, RONALD", {"first": "Ronald", "last": "McDonald"}),
        ("MARY O'BRIEN-MCKAY", {"first": "Mary", "last": "O'Brien-McKay"}),
        ("Van Morrison", {"first": "Van", "last": "Morrison"}),
        ("Mary", {"first": "Mary"}),
    ],
)
def test_a_person_is_taken_apart(raw: str, parts: dict[str, str]) -> None:
    result = normalize(raw, CTX)

    assert result.parts == parts
    assert result.issues == ()


@pytest.mark.parametrize(
    "raw", ["Oak Street Holdings LLC", "Estate of Ann Lee", "First National Bank", "LEE FAMILY TRUST"]
)
def test_an_organization_is_no_person(raw: str) -> None:
    result = normalize(raw, CTX)

    assert result.parts["is_organization"] is True
    assert "first" not in result.parts


@pytest.mark.parametrize(
    ("raw", "value", "others"),
    [("John & Mary Smith", "John Smith", "Mary Smith"), ("Ann Lee and Bob Ray", "Ann Lee", "Bob Ray")],
)
def test_of_a_household_the_first_person_is_taken_and_the_others_are_kept(raw: str, value: str, others: str) -> None:
    result = normalize(raw, CTX)

    assert (result.value, result.parts["others"]) == (value, others)
    assert [issue.code for issue in result.issues] == [IssueCode.HOUSEHOLD]


@pytest.mark.parametrize("raw", ["N/A", "ann@example.com", "512-867-5309", "---", "test", "https://x.com"])
def test_what_is_no_name_has_no_value(raw: str) -> None:
    assert normalize(raw, CTX).value is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("VON STREIT", "von Streit"),
        ("VAN", "Van"),
        ("o'callaghan", "O'Callaghan"),
        ("MCMURDO", "McMurdo"),
        ("JJ", "JJ"),
        ("DeVito", "DeVito"),
    ],
)
def test_a_piece_of_a_name_gets_its_case_where_it_has_none(raw: str, value: str) -> None:
    assert name_part.normalize(raw, CTX).value == value


@pytest.mark.parametrize(
    ("raw", "value", "key"),
    [
        ("ACME REALTY, L.L.C.", "Acme Realty, LLC", "acme realty"),
        ("The Smith Company Inc.", "The Smith Company Inc.", "smith"),
        ("Foo Bar Co. Ltd.", "Foo Bar Co. Ltd.", "foo bar"),
        ("LLC", "LLC", "llc"),
    ],
)
def test_a_company_keeps_its_legal_form_and_its_key_does_not(raw: str, value: str, key: str) -> None:
    result = company.normalize(raw, CTX)

    assert (result.value, result.key) == (value, key)
