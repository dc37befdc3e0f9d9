"""Every address of the admin that the office has a row for, found by asking the admin itself."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crmsync.models import DeadLetter
from tests.integration.admin.world import World
from trail.admin.export import Exports
from trail.admin.lever import Levers

# Of Django's own: they redirect, answer with a script, or need something that only a form sends.
OF_DJANGO = {"login", "logout", "jsi18n", "autocomplete", "view_on_site", "app_list", "search", "password_change_done"}


def pages(world: World) -> Iterator[tuple[str, str]]:
    """(name, address) of each page that can be looked at: lists, rows, forms, levers, pages of their own."""
    yield "index", reverse("admin:index")
    yield "password_change", reverse("admin:password_change")
    yield "search", reverse("admin:search") + "?s=maria&extended=1"
    for model, model_admin in admin.site._registry.items():
        opts = model._meta
        name = f"{opts.app_label}_{opts.model_name}"
        yield f"{name}_changelist", reverse(f"admin:{name}_changelist")
        yield f"{name}_add", reverse(f"admin:{name}_add")
        if isinstance(model_admin, Exports) and model_admin.export_columns:
            yield f"{name}_export", reverse(f"admin:{name}_export")
        row = example(model, world)
        if row is None:
            continue
        for page in ("change", "history", "delete"):
            yield f"{name}_{page}", reverse(f"admin:{name}_{page}", args=[row.pk])
        if isinstance(model_admin, Levers):
            for lever in model_admin.levers:
                yield f"{name}_{lever.name}", reverse(f"admin:{name}_{lever.name}", args=[row.pk])
    chosen = f"pick=push:{world.dead_push.pk}&pick=item:{world.dead_item.pk}"
    for verb in ("redrive", "discard"):
        yield f"chosen_{verb}", reverse(f"admin:crmsync_deadletter_{verb}_chosen") + f"?{chosen}"
    for page in ("columns", "progress", "refused"):
        yield f"intake_fileimport_{page}", reverse(f"admin:intake_fileimport_{page}", args=[world.draft_import.pk])
    for page in ("edit", "picklists", "preview", "rules"):
        yield f"intake_mappingversion_{page}", reverse(f"admin:intake_mappingversion_{page}", args=[world.draft.pk])
    for page in ("mapping", "picklists"):
        yield f"intake_source_{page}", reverse(f"admin:intake_source_{page}", args=[world.source.pk]) + "?path=zpid"
    yield "sent", reverse("admin:crmsync_emailtemplate_sent")


def example(model: type[models.Model], world: World) -> models.Model | None:
    """A row of this model; of those with levers, one for which the levers are offered."""
    chosen = {
        "intake.delivery": world.dead_delivery,
        "intake.item": world.dead_item,
        "intake.mappingversion": world.draft,
        "crmsync.push": world.dead_push,
        "crmsync.deadletter": DeadLetter(pk=world.dead_push.pk),
        "crmsync.connection": world.connection,
    }
    return chosen.get(model._meta.label_lower) or model._default_manager.order_by("pk").first()


def names(patterns: list[URLPattern | URLResolver] | None = None) -> set[str]:
    """The names of all addresses under the admin."""
    found = set()
    if patterns is None:
        patterns = next(
            one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == "admin"
        ).url_patterns
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names(pattern.url_patterns)
        elif pattern.name:
            found.add(pattern.name)
    return found
