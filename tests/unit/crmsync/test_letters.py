"""Templates and letters: placeholders only, and nothing in a value can change the letter's shape."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmsync.letters import Letter, compose, is_address
from crmsync.mailboxes.files import file_name
from crmsync.templating import problems, render

DATE = datetime(2026, 11, 2, 15, tzinfo=UTC)
ANYTHING = st.text(max_size=60)


def letter(**fields: str) -> Letter:
    return Letter(
        **{
            "message_id": "<1@example.com>",
            "from_name": "Team",
            "from_email": "team@example.com",
            "to_email": "mary@example.com",
            "subject": "Hello",
            "body": "Hi",
            **fields,
        }
    )


def test_placeholders_become_their_values_and_unknown_ones_nothing() -> None:
    assert render("Hi {{ contact.first_name }}{{x}}!", {"contact.first_name": "Mary"}) == "Hi Mary!"


def test_a_value_is_never_read_as_a_placeholder() -> None:
    values = {"lead.message": "{{ claim_link }}", "claim_link": "secret"}
    assert render("{{ lead.message }}", values) == "{{ claim_link }}"


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("Hi {{ contact.first_name }}, {{agent.name}}", 0),
        ("Hi {{ contact.firstname }}", 1),
        ("Hi {{ contact.first_name", 1),
        ("{% if x %}", 1),
        ("{{ a }} {{ b }} }}", 3),
        ("a { b } c", 0),
    ],
)
def test_a_bad_template_is_told_in_words_when_it_is_saved(template: str, found: int) -> None:
    assert len(problems(template)) == found


@pytest.mark.parametrize(
    ("body", "encoding", "line"),
    [
        ("Hello Mary,\n\nsee https://x/claim/abc\n", "7bit", b"see https://x/claim/abc"),
        ("Hello Zoë,\nwelcome.", "quoted-printable", b"Hello Zo=C3=AB,"),
        ("a" * 999, "quoted-printable", b"a" * 75 + b"="),
    ],
)
def test_a_letter_can_be_read_and_searched_as_a_file(body: str, encoding: str, line: bytes) -> None:
    raw = compose(letter(body=body), DATE)

    assert email.message_from_bytes(raw)["Content-Transfer-Encoding"] == encoding
    assert line in raw.split(b"\r\n")


@given(ANYTHING, ANYTHING, ANYTHING, st.text(max_size=60) | st.text("ab \t\n.=é", max_size=3000))
def test_no_value_adds_a_header_or_a_recipient(name: str, subject: str, link: str, body: str) -> None:
    raw = compose(letter(from_name=name, subject=subject, unsubscribe_link=f"https://x/{link}", body=body), DATE)
    read = email.message_from_bytes(raw, policy=policy.compat32)
    assert sorted(read.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
        + ["List-Unsubscribe", "List-Unsubscribe-Post"]
    )
    assert read["To"] == "mary@example.com"
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    sent = read.get_payload(decode=True)
    assert sent.decode() == body.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n").replace(
        "\n", "\r\n"
    )


@pytest.mark.parametrize("subject", ["Hello Zoë", "日本語 " * 30, "=?utf-8?q?x?=", "plain"])
def test_any_subject_arrives_as_it_was_written(subject: str) -> None:
    read = email.message_from_bytes(compose(letter(subject=subject), DATE), policy=policy.default)
    assert read["Subject"] == subject.strip()


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "a b@example.com", "a@x.co\nBcc: b@x.co", "<a@b.co>", "a@b.co,c@d.co", "ä@b.co"],
)
def test_only_one_plain_address_is_an_address(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ValueError, match="not an e-mail address"):
        compose(letter(to_email=text), DATE)


@given(ANYTHING)
def test_a_letters_file_stays_in_its_folder(message_id: str) -> None:
    name = file_name(message_id)
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert name.endswith(".eml")
    assert len(name) < 130
