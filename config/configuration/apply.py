"""Make the database say what a configuration file says.

Invariant: everything happens in one transaction, or nothing does; what is as the file says is not touched, so that the
same file twice changes nothing and leaves no audit entry. An entry that the file does not name stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import models, transaction
from django.utils import timezone

from config.configuration.names import unknown_names
from config.configuration.reading import ConfigurationInvalid, Misshapen, read
from config.configuration.references import says_the_same, typed_in
from config.configuration.schema import Configuration, ConnectionSection, RoutingSection, Section, TemplateSection
from config.configuration.sources import ending, put_source
from config.configuration.work import CONFIGURE, Work
from crmsync import templating
from crmsync.crms import registry as crms
from crmsync.models import Agent, Connection, EmailTemplate, RoutingRule
from crmsync.options import problems
from crmsync.providers import registry as providers
from crmsync.transport.errors import Misconfigured
from intake.models import OwnerOrder
from intake.secrets import refused
from trail.models import Workflow

# What opens an account without calling it, so that an address which is none is refused here.
_OPENERS: Mapping[str, Callable[..., object]] = {
    **dict.fromkeys(crms.ADAPTERS, crms.client),
    **dict.fromkeys(providers.ADAPTERS, providers.provider),
}
_CONNECTION_COLUMNS = ("name", "kind", "base_url", "options", "rate_limit", "rate_window_seconds")


def apply_text(text: str, *, dry_run: bool = False) -> Work:
    """Read a file and apply it; as `apply`, and faults of shape come together with names that nothing has."""
    try:
        configuration = read(text)
    except Misshapen as error:
        raise ConfigurationInvalid([*error.problems, *unknown_names(error.document)]) from None
    return apply(configuration, dry_run=dry_run)


def apply(configuration: Configuration, *, dry_run: bool = False) -> Work:
    """Apply a file that was read (config/configuration/reading.py).

    Args:
        configuration: what the file says.
        dry_run: find out what would change, and take it back.

    Returns:
        What was changed, and what people should know.

    Raises:
        ConfigurationInvalid: with every problem; nothing was changed.
    """
    work = Work()
    with transaction.atomic():
        work.problems.extend(unknown_names(configuration.model_dump()))
        for index, workflow in enumerate(configuration.workflows):
            _put(work, Workflow, workflow, f"workflows[{index}]")
        for index, agent in enumerate(configuration.agents):
            _put(work, Agent, agent, f"agents[{index}]")
        for index, source in enumerate(configuration.sources):
            put_source(work, source, f"sources[{index}]")
        for index, connection in enumerate(configuration.connections):
            _put_connection(work, connection, f"connections[{index}]")
        for index, rule in enumerate(configuration.routing):
            _put_rule(work, rule, f"routing[{index}]")
        for index, template in enumerate(configuration.templates):
            _check_texts(work, template, f"templates[{index}]")
            _put(work, EmailTemplate, template, f"templates[{index}]")
        for index, order in enumerate(configuration.owner_orders):
            work.put(OwnerOrder, {"field": order.field}, {"order": order.order}, place=f"owner_orders[{index}]")
        if work.problems:
            raise ConfigurationInvalid(work.problems)  # takes everything back
        if dry_run:
            transaction.set_rollback(True)
    return work


def _put(work: Work, model: type[models.Model], section: Section, place: str) -> None:
    columns = section.model_dump()
    work.put(model, {"slug": columns.pop("slug")}, columns, place=place)


def _put_connection(work: Work, section: ConnectionSection, place: str) -> None:
    wrong = problems(section.kind, section.options)
    for name, message in wrong:
        work.wrong(f"{place}.options.{name}" if name else f"{place}.options", message)
    opener = _OPENERS.get(section.kind)
    if opener and not wrong:
        try:
            opener(section.kind, base_url=section.base_url, token="", options=section.options)
        except Misconfigured as error:
            work.wrong(f"{place}.base_url", error.message)
    if section.secret and (reason := refused(section.secret)):
        work.wrong(f"{place}.secret", reason)
    if _takes_the_secret_elsewhere(section):
        work.wrong(
            f"{place}.base_url",
            "This leads to another host, which would get the secret that was typed in for the one before. Name the "
            "new host's secret here, or enter it with the address in the admin.",
        )
    columns = {name: getattr(section, name) for name in _CONNECTION_COLUMNS}
    connection = work.put(Connection, {"slug": section.slug}, columns, place=place)
    if connection:
        _put_secret(work, connection, section.secret or "")


def _takes_the_secret_elsewhere(section: ConnectionSection) -> bool:
    """Would a secret that was typed in for one host stay in force at another?"""
    found = Connection.objects.filter(slug=section.slug).first()
    if found is None or not typed_in(found.secret_reference) or not found.moves_secret_to(section.base_url):
        return False
    return not section.secret or says_the_same(found.secret_reference, section.secret, "connection", found.slug)


def _put_secret(work: Work, connection: Connection, reference: str) -> None:
    stored = connection.secret_reference
    if says_the_same(stored, reference, "connection", connection.slug) or (typed_in(stored) and not reference):
        return
    connection.secret_reference, connection.secret_last_four = reference, ending(reference)
    connection.secret_set_by, connection.secret_set_at = CONFIGURE.name, timezone.now()
    connection.save()
    verb = "set" if reference else "removed"
    work.changed(connection, f"connection.secret_{verb}", f"connection {connection.slug}: secret {verb}")


def _check_texts(work: Work, section: TemplateSection, place: str) -> None:
    for name in ("subject", "body"):
        for problem in templating.problems(getattr(section, name)):
            work.wrong(f"{place}.{name}", problem)


def _put_rule(work: Work, section: RoutingSection, place: str) -> None:
    if section.price_low is not None and section.price_high is not None and section.price_low > section.price_high:
        work.wrong(f"{place}.price_low", "The lower price is above the higher one. Exchange them.")
    columns = section.model_dump(exclude={"slug", "agents"})
    rule = work.put(RoutingRule, {"slug": section.slug}, columns, place=place)
    if rule is None:
        return
    before, wanted = set(rule.agents.values_list("slug", flat=True)), set(section.agents)
    if before != wanted:
        rule.agents.set(Agent.objects.filter(slug__in=wanted))
        line = f"routing rule {rule.slug}: agents are {', '.join(sorted(wanted))}"
        work.changed(rule, "routing_rule.agents_set", line, agents=sorted(wanted))
