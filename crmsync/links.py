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
_ANSWER = "crmsync.answer"


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


def answer_link(connection_id: int, mark: str) -> str:
    """Where a provider sends its answer to the questions under this mark."""
    token = signing.dumps([connection_id, mark], salt=_ANSWER)
    return f"{settings.PUBLIC_URL}{reverse('provider_answer', args=[token])}"


def read_answer(token: str) -> tuple[int, str]:
    """The connection and the mark of an answer link.

    Raises:
        BadLink: it is none of ours.
    """
    match _read(token, _ANSWER):
        case [int() as connection_id, str() as mark]:
            return connection_id, mark
    raise BadLink


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
