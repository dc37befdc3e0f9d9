"""What makes a first start worth looking at: secrets, a configuration, one login per role.

Everything here is made once and kept in the var directory, readable by its owner alone. Invariant: nothing that a
person set (a variable, a password, a changed source) is ever made anew.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command

from crmsync.models import Agent, Connection
from intake.models import Source

CONFIGURATION = Path(__file__).with_name("demo.yaml")
# The key of the sandbox CRM, as the demo configuration names it.
CRM_TOKEN = "STEWARD_DEMO_CRM_TOKEN"  # noqa: S105  a variable's name
# And of the sandbox provider.
PROVIDER_TOKEN = "STEWARD_DEMO_PROVIDER_TOKEN"  # noqa: S105  a variable's name

# Login -> the role (a Django group) that it has; the first is the superuser.
LOGINS = {
    "admin": "",
    "reviewer": "Reviewer",
    "manager": "Manager",
    "integrations": "Integrations admin",
    "auditor": "Auditor",
}

_REFERENCE = re.compile(r"\benv:([A-Z][A-Z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Login:
    """A login of the demo.

    Attributes:
        password: empty when it was set by somebody else and is not known here.
    """

    name: str
    role: str
    password: str


def make_secrets() -> None:
    """Make a value for every `env:NAME` of the demo configuration that this environment does not set."""
    names = dict.fromkeys(_REFERENCE.findall(CONFIGURATION.read_text()))
    missing = [name for name in names if not os.environ.get(name)]
    if not missing:
        return
    # Hexadecimal digits fit every scheme: they are base64, they stand in an address, they are visible ASCII.
    made = {name: "whsec_" + secrets.token_hex(24) for name in missing}
    known = settings.DEMO_ENV.read_text() if settings.DEMO_ENV.exists() else ""
    _write_private(settings.DEMO_ENV, known + "".join(f"{name}={value}\n" for name, value in made.items()))
    os.environ.update(made)


def apply_configuration() -> bool:
    """Load the demo configuration into an empty installation.

    Returns:
        False when there was something already, which is then left as it is.
    """
    if Source.objects.exists():
        return False
    call_command("configure", "apply", str(CONFIGURATION), verbosity=0)
    return True


def find_sandboxes(*, crm: str, provider: str) -> None:
    """Point the demo's connections at the sandboxes' ports of today; a real account's address is left alone."""
    for kind, address in ((Connection.Kind.HUBSPOT, crm), (Connection.Kind.BATCHDATA, provider)):
        ours = Connection.objects.filter(kind=kind, base_url__startswith="http://127.0.0.1:")
        ours.exclude(base_url=address).update(base_url=address)


def agents() -> list[str]:
    """The agents, as the sandbox CRM takes its users: who is assigned a lead must be one there."""
    return [f"{agent.name} <{agent.email}>" for agent in Agent.objects.filter(active=True)]


def make_logins() -> list[Login]:
    """Make the logins that do not exist yet; the passwords are kept in `var/logins.txt`."""
    users = get_user_model()._default_manager
    known = dict(_known_passwords())
    logins = []
    for name, role in LOGINS.items():
        user = users.filter(username=name).first()
        if user is None:
            password = known.get(name) or secrets.token_urlsafe(9)
            make = users.create_superuser if not role else users.create_user
            user = make(username=name, password=password, is_staff=True)
            if role:
                user.groups.add(Group.objects.get_or_create(name=role)[0])
            known[name] = password
        elif not user.check_password(known.get(name, "")):
            known.pop(name, None)
        logins.append(Login(name, role or "Everything", known.get(name, "")))
    _write_private(_logins_file(), "".join(f"{login.name} {login.password}\n" for login in logins if login.password))
    return logins


def _known_passwords() -> Iterator[tuple[str, str]]:
    with suppress(FileNotFoundError):
        for line in _logins_file().read_text().splitlines():
            name, _, password = line.partition(" ")
            yield name, password


def _logins_file() -> Path:
    path: Path = settings.VAR_DIR / "logins.txt"
    return path


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
