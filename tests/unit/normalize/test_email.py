"""E-mails become lower case and trimmed; the folded key is apart."""

from __future__ import annotations

import pytest

from intake.normalize.email import normalize
from intake.normalize.result import Context, IssueCode

CTX = Context()


@pytest.mark.parametrize(
    "raw",
    [
        "ann.lee@example.com",
        "  Ann.Lee@EXAMPLE.com ",
        "mailto:ann.lee@example.com",
        "Ann Lee <ann.lee@example.com>",
        "ann.lee@example.com.",
        "ann.lee@example.com,",
    ],
)
def test_every_usual_writing_is_the_same_address(raw: str) -> None:
    assert normalize(raw, CTX).value == "ann.lee@example.com"


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("A.n.n+x@GoogleMail.com", "ann@gmail.com"),
        ("ann+x@outlook.com", "ann@outlook.com"),
        ("a.nn@icloud.com", "a.nn@icloud.com"),
        ("ann-list@yahoo.com", "ann@yahoo.com"),
        ("ann+x@example.com", "ann+x@example.com"),
    ],
)
def test_the_key_folds_what_the_provider_folds(raw: str, key: str) -> None:
    assert normalize(raw, CTX).key == key


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("ann", IssueCode.INVALID_EMAIL),
        ("ann@", IssueCode.INVALID_EMAIL),
        ("ann@localhost", IssueCode.INVALID_EMAIL),
        ("ann lee@example", IssueCode.INVALID_EMAIL),
        ("none@none.com", IssueCode.PLACEHOLDER),
        ("noreply@zillow.com", IssueCode.PLACEHOLDER),
        ("test@test.com", IssueCode.PLACEHOLDER),
        ("a" * 300 + "@example.com", IssueCode.TOO_LONG),
        ("a" * 5000, IssueCode.TOO_LONG),
    ],
)
def test_what_is_no_address_has_no_value_and_no_key(raw: str, code: IssueCode) -> None:
    result = normalize(raw, CTX)

    assert (result.value, result.key) == (None, "")
    assert [issue.code for issue in result.issues] == [code]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("info@example.com", IssueCode.ROLE_ADDRESS),
        ("ann@mailinator.com", IssueCode.DISPOSABLE_DOMAIN),
        ("ann@gmial.com", IssueCode.DOMAIN_TYPO),
        ("ann@example.test", IssueCode.RESERVED_DOMAIN),
        ("ann@example.com; bob@example.com", IssueCode.SEVERAL_VALUES),
    ],
)
def test_a_doubtful_address_keeps_its_value_and_says_why(raw: str, code: IssueCode) -> None:
    result = normalize(raw, CTX)

    assert result.value == raw.partition(";")[0]
    assert [issue.code for issue in result.issues] == [code]


@pytest.mark.parametrize(
    "domain", ["gmial.com", "gmail.con", "gamil.com", "yaho.com", "hotmail.co", "aol.cm", "comcast.met"]
)
def test_a_likely_slip_is_flagged_and_never_corrected(domain: str) -> None:
    result = normalize(f"ann@{domain}", CTX)

    assert result.value == f"ann@{domain}"
    assert [issue.code for issue in result.issues] == [IssueCode.DOMAIN_TYPO]


@pytest.mark.parametrize(
    "domain", ["gmail.com", "mail.com", "email.com", "ymail.com", "yahoo.ca", "hotmail.co.uk", "abl.com"]
)
def test_a_domain_of_its_own_is_no_slip(domain: str) -> None:
    assert normalize(f"ann@{domain}", CTX).issues == ()
