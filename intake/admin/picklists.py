"""The picklist editor: a source's words and ours, those that nobody translates yet on top.

Invariant: nothing is saved but by the form's POST, which makes or changes a draft like every other edit of a mapping.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from intake.admin.mapping_editor import version_for_editing
from intake.models import MappingVersion
from intake.services.edit_mapping import EditedMeanwhile, save_edit, shown_hash
from intake.services.show_picklists import ShownPicklist, picklist_of, shown_picklists
from trail.admin import actor

# As long as their columns.
_THEIRS, _OURS = 120, 60


class PicklistEditor:
    """Mixin of the mappings' ModelAdmin: the page of a version's picklists."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.picklists_view)
        own = path("<int:version_id>/picklists/", view, name="intake_mappingversion_picklists")
        return [own, *super().get_urls()]  # type: ignore[misc]

    def picklists_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        version = version_for_editing(request, version_id)
        picklists = shown_picklists(version)
        if request.method == "POST":
            return _save(request, version, picklists)
        context = {
            **self.admin_site.each_context(request),
            "opts": MappingVersion._meta,
            "original": version,
            "title": f"Picklists of {version}",
            "version": version,
            "is_draft": version.state == MappingVersion.State.DRAFT,
            "shown": shown_hash(version),
            "picklists": picklists,
        }
        return TemplateResponse(request, "admin/intake/picklists.html", context)


def _save(request: HttpRequest, version: MappingVersion, picklists: list[ShownPicklist]) -> HttpResponse:
    document = version.document()
    document["picklists"] = {
        one.name: entries for number, one in enumerate(picklists) if (entries := _entries(request.POST, number))
    }
    for number, one in enumerate(picklists):
        for word in one.unknown:
            if request.POST.get(f"add-{number}") == word.source_value and word.guess:
                document["picklists"].setdefault(one.name, {})[word.source_value] = word.guess
    for rule in document["fields"]:
        if (name := picklist_of(rule)) in document["picklists"]:
            rule["picklist"] = name
    here = reverse("admin:intake_mappingversion_picklists", args=[version.pk])
    try:
        saved = save_edit(
            version.pk, document, note=version.note, shown=request.POST.get("shown", ""), by=actor(request)
        )
    except EditedMeanwhile as refusal:
        messages.error(request, str(refusal.__doc__))
        return HttpResponseRedirect(here)
    if saved.state != MappingVersion.State.DRAFT:
        messages.info(request, "Nothing was changed, so there is nothing to save.")
        return HttpResponseRedirect(here)
    messages.success(request, f"Saved in {saved}, a draft. Leads are mapped as before until you publish it.")
    return HttpResponseRedirect(reverse("admin:intake_mappingversion_picklists", args=[saved.pk]))


def _entries(data: QueryDict, number: int) -> dict[str, str]:
    """The rows of one picklist that have both words; one without ours is taken out."""
    theirs = [text.strip()[:_THEIRS] for text in data.getlist(f"theirs-{number}")]
    ours = [text.strip()[:_OURS] for text in data.getlist(f"ours-{number}")]
    return {source: our for source, our in zip(theirs, ours, strict=False) if source and our}
