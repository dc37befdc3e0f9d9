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
        ("Robert Lee Jones Senior", {"first": "Robert", "middle": "Lee", "last": "Jones", "suffix": "Senior"}),
        ("Tom Junior", {"first": "Tom", "last": "Junior"}),
        ("R. Peter Grant", {"first": "Peter", "middle": "R.", "last": "Grant"}),
        ("T.J. Grant", {"first": "T.", "middle": "J.", "last": "Grant"}),
        ("GRANT PETER R", {"first": "Peter", "middle": "R", "last": "Grant"}),
        ("ANNA L DO", {"first": "Anna", "middle": "L", "last": "Do"}),
        ("Eva Visser-De Jong", {"first": "Eva", "last": "Visser-De Jong"}),
        ("JOHN M GRANT MR", {"prefix": "Mr", "first": "John", "middle": "M", "last": "Grant"}),
        ("Mary", {"first": "Mary"}),
    ],
)
def test_a_person_is_taken_apart(raw: str, parts: dict[str, str]) -> None:
    result = normalize(raw, CTX)

    assert result.parts == parts
    assert result.issues == ()


@pytest.mark.parametrize(
    "raw", ["Oak Street Holdings LLC", "Estate of Ann Lee", "First National Bank", "LEE FAMILY TRUST", "Smith & Sons"]
)
def test_an_organization_is_no_person(raw: str) -> None:
    result = normalize(raw, CTX)

    assert result.parts["is_organization"] is True
    assert "first" not in result.parts


@pytest.mark.parametrize(
    ("raw", "people"),
    [
        ("John & Mary Smith", ["John Smith", "Mary Smith"]),
        ("JOHN AND MARY SMITH", ["John Smith", "Mary Smith"]),
        ("John/Mary Smith", ["John Smith", "Mary Smith"]),
        ("SMITH, JOHN Q & MARY", ["John Q Smith", "Mary Smith"]),
        ("SMITH JOHN W & MARY K", ["John W Smith", "Mary K Smith"]),
        ("John Smith & Mary", ["John Smith", "Mary Smith"]),
        ("John & Mary de la Cruz", ["John de la Cruz", "Mary de la Cruz"]),
        ("Mr. & Mrs. John Smith", ["John Smith", "Mrs. Smith"]),
        ("Ann Lee and Bob Ray", ["Ann Lee", "Bob Ray"]),
    ],
)
def test_a_household_becomes_its_people_and_the_first_is_taken(raw: str, people: list[str]) -> None:
    result = normalize(raw, CTX)

    assert result.value == people[0]
    assert [person["name"] for person in result.parts["people"]] == people
    assert [person.get("relation") for person in result.parts["people"]] == [None, "household"]
    assert result.parts["others"] == people[1]
    assert [issue.code for issue in result.issues] == [IssueCode.HOUSEHOLD]


def test_each_person_of_a_household_has_parts_of_their_own() -> None:
    assert normalize("SMITH, JOHN Q & MARY", CTX).parts == {
        "first": "John", "middle": "Q", "last": "Smith", "others": "Mary Smith",
        "people": [
            {"name": "John Q Smith", "first": "John", "middle": "Q", "last": "Smith"},
            {"name": "Mary Smith", "first": "Mary", "last": "Smith", "relation": "household"},
        ],
    }  # fmt: skip


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
        ("AL GRANT", "Al Grant"),
        ("DE LA CRUZ", "de la Cruz"),
        ("Mcgregor", "McGregor"),
        ("O'neil", "O'Neil"),
        ("john grant iii", "John Grant III"),
        ("John Grant Iii", "John Grant III"),
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
        ("Oak Holdings Llc", "Oak Holdings LLC", "oak holdings"),
    ],
)
def test_a_company_keeps_its_legal_form_and_its_key_does_not(raw: str, value: str, key: str) -> None:
    result = company.normalize(raw, CTX)

    assert (result.value, result.key) == (value, key)
