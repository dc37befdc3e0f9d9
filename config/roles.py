"""The four roles, as data: which named permissions each group has. Written at every migrate, so code is what holds.

A team that wants something else makes a group of its own beside these; what is changed on these four by hand is put
back, since a role whose name promises one thing and that does another is worse than none.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps

_LEADS = (
    "intake.view_lead",
    "intake.view_contact",
    "intake.view_property",
    "intake.view_delivery",
    "intake.view_item",
    "intake.view_refusal",
    "intake.view_fileimport",
    "intake.view_dataaudit",
    "crmsync.view_push",
    "crmsync.view_deadletter",
    "trail.view_workflow",
    "trail.view_heartbeat",
    "trail.view_alert",
    "trail.view_auditentry",
)
_MAPPINGS = (
    "intake.view_mappingversion",
    "intake.view_fieldmapping",
    "intake.view_picklistentry",
    "intake.view_dryrun",
    "intake.view_ownerorder",
    "intake.view_renormalization",
)
_TEAM = (
    "crmsync.view_agent",
    "crmsync.view_routingrule",
    "crmsync.view_emailtemplate",
    "crmsync.view_suppression",
)
_SETUP = ("intake.view_source", "crmsync.view_connection")
_EDIT_MAPPINGS = (
    "intake.change_mappingversion",
    "intake.publish_mapping",
    "trail.handle_alert",
    *(f"intake.{verb}_ownerorder" for verb in ("add", "change", "delete")),
    *(f"intake.{verb}_{noun}" for noun in ("fieldmapping", "picklistentry") for verb in ("add", "change", "delete")),
)
_FILES = ("intake.add_fileimport", "intake.add_dataaudit", "intake.set_baseline", "trail.export_rows")
_EDIT_TEAM = (
    *(f"crmsync.{verb}_{noun}" for noun in ("routingrule", "emailtemplate") for verb in ("add", "change", "delete")),
    "crmsync.add_agent",
    "crmsync.change_agent",
    "crmsync.add_suppression",
    "crmsync.delete_suppression",
    "trail.add_workflow",
    "trail.change_workflow",
)

ROLES: dict[str, tuple[str, ...]] = {
    "Reviewer": (
        *_LEADS,
        *_MAPPINGS,
        *_TEAM,
        "intake.view_payload",
        "intake.replay_lead",
        "intake.add_lead",
        "crmsync.redrive_push",
        "crmsync.discard_push",
    ),
    "Manager": (
        *_LEADS,
        *_MAPPINGS,
        *_TEAM,
        *_SETUP,
        *_EDIT_MAPPINGS,
        *_EDIT_TEAM,
        *_FILES,
        "intake.view_payload",
        "intake.replay_lead",
        "intake.add_lead",
        "intake.pause_source",
        "crmsync.pause_connection",
        "crmsync.redrive_push",
        "crmsync.redrive_many_push",
        "crmsync.discard_push",
        "crmsync.discard_many_push",
        "trail.view_all_auditentry",
    ),
    "Integrations admin": (
        *_LEADS,
        *_MAPPINGS,
        *_TEAM,
        *_SETUP,
        *_EDIT_MAPPINGS,
        *_FILES,
        "intake.view_payload",
        "intake.replay_lead",
        "intake.add_lead",
        "intake.add_source",
        "intake.change_source",
        "intake.rotate_source_secret",
        "intake.pause_source",
        "crmsync.add_connection",
        "crmsync.change_connection",
        "crmsync.rotate_connection_secret",
        "crmsync.test_connection",
        "crmsync.pause_connection",
        "crmsync.redrive_push",
        "crmsync.redrive_many_push",
        "trail.view_all_auditentry",
    ),
    "Auditor": (
        *_LEADS,
        *_MAPPINGS,
        *_TEAM,
        *_SETUP,
        "trail.view_all_auditentry",
        "trail.export_rows",
        "auth.view_user",
        "auth.view_group",
    ),
}


def write_roles(sender: Any, **_: Any) -> None:
    """Receiver of post_migrate: make the groups what ROLES says, once all apps have their permissions."""
    if sender != [one for one in apps.get_app_configs() if one.models_module][-1]:
        return
    groups, rights = apps.get_model("auth.Group")._default_manager, apps.get_model("auth.Permission")._default_manager
    known = {
        f"{app}.{codename}": number
        for app, codename, number in rights.values_list("content_type__app_label", "codename", "pk")
    }
    for name, permissions in ROLES.items():
        group, _created = groups.get_or_create(name=name)
        # One that does not exist yet belongs to a migration that is still to come, and to the next migrate.
        group.permissions.set([known[one] for one in permissions if one in known])
