"""Who gets a lead: agents and routing rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from crmsync.models import Agent, RoutingRule
from intake.models import Source
from intake.normalize.phone import as_people_write_it
from trail.admin import Panel, RecordedAdmin, Table
from trail.admin.columns import stacked, tag
from trail.admin.forms import LinesField
from trail.admin.page import Cell


@admin.register(Agent)
class AgentAdmin(RecordedAdmin):
    list_display = ("named", "written_phone", "on", "leads")
    list_filter = ("active",)
    search_fields = ("name", "email")
    lead_in = "The people who take leads. One who is away is switched off: rules pass over them."
    fields = (("name", "slug"), ("email", "phone"), "active", "owner_ids")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Agent | None = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        """Nobody: leads name the agent who got them. Switch the agent off instead."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        agents: QuerySet[Agent] = super().get_queryset(request)
        return agents.annotate(lead_count=Count("assignments"))

    @display(description="Agent", ordering="name")
    def named(self, agent: Agent) -> str:
        return stacked(agent.name, agent.email)

    @display(description="Phone", ordering="phone")
    def written_phone(self, agent: Agent) -> str:
        return as_people_write_it(agent.phone) or "-"

    @display(description="State", ordering="active")
    def on(self, agent: Agent) -> str:
        return tag("Takes leads", "good") if agent.active else tag("Off", "quiet")

    @display(description="Leads", ordering="lead_count")
    def leads(self, agent: Agent) -> int:
        return getattr(agent, "lead_count", 0)


def known_sources(slugs: list[str]) -> list[str]:
    """The same slugs. Raises ValidationError for one that is no source's: such a rule would never fit."""
    unknown = sorted(set(slugs) - set(Source.objects.filter(slug__in=slugs).values_list("slug", flat=True)))
    if unknown:
        raise ValidationError(f"There is no source called {', '.join(unknown)}. Write the slug as its page shows it.")
    return slugs


class RoutingRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Lists are written one a line; what is wrong is said in words."""

    sources = LinesField(help_text="Source slugs, one a line; empty means any.")
    zips = LinesField(label="ZIP codes", help_text="ZIP codes or their beginnings, one a line; empty means any.")
    property_types = LinesField(help_text="One a line; empty means any.")

    class Meta:
        model = RoutingRule
        fields = (
            "name",
            "slug",
            "position",
            "active",
            "sources",
            "zips",
            "price_low",
            "price_high",
            "property_types",
            "agents",
        )

    def clean_sources(self) -> list[str]:
        return known_sources(self.cleaned_data["sources"])

    def clean_zips(self) -> list[str]:
        wrong = [one for one in self.cleaned_data["zips"] if not one.isdigit() or len(one) > 5]
        if wrong:
            raise ValidationError(f"A ZIP code has 5 digits, its beginning fewer: {', '.join(wrong)} is neither.")
        zips: list[str] = self.cleaned_data["zips"]
        return zips

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = data.get("price_low"), data.get("price_high")
        if low is not None and high is not None and low > high:
            raise ValidationError("The lower price is above the upper one, so no lead would ever fit. Swap them.")
        return data


@admin.register(RoutingRule)
class RoutingRuleAdmin(RecordedAdmin):
    form = RoutingRuleForm
    list_display = ("position", "named", "fits", "who", "on")
    list_display_links = ("named",)
    lead_in = "Asked from the top; the first that fits decides. With several agents they take turns."

    def get_readonly_fields(self, request: HttpRequest, obj: RoutingRule | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()  # a configuration file knows a rule by its slug

    def get_prepopulated_fields(self, request: HttpRequest, obj: RoutingRule | None = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingRule]:
        rules: QuerySet[RoutingRule] = super().get_queryset(request)
        return rules.prefetch_related("agents")

    @display(description="Rule", ordering="name")
    def named(self, rule: RoutingRule) -> str:
        return rule.name

    @display(description="Fits")
    def fits(self, rule: RoutingRule) -> str:
        return in_words(rule)

    @display(description="Goes to")
    def who(self, rule: RoutingRule) -> str:
        return ", ".join(agent.name for agent in rule.agents.all()) or "nobody"

    @display(description="State", ordering="active")
    def on(self, rule: RoutingRule) -> str:
        return tag("On", "good") if rule.active else tag("Off", "quiet")

    def panels(self, request: HttpRequest, row: RoutingRule) -> list[Panel]:
        agents = list(row.agents.order_by("pk"))
        return [
            Table(
                f"Fits {in_words(row)}",
                ("Agent", "State"),
                [
                    (
                        Cell(agent.name, small=agent.email),
                        Cell("Takes leads", tone="good") if agent.active else Cell("Off, passed over", tone="quiet"),
                    )
                    for agent in agents
                ],
                empty="No agent: nobody gets a lead by this rule.",
            )
        ]


def in_words(rule: RoutingRule) -> str:
    """When a rule fits: "zillow, ZIP 787, from $200,000"."""
    parts = [", ".join(rule.sources)] if rule.sources else []
    if rule.zips:
        parts.append(f"ZIP {', '.join(rule.zips)}")
    if rule.price_low is not None:
        parts.append(f"from ${rule.price_low:,}")
    if rule.price_high is not None:
        parts.append(f"up to ${rule.price_high:,}")
    parts += rule.property_types
    return ", ".join(parts) or "every lead"
