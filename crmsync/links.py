"""Links that prove themselves: whoever has one may do the one thing it names, without a login.

Invariant: a link is signed with this installation's key, each kind with its own salt, so that one can neither be made
up nor used for the other.
"""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

_CLAIM = "crmsync.claim"
_UNSUBSCRIBE = "crmsync.unsubscribe"


class BadLink(Exception):
    """This link was not made here, or not for this."""


def claim_link(lead_id: int, agent_id: int) -> str:
    """Where this agent takes this lead."""
    token = signing.dumps([lead_id, agent_id], salt=_CLAIM)
    return f"{settings.PUBLIC_URL}{reverse('claim', args=[token])}"


def unsubscribe_link(address: str) -> str:
    """Where the reader at `address` stops our e-mails."""
    token = signing.dumps(address, salt=_UNSUBSCRIBE)
    return f"{settings.PUBLIC_URL}{reverse('unsubscribe', args=[token])}"


def read_claim(token: str) -> tuple[int, int]:
    """The lead and the agent of a claim link.

    Raises:
        BadLink: it is none of ours.
    """
    found = _read(token, _CLAIM)
    match found:
        case [int() as lead_id, int() as agent_id]:
            return lead_id, agent_id
    raise BadLink


def read_unsubscribe(token: str) -> str:
    """The address of an unsubscribe link.

    Raises:
        BadLink: it is none of ours.
    """
    found = _read(token, _UNSUBSCRIBE)
    if not isinstance(found, str):
        raise BadLink
    return found


def _read(token: str, salt: str) -> object:
    try:
        return signing.loads(token, salt=salt)
    except signing.BadSignature as error:
        raise BadLink from error
