"""What the sender of a push has at hand, and the outcomes it may report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crmsync.crms.base import CrmClient
from crmsync.mailboxes.base import Mailbox
from crmsync.models import Connection, EmailTemplate, Installation, Push
from crmsync.options import MAILBOXES, MailOptions, ProviderOptions, read
from crmsync.providers.base import Answer, Provider
from crmsync.services import known
from crmsync.services.sending.batch import Batch, Records
from crmsync.services.sending.caller import Caller
from intake.models import TrailStep
from trail.models import Workflow


class RecordGone(Exception):
    """The contact we tied this to is not in the CRM any more; it must be written there again first."""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Which record there is ours now, and what stands in it."""

    remote_id: str
    sent: Mapping[str, str | None]
    created: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Happened:
    """It was done. `step` goes on the trail of the push's lead (of an upsert: of the contact's leads)."""

    proof: Mapping[str, Any]
    step: str | None = None
    link: LinkChange | None = None
    answer: Answer | None = None
    cost: int = 0


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """It must not, or need not, be done; the reason is for people."""

    reason: str
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Not before `until`, for a reason that is nobody's fault."""

    until: datetime
    code: str
    message: str


Outcome = Happened | NotNeeded | Later
Step = TrailStep.Step


@dataclass(slots=True)
class CrmDesk:
    """For pushes to a CRM."""

    batch: Batch
    records: Records
    caller: Caller
    client: CrmClient
    installation: Installation = field(default_factory=Installation.this)

    @property
    def account(self) -> Connection:
        return self.batch.account


@dataclass(slots=True)
class MailDesk:
    """For letters."""

    batch: Batch
    records: Records
    caller: Caller
    mailbox: Mailbox
    templates: list[EmailTemplate] = field(default_factory=list)
    suppressed: frozenset[str] = frozenset()

    @property
    def options(self) -> MailOptions:
        return read(MAILBOXES[self.account.kind], self.account.options)

    @property
    def account(self) -> Connection:
        return self.batch.account


@dataclass(slots=True)
class AskDesk:
    """For questions to a provider."""

    batch: Batch
    records: Records
    caller: Caller
    provider: Provider
    options: ProviderOptions
    workflows: Mapping[str, Workflow]

    @property
    def account(self) -> Connection:
        return self.batch.account

    def known(self, push: Push) -> dict[str, Any]:
        """What we know of the push's record, in our names."""
        if push.property_id is not None:
            return known.of_property(self.records.properties[push.property_id])
        if push.contact_id is None:
            raise AssertionError("this push names no record")
        contact = self.records.contacts[push.contact_id]
        emails = [point.key for point in self.records.addresses(contact.pk, "email")]
        phones = [point.key for point in self.records.addresses(contact.pk, "phone")]
        return known.of_contact(contact, emails, phones, self.records.leads.get(push.lead_id or 0))
