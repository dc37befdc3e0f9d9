"""E-mail templates say at save what would go wrong at sending; sent mail in files can be read, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmsync.models import EmailTemplate, RoutingRule, Suppression
from tests import factories as make
from tests.integration.admin.conftest import Login

MAIL = b"Subject: Thank you, Maria\nTo: maria@example.com\nMessage-ID: <1@steward>\n\nHello <b>Maria</b>.\n"


def test_a_template_with_an_unknown_placeholder_is_not_saved(login: Login) -> None:
    data = {"slug": "x", "purpose": "first_email", "subject": "Hello {{ nobody }}", "body": "Text", "active": "on"}

    page = login("Manager").post("/admin/crmsync/emailtemplate/add/", data)

    assert b"There is no placeholder {{ nobody }}" in page.content
    assert not EmailTemplate.objects.exists()


def test_sent_mail_is_listed_and_read_and_its_markup_is_text(login: Login, settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILES_DIR = tmp_path
    (tmp_path / "1.eml").write_bytes(MAIL)
    (tmp_path / "secret.txt").write_text("no mail")
    client = login("Manager")

    page = client.get("/admin/crmsync/emailtemplate/sent/").content.decode()
    mail = client.get("/admin/crmsync/emailtemplate/sent/1.eml/").content.decode()

    assert "Thank you, Maria" in page
    assert "secret.txt" not in page
    assert "Hello &lt;b&gt;Maria&lt;/b&gt;." in mail
    for name in ("secret.txt", "..%2Fsecret.txt", "..%2f..%2fetc%2fpasswd", "2.eml"):
        answer = client.get(f"/admin/crmsync/emailtemplate/sent/{name}/", follow=True)
        assert answer.redirect_chain or answer.status_code == 404
        assert b"no mail" not in answer.content


def test_an_address_is_suppressed_by_hand_in_lower_case(login: Login) -> None:
    login("Manager").post("/admin/crmsync/suppression/add/", {"email": " Never@Example.com "})

    row = Suppression.objects.get()
    assert (row.email, row.reason) == ("never@example.com", Suppression.Reason.BY_HAND)
    assert row.added_by.startswith("user")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sources": "nosuch"}, "There is no source called nosuch."),
        ({"zips": "7870x"}, "A ZIP code has 5 digits"),
        ({"price_low": "9", "price_high": "1"}, "no lead would ever fit"),
    ],
)
def test_a_routing_rule_that_cannot_fit_is_refused_in_words(change: dict[str, str], problem: str, login: Login) -> None:
    data: dict[str, Any] = {
        "name": "Rule",
        "slug": "rule",
        "position": "1",
        "active": "on",
        "agents": [make.agent().pk],
        **change,
    }

    page = login("Manager").post("/admin/crmsync/routingrule/add/", data)

    assert problem in page.content.decode()
    assert not RoutingRule.objects.exists()


def test_a_routing_rule_is_saved_with_one_entry_a_line(login: Login) -> None:
    source, agent = make.source(), make.agent()
    data = {"name": "Rule", "slug": "rule", "position": "1", "active": "on", "agents": [agent.pk]}

    login("Manager").post("/admin/crmsync/routingrule/add/", {**data, "sources": source.slug, "zips": "787\n\n78610\n"})

    rule = RoutingRule.objects.get()
    assert (rule.sources, rule.zips, list(rule.agents.all())) == ([source.slug], ["787", "78610"], [agent])


def test_the_menu_marks_one_entry_as_the_place_where_one_is(login: Login) -> None:
    client = login("Manager")
    for address, title in (
        ("/admin/crmsync/emailtemplate/sent/", "Sent mail"),
        ("/admin/crmsync/emailtemplate/add/", "E-mail templates"),
        ("/admin/", "Dashboard"),
    ):
        groups = client.get(address).context["sidebar_navigation"]
        assert [item["title"] for group in groups for item in group["items"] if item["active"]] == [title]
