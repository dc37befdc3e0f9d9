"""The shape of a configuration file. What a value must be is said here; whether it fits the database, in apply.py.

Invariant: no message repeats a value that might be a secret; a value that is not shown cannot leak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from crmsync.enriching import ASKABLE

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*")
# Names of options that would hold a secret; they have their own place, where only references are taken.
_SECRET_NAME = re.compile(r"(^|_)(token|secret|password|passwd|api_?key|access_?key|private_?key)$", re.IGNORECASE)


def _reference(text: str) -> str:
    if text.startswith("enc:"):
        raise PydanticCustomError(
            "reference",
            "An encrypted secret belongs to the installation that made it. "
            "Write env:NAME or file:PATH here, or set the secret in the admin.",
        )
    if not _REFERENCE.fullmatch(text):
        raise PydanticCustomError(
            "reference",
            "A secret is never written into this file. Put it into an environment variable or a file, "
            "and write env:NAME or file:PATH here.",
        )
    return text


def _no_secrets(options: dict[str, Any]) -> dict[str, Any]:
    for name in _names(options):
        if _SECRET_NAME.search(name):
            raise PydanticCustomError(
                "secret_in_options",
                "The option {name} would hold a secret. Remove it, and name the secret as env:NAME or file:PATH "
                "where the secrets of this entry stand.",
                {"name": name},
            )
    return options


def _address(text: str) -> str:
    if "@" in text:
        raise PydanticCustomError(
            "secret_in_address", "Take the login out of the address, and name its secret as env:NAME or file:PATH."
        )
    return text


def _names(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield str(name)
            yield from _names(member)
    elif isinstance(value, list):
        for member in value:
            yield from _names(member)


def _askable(required: dict[str, list[str]]) -> dict[str, list[str]]:
    for noun, names in required.items():
        if set(names) - set(ASKABLE[noun]):
            raise PydanticCustomError(
                "not_askable",
                "No provider can be asked for one of these. Of a {noun} there can be asked: {known}.",
                {"noun": noun, "known": ", ".join(ASKABLE[noun])},
            )
    return required


SLUG = r"^[A-Za-z0-9_-]+$"
Slug = Annotated[str, Field(pattern=SLUG, max_length=50)]
Reference = Annotated[str, Field(max_length=500), AfterValidator(_reference)]
Address = Annotated[str, AfterValidator(_address)]
Options = Annotated[dict[str, Any], AfterValidator(_no_secrets)]
Count = Annotated[int, Field(ge=0, le=2_147_483_647)]
AtLeastOne = Annotated[int, Field(ge=1, le=2_147_483_647)]
Dollars = Annotated[int, Field(ge=0, le=10**12)]


Required = Annotated[dict[Literal["contact", "property"], list[str]], AfterValidator(_askable)]


class Section(BaseModel):
    """One entry of a section; what it does not say has its default."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class WorkflowSection(Section):
    """A row of the workflow catalogue."""

    slug: Slug
    name: str
    purpose: str
    kpi: str = ""
    target: str = ""
    timing: Literal["real_time", "near_real_time", "batch"] = "real_time"
    timing_reason: str = ""
    schedule: str = ""
    owner: str = ""
    steps: dict[str, Any] = Field(default_factory=dict, description="Which follow-up steps a lead gets, by name.")
    required: Required = Field(
        default_factory=dict, description="Fields that a record should have; what is missing is asked of a provider."
    )
    budget_cents: Count = Field(0, description="Cents a day that may be spent on such questions.")
    enabled: bool = True


class SecretSection(Section):
    """A secret of a source, by reference. Several may be valid at once while a secret is rotated."""

    id: Annotated[str, Field(min_length=1, max_length=40)] = "main"
    value: Reference = Field(description="env:NAME or file:PATH; never the secret itself.")
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None


class SourceSection(Section):
    """Who may send leads. What is left out comes from the preset, where one is named."""

    slug: Slug = Field(description="The last part of its webhook address.")
    preset: str | None = Field(None, description="A known sender, a folder of intake/sources.")
    name: str | None = None
    kind: Literal["lead", "listing"] | None = None
    origin: Literal["source", "mls"] = Field("source", description="Its rank in the owner order of a field.")
    scheme: str | None = Field(None, description="How it proves itself.")
    scheme_options: Options | None = None
    content_types: list[str] | None = None
    max_bytes: AtLeastOne | None = None
    per_minute: AtLeastOne = 6000
    repeat_window_seconds: Count | None = None
    workflow: Slug | None = None
    secrets: list[SecretSection] = Field(default_factory=list)
    mapping: dict[str, Any] | None = Field(None, description="A mapping document; published when it differs.")


class ConnectionSection(Section):
    """One account that leads are written to, a data provider, or a mailbox."""

    slug: Slug
    name: str
    kind: Literal["hubspot", "smtp", "mail_files", "batchdata"]
    base_url: Address = Field("", description="Or host:port of a mail server.")
    secret: Reference | None = Field(None, description="env:NAME or file:PATH; never the secret itself.")
    options: Options = Field(default_factory=dict)
    rate_limit: Count = Field(100, description="Calls per window; 0 means no limit.")
    rate_window_seconds: AtLeastOne = 10


class AgentSection(Section):
    """A person of the team who takes leads."""

    slug: Slug
    name: str
    email: str
    phone: str = ""
    active: bool = True
    owner_ids: dict[str, str] = Field(default_factory=dict, description="Owner id per connection slug.")


class RoutingSection(Section):
    """A routing rule; the first that fits a lead wins."""

    slug: Slug
    name: str
    position: Count = 100
    active: bool = True
    sources: list[Slug] = Field(default_factory=list)
    zips: list[Annotated[str, Field(pattern=r"^[0-9]{1,5}$")]] = Field(
        default_factory=list, description="ZIP codes or their beginnings, in quotes."
    )
    price_low: Dollars | None = None
    price_high: Dollars | None = None
    property_types: list[str] = Field(default_factory=list)
    agents: Annotated[list[Slug], Field(min_length=1)]


class TemplateSection(Section):
    """An e-mail text with placeholders."""

    slug: Slug
    purpose: Literal["first_email", "agent_alert"]
    sources: list[Slug] = Field(default_factory=list)
    subject: str
    body: str
    from_name: str = ""
    from_email: str = ""
    active: bool = True


class OwnerOrderSection(Section):
    """Whose word stands for a field, where it is not the usual order."""

    field: str = Field(description="Such as contact.phone.")
    order: list[str] = Field(description="person, mls, crm, source, provider: each once, person first.")


class Configuration(Section):
    """A whole file. A section that is left out, and an entry that is not named, stay as they are."""

    workflows: list[WorkflowSection] = Field(default_factory=list)
    sources: list[SourceSection] = Field(default_factory=list)
    connections: list[ConnectionSection] = Field(default_factory=list)
    agents: list[AgentSection] = Field(default_factory=list)
    routing: list[RoutingSection] = Field(default_factory=list)
    templates: list[TemplateSection] = Field(default_factory=list)
    owner_orders: list[OwnerOrderSection] = Field(default_factory=list)
