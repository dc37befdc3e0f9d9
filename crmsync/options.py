"""What each kind of account can be told in its options, in types: the one place that reads them.

Invariant: a message names options and never repeats what they hold.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from crmsync.enriching import FILLABLE
from crmsync.letters import is_address
from crmsync.transport.errors import Misconfigured

_PATIENCE = 10.0  # seconds


def _sender(text: str) -> str:
    if text and not is_address(text):
        raise ValueError
    return text


Noun = Literal["contact", "property", "task"]
# The description of an option is what its refusal tells people to write.
Timeout = Annotated[
    float, Field(gt=0, le=300, allow_inf_nan=False, description="a number of seconds, more than 0 and at most 300")
]


class Options(BaseModel):
    """What an account is told; what is left out has its default."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    @property
    def patience(self) -> float:
        """Seconds that an answer may take."""
        return _PATIENCE


class HubSpotOptions(Options):
    """An account at HubSpot; what is left empty is as `crms/hubspot/vendor.py` has it."""

    version: str = Field(
        "", pattern=r"^(v[0-9]|[0-9]{4}-[0-9]{2})$", description='a version of the API, such as "2026-09" or v3'
    )
    listing_object: str = Field(
        "", min_length=1, description="the name or id of the object type that listings are written to"
    )
    external_id_property: str = Field("", min_length=1, description="the name of the property that holds our unique id")
    fields: dict[Noun, dict[str, str]] = Field(
        default_factory=dict,
        description="names under contact, property or task: our field, and HubSpot's property for it or an empty text",
    )
    associations: dict[Annotated[str, Field(pattern=r"^[a-z]+:[a-z]+$")], int] = Field(
        default_factory=dict, description='pairs such as "task:property" and the number of their association type'
    )
    properties: bool = Field(True, description="true, or false for an account that gets no listings")
    timeout_seconds: Timeout = _PATIENCE
    allow_private: bool = Field(False, description="true or false: may its address lead into a private network?")

    @property
    def patience(self) -> float:
        return self.timeout_seconds


class MailOptions(Options):
    """A mailbox of any kind."""

    from_email: Annotated[str, AfterValidator(_sender)] = Field(
        "", description="the address that letters come from, such as team@example.com"
    )
    from_name: str = Field("", description="the name that letters come from, as a text")
    once_in_hours: float = Field(
        24.0,
        ge=0,
        le=10_000,
        allow_inf_nan=False,
        description="a number of hours in which a contact gets one first e-mail at most; 0 is no limit",
    )


class SmtpOptions(MailOptions):
    """A mailbox at a mail server."""

    security: Literal["starttls", "tls", "none"] = Field("starttls", description="starttls, tls or none")
    username: str = Field("", description="the login's name as a text; empty without a login")
    timeout_seconds: Timeout = _PATIENCE

    @property
    def patience(self) -> float:
        return self.timeout_seconds


Service = Literal["trace", "lookup", "check_address", "check_phones", "check_dnc", "check_tcpa"]
Check = Literal["check_address", "check_phones", "check_dnc", "check_tcpa"]


def _fillable(given: dict[str, list[str]]) -> dict[str, list[str]]:
    if any(set(names) - FILLABLE[noun] for noun, names in given.items()):
        raise ValueError
    return given


Cents = Annotated[int, Field(ge=0, le=1_000_000)]


class ProviderOptions(Options):
    """An account at a data provider, whose answers cost money."""

    budget_cents: Cents = Field(0, description="a number of cents that may be spent there in a day; 0 asks nothing")
    cents: dict[Service, Cents] = Field(
        default_factory=dict,
        description='what one match or number costs, in cents, such as {"trace": 12}; by your contract',
    )
    fills: Annotated[dict[Literal["contact", "property"], list[str]], AfterValidator(_fillable)] = Field(
        default_factory=dict,
        description="which of its values may fill an empty field in the CRM: under contact "
        f"{', '.join(sorted(FILLABLE['contact']))}; under property {', '.join(sorted(FILLABLE['property']))}",
    )
    checks: list[Check] = Field(
        default_factory=list,
        description="what is verified at night: check_phones, check_dnc, check_tcpa or check_address",
    )
    again_after_days: int = Field(
        180, ge=1, le=3650, description="after how many days something is verified again, from 1"
    )
    by_callback: bool = Field(
        False, description="true or false: are many questions asked in one call, and answered to our address later?"
    )
    answer_within_hours: float = Field(
        24.0, gt=0, le=720, allow_inf_nan=False, description="a number of hours in which a later answer must be there"
    )
    timeout_seconds: Timeout = 30.0
    allow_private: bool = Field(False, description="true or false: may its address lead into a private network?")

    @property
    def patience(self) -> float:
        return self.timeout_seconds

    def price(self, service: str) -> int:
        """Cents of one match or number; what nobody told us costs is counted at a price that is rather too high."""
        return {str(name): cents for name, cents in self.cents.items()}.get(service, UNTOLD_CENTS)

    def may_fill(self, noun: str) -> list[str]:
        """The fields of a contact or property that its values may fill in the CRM."""
        return next((names for name, names in self.fills.items() if name == noun), [])


# So that a forgotten price never makes a budget larger than it is.
UNTOLD_CENTS = 50

MAILBOXES: Mapping[str, type[MailOptions]] = {"smtp": SmtpOptions, "mail_files": MailOptions}
PROVIDERS: Mapping[str, type[ProviderOptions]] = {"batchdata": ProviderOptions}
KINDS: Mapping[str, type[Options]] = {"hubspot": HubSpotOptions, **MAILBOXES, **PROVIDERS}

Told = TypeVar("Told", bound=Options)


def problems(kind: str, given: object) -> list[tuple[str, str]]:
    """Every reason why an account of this kind cannot be told this: the option, or "", and a sentence with the fix."""
    try:
        KINDS[kind].model_validate(given)
    except ValidationError as error:
        return list(_sentences(KINDS[kind], error))
    return []


def read(model: type[Told], given: object) -> Told:
    """The options of an account in their types.

    Raises:
        Misconfigured: with every problem.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        told = " ".join(f"{name}: {message}" if name else message for name, message in _sentences(model, error))
        raise Misconfigured("bad_options", f"The options of this connection cannot be used. {told}") from None


def told(kind: str, given: Mapping[str, Any]) -> Options:
    """The options, or the defaults where they cannot be used: such an account is asked to plan and to wait, but opening
    it raises, so that it sends nothing by them."""
    try:
        return read(KINDS[kind], given)
    except Misconfigured:
        return KINDS[kind].model_validate({})


def _sentences(model: type[Options], error: ValidationError) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for one in error.errors(include_url=False, include_input=False):
        name = str(one["loc"][0]) if one["loc"] else ""
        if name in seen:
            continue  # several things are wrong inside it: the sentence is the same
        seen.add(name)
        if not name:
            yield name, 'Write names and values, such as {"timeout_seconds": 10}, or {} for none.'
        elif name in model.model_fields:
            yield name, f"Write {model.model_fields[name].description}."
        else:
            near = difflib.get_close_matches(name, model.model_fields, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(sorted(model.model_fields))}."
            yield name, f"There is no such option here. {hint}"
