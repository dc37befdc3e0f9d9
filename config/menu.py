"""The side menu: what this person may see, in the order of the work; and the pill that names the environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from crmsync.admin.letters import Chosen, count
from trail.models import Alert

# A badge may be that old: it is drawn on every page, and a page must not wait for it. Not on the list itself, which
# says the number too, and not where somebody is told what was just done.
BADGE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: its words, icon, address name, and the permission to see it ("" for everybody)."""

    title: str
    icon: str
    address: str
    permission: str = ""


MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (Entry("Dashboard", "dashboard", "index"),)),
    (
        "Work",
        (
            Entry("Dead letters", "mark_email_unread", "crmsync_deadletter_changelist", "crmsync.view_deadletter"),
            Entry("Alerts", "notifications", "trail_alert_changelist", "trail.view_alert"),
        ),
    ),
    (
        "Data",
        (
            Entry("Leads", "contact_page", "intake_lead_changelist", "intake.view_lead"),
            Entry("Contacts", "group", "intake_contact_changelist", "intake.view_contact"),
            Entry("Properties", "home_work", "intake_property_changelist", "intake.view_property"),
            Entry("Enriched values", "add_notes", "intake_enrichedvalue_changelist", "intake.view_enrichedvalue"),
            Entry("Deliveries", "inbox", "intake_delivery_changelist", "intake.view_delivery"),
            Entry("Records", "receipt_long", "intake_item_changelist", "intake.view_item"),
            Entry("Imports", "upload_file", "intake_fileimport_changelist", "intake.view_fileimport"),
            Entry("Pushes", "outbox", "crmsync_push_changelist", "crmsync.view_push"),
        ),
    ),
    (
        "Setup",
        (
            Entry("Sources", "input", "intake_source_changelist", "intake.view_source"),
            Entry("Mappings", "schema", "intake_mappingversion_changelist", "intake.view_mappingversion"),
            Entry("Owner orders", "military_tech", "intake_ownerorder_changelist", "intake.view_ownerorder"),
            Entry("Connections", "cable", "crmsync_connection_changelist", "crmsync.view_connection"),
            Entry("Routing rules", "alt_route", "crmsync_routingrule_changelist", "crmsync.view_routingrule"),
            Entry("Agents", "badge", "crmsync_agent_changelist", "crmsync.view_agent"),
            Entry("E-mail templates", "stylus_note", "crmsync_emailtemplate_changelist", "crmsync.view_emailtemplate"),
            Entry("Sent mail", "forward_to_inbox", "crmsync_emailtemplate_sent", "intake.view_payload"),
            Entry("Suppressions", "unsubscribe", "crmsync_suppression_changelist", "crmsync.view_suppression"),
        ),
    ),
    (
        "Watch",
        (
            Entry("Data audits", "fact_check", "intake_dataaudit_changelist", "intake.view_dataaudit"),
            Entry("Spending", "payments", "crmsync_spending_changelist", "crmsync.view_spending"),
            Entry("Workflows", "account_tree", "trail_workflow_changelist", "trail.view_workflow"),
            Entry("Heartbeats", "monitor_heart", "trail_heartbeat_changelist", "trail.view_heartbeat"),
            Entry(
                "Past records", "history_toggle_off", "intake_renormalization_changelist", "intake.view_renormalization"
            ),
            Entry("Refusals", "block", "intake_refusal_changelist", "intake.view_refusal"),
            Entry("Audit log", "history", "trail_auditentry_changelist", "trail.view_auditentry"),
        ),
    ),
    (
        "Access",
        (
            Entry("Users", "person", "auth_user_changelist", "auth.view_user"),
            Entry("Roles", "shield_person", "auth_group_changelist", "auth.view_group"),
        ),
    ),
)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of this person; groups without a line are left out."""
    here = _here(request.path)
    anew = request.path == reverse("admin:crmsync_deadletter_changelist") or bool(len(get_messages(request)))
    drawn = []
    for title, entries in MENU:
        items = [
            _drawn(entry, here=here, anew=anew)
            for entry in entries
            if not entry.permission or request.user.has_perm(entry.permission)
        ]
        if items:
            drawn.append({"title": title, "separator": bool(title), "collapsible": False, "items": items})
    return drawn


def _drawn(entry: Entry, *, here: str, anew: bool) -> dict[str, Any]:
    link = reverse(f"admin:{entry.address}")
    item: dict[str, Any] = {"title": entry.title, "icon": entry.icon, "link": link, "active": link == here}
    if badge := _BADGES.get(entry.address):
        variant, counted = badge
        if waiting := _counted(entry.address, counted, anew=anew):
            item["badge"], item["badge_variant"] = f"{waiting:,}", variant
    return item


def _here(path: str) -> str:
    """The address of the one entry that a page belongs to: the longest that its own begins with."""
    home = reverse("admin:index")
    links = [reverse(f"admin:{entry.address}") for _, entries in MENU for entry in entries]
    return max(
        (link for link in links if path.startswith(link) and (link != home or path == home)), key=len, default=""
    )


# What waits for a person: the badge's colour, and how many there are.
_BADGES: dict[str, tuple[str, Callable[[], int]]] = {
    "crmsync_deadletter_changelist": ("danger", lambda: count(Chosen(), timezone.now()).number),
    "trail_alert_changelist": ("warning", lambda: Alert.objects.filter(state=Alert.State.OPEN).count()),
}


def _counted(name: str, counted: Callable[[], int], *, anew: bool) -> int:
    """How many wait, at most BADGE_SECONDS old."""
    found = None if anew else cache.get(f"menu:{name}")
    if found is None:
        found = counted()
        cache.set(f"menu:{name}", found, BADGE_SECONDS)
    return int(found)


def environment(request: HttpRequest) -> list[str]:
    """The pill at the top: red in production, so that nobody takes it for the trial machine."""
    return [settings.ENVIRONMENT_NAME, "danger" if settings.ENVIRONMENT_NAME == "Production" else "warning"]
