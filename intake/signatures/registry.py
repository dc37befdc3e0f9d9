"""The schemes by name. A new scheme is one file and one line here."""

from __future__ import annotations

from intake.signatures.base import Scheme
from intake.signatures.body_key import BodyKey
from intake.signatures.closed import Closed
from intake.signatures.hmac_header import HmacHeader
from intake.signatures.meta import Meta
from intake.signatures.secret_url import SecretUrl
from intake.signatures.standard_webhooks import StandardWebhooks
from intake.signatures.static_token import StaticToken


class UnknownScheme(LookupError):
    """There is no signature scheme of that name."""


_SCHEMES: dict[str, Scheme] = {
    one.name: one for one in (StandardWebhooks(), HmacHeader(), Meta(), BodyKey(), StaticToken(), SecretUrl(), Closed())
}


def names() -> tuple[str, ...]:
    """Every scheme's name, in the order they are offered to people: the strongest proof first."""
    return tuple(_SCHEMES)


def scheme(name: str) -> Scheme:
    """The scheme called `name`. Raises UnknownScheme, whose message lists what there is."""
    try:
        return _SCHEMES[name]
    except KeyError:
        raise UnknownScheme(f"There is no signature scheme '{name}'. There are: {', '.join(_SCHEMES)}.") from None
