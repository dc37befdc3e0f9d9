"""Give the contact in the CRM to the agent whom the lead was routed to."""

from __future__ import annotations

import threading
from time import monotonic

from crmsync.models import Agent, Push
from crmsync.services.sending.desk import CrmDesk, Happened, NotNeeded, Outcome, RecordGone, Step
from crmsync.transport.errors import NotFound, Permanent

# Owners seldom change: asked once in this time per account and process; at once when somebody is not among them.
_KEPT_SECONDS = 300.0
_owners: dict[int, tuple[float, dict[str, str]]] = {}
_lock = threading.Lock()


def assign(push: Push, desk: CrmDesk) -> Outcome:
    """Write the owner of the push's contact."""
    if push.lead_id is None or push.contact_id is None:
        raise AssertionError("this push names no lead")
    agent = desk.records.agent(push.lead_id)
    if agent is None:
        return NotNeeded("The lead is not assigned to anybody any more.")
    link = desk.records.contact_links.get(push.contact_id)
    if link is None:
        raise RecordGone
    owner_id = owner_of(agent, desk)
    if not owner_id:
        raise Permanent(
            "no_owner",
            f"{desk.account.name} has no user with the e-mail address of {agent.name}. The contact has no owner there. "
            "Add the user there, or the agent's owner id here, then redrive.",
        )
    try:
        with desk.caller.changing():
            desk.client.assign("contact", link.remote_id, owner_id)
    except NotFound as error:
        raise RecordGone from error
    proof = {"connection": desk.account.slug, "id": link.remote_id, "owner_id": owner_id, "agent": agent.slug}
    return Happened(proof, Step.ASSIGNED)


def owner_of(agent: Agent, desk: CrmDesk) -> str:
    """The agent's owner id at this account, or empty: set by hand, else the user with the agent's e-mail address."""
    by_hand = agent.owner_ids.get(desk.account.slug)
    if by_hand:
        return str(by_hand)
    address = agent.email.casefold()
    with _lock:
        asked_at, known = _owners.get(desk.account.pk, (0.0, {}))
    if address not in known or monotonic() - asked_at > _KEPT_SECONDS:
        known = {owner.email.casefold(): owner.id for owner in desk.client.owners() if owner.active and owner.email}
        with _lock:
            _owners[desk.account.pk] = (monotonic(), known)
    return known.get(address, "")


def forget_owners() -> None:
    """Ask for the owners again at the next need."""
    with _lock:
        _owners.clear()
