"""The options of a connection: read in their types, and refused by name with the fix, never by value."""

from __future__ import annotations

from typing import Any

import pytest

from crmsync.models import Connection
from crmsync.options import KINDS, HubSpotOptions, MailOptions, SmtpOptions, problems, read, told
from crmsync.transport.errors import Misconfigured


def test_every_kind_of_connection_has_its_options() -> None:
    assert set(KINDS) == set(Connection.Kind.values)


def test_what_is_left_out_has_its_default_and_what_is_said_its_type() -> None:
    mail = read(SmtpOptions, {"once_in_hours": 2, "from_email": "team@example.com"})

    assert (mail.once_in_hours, mail.security, mail.patience) == (2.0, "starttls", 10.0)
    assert read(HubSpotOptions, {"timeout_seconds": 0.2}).patience == 0.2
    assert read(MailOptions, {}).patience == 10.0


@pytest.mark.parametrize(
    ("kind", "given", "names"),
    [
        ("hubspot", {"version": "../../x"}, ["version"]),
        ("hubspot", {"fields": []}, ["fields"]),
        ("hubspot", {"fields": {"contact": 7, "task": 8}}, ["fields"]),
        ("hubspot", {"associations": {"task:property": "many"}}, ["associations"]),
        ("hubspot", {"associations": {"task property": 3}}, ["associations"]),
        ("hubspot", {"properties": "no"}, ["properties"]),
        ("hubspot", {"allow_private": 1, "timeout_seconds": True}, ["timeout_seconds", "allow_private"]),
        ("hubspot", {"timeout_seconds": 0}, ["timeout_seconds"]),
        ("hubspot", {"timeout_seconds": float("inf")}, ["timeout_seconds"]),
        ("hubspot", {"from_email": "a@b.co"}, ["from_email"]),
        ("smtp", {"security": "ssl", "username": 5}, ["security", "username"]),
        ("smtp", {"once_in_hours": -1, "from_email": "the team"}, ["from_email", "once_in_hours"]),
        ("mail_files", {"security": "tls"}, ["security"]),
        ("mail_files", None, [""]),
        ("mail_files", "from_name", [""]),
    ],
)
def test_what_cannot_be_used_is_named_and_never_repeated(kind: str, given: Any, names: list[str]) -> None:
    found = problems(kind, given)

    assert [name for name, _ in found] == names
    for _, message in found:
        assert message.endswith(".")
        assert "../../x" not in message
        assert "the team" not in message


def test_reading_what_cannot_be_used_is_a_misconfiguration_that_says_everything() -> None:
    with pytest.raises(Misconfigured) as caught:
        read(MailOptions, {"once_in_hours": "x", "sender": 1})

    assert caught.value.code == "bad_options"
    assert caught.value.message == (
        "The options of this connection cannot be used. once_in_hours: Write a number of hours in which a contact gets "
        "one first e-mail at most; 0 is no limit. sender: There is no such option here. Known are from_email, "
        "from_name, once_in_hours."
    )


def test_who_only_plans_goes_by_the_defaults_where_they_cannot_be_used() -> None:
    assert told("hubspot", {"timeout_seconds": "x", "properties": False}) == HubSpotOptions()
    assert told("hubspot", {"properties": False}) == HubSpotOptions(properties=False)
