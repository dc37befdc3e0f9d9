"""Put a follow-up task into the CRM: exactly one per lead, held by our unique id of it there."""

from __future__ import annotations

from datetime import timedelta

from crmsync.crms.base import RemoteRecord
from crmsync.models import Push
from crmsync.services.sending.assign import owner_of
from crmsync.services.sending.desk import CrmDesk, Happened, RecordGone, Step
from crmsync.services.sending.values import task_values
from crmsync.transport.errors import Conflict, NotFound

# A lead that is called within the hour is worth several that are called tomorrow.
DUE_WITHIN = timedelta(hours=1)


def create_task(push: Push, desk: CrmDesk) -> Happened:
    """Create the task of the push's lead, or find the one that an earlier try created."""
    if push.lead_id is None or push.contact_id is None:
        raise AssertionError("this push names no lead")
    lead = desk.records.leads[push.lead_id]
    link = desk.records.contact_links.get(push.contact_id)
    if link is None:
        raise RecordGone
    external_id = desk.installation.external_id("lead", lead.pk)
    found: RemoteRecord | None = None
    if push.may_be_there:
        found = desk.client.get_by_external_id("task", external_id)
    if found is not None:
        return _happened(desk, found.id, found=True)
    agent = desk.records.agent(lead.pk)
    owner_id = owner_of(agent, desk) if agent else ""
    due_at = lead.received_at + DUE_WITHIN
    values = task_values(lead, desk.records.contacts[push.contact_id], owner_id, due_at)
    try:
        with desk.caller.changing("write"):
            made = desk.client.create(
                "task", external_id=external_id, values=values, associations=[("contact", link.remote_id)]
            )
    except Conflict as conflict:
        found = desk.client.get_by_external_id("task", external_id)
        if found is None:
            raise conflict
        return _happened(desk, found.id, found=True)
    except NotFound as error:
        raise RecordGone from error
    return _happened(desk, made.id, found=False)


def _happened(desk: CrmDesk, id: str, *, found: bool) -> Happened:
    return Happened({"connection": desk.account.slug, "id": id, "found": found}, Step.TASK_CREATED)
