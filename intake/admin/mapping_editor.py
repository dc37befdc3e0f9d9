"""The mapping editor: what a source sends, the rules that read it, and what they make of the last records.

Invariant: nothing is saved but by the form's own POST; previews and suggestions read only. Somebody without the
permission to view payloads sees paths and masked samples, and no value.
"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from intake.admin.mapping_form import Dictionary
from intake.admin.mapping_shown import problems, problems_of, shown_paths, shown_preview
from intake.models import MappingVersion
from intake.records import LISTS, TARGETS
from intake.services.dry_run import CannotDryRun, dry_run
from intake.services.edit_mapping import EditedMeanwhile, save_edit, shown_hash
from trail.admin import actor
from trail.admin.wording import count

MAY_EDIT = "intake.change_mappingversion"


class MappingEditor:
    """Mixin of the mappings' ModelAdmin: the editor's page and its two fragments."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:version_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"intake_mappingversion_{name}",
            )
            for name, view in (("edit", self.edit_view), ("preview", self.preview_view), ("rules", self.rules_view))
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def edit_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """The page, and saving what it sends."""
        version = version_for_editing(request, version_id)
        document = version.document()
        if request.method != "POST":
            return self._page(request, version, document)
        sent = Dictionary(document, request.POST)
        if not sent.is_valid():
            messages.error(request, f"Nothing was saved. {' '.join(sent.errors())}")
            return self._page(request, version, document, sent)
        try:
            saved = save_edit(
                version.pk,
                sent.document(),
                note=request.POST.get("note", "")[:2000],
                shown=request.POST.get("shown", ""),
                by=actor(request),
            )
        except EditedMeanwhile as refusal:
            messages.error(request, str(refusal.__doc__))
            return self._page(request, version, document, sent)
        return self._after_saving(request, version, saved)

    def _after_saving(self, request: HttpRequest, version: MappingVersion, saved: MappingVersion) -> HttpResponse:
        home = reverse("admin:intake_mappingversion_edit", args=[saved.pk])
        if saved.state != MappingVersion.State.DRAFT:
            messages.info(request, "Nothing was changed, so there is nothing to save.")
            return HttpResponseRedirect(home)
        if wrong := problems(saved):
            noun = "problem stands" if len(wrong) == 1 else "problems stand"
            told = " ".join(f"{place}: {fix}" for place, fix in wrong[:3])
            messages.warning(
                request, f"Saved as {saved}, a draft. {len(wrong)} {noun} in the way of publishing: {told}"
            )
            return HttpResponseRedirect(home)
        if "try" in request.POST:
            try:
                run = dry_run(saved.pk, by=actor(request))
            except CannotDryRun as refusal:
                messages.error(request, str(refusal))
                return HttpResponseRedirect(home)
            messages.success(
                request, f"Saved as {saved}, a draft, and tried on {count(run.result['records'], 'record')}."
            )
            return HttpResponseRedirect(reverse("admin:intake_dryrun_change", args=[run.pk]))
        messages.success(request, f"Saved as {saved}, a draft. Leads are mapped as before until you publish it.")
        return HttpResponseRedirect(home)

    def preview_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """What the dictionary on the screen makes of the last records."""
        version = version_for_editing(request, version_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sent = Dictionary(version.document(), request.POST)
        return render(request, "admin/intake/mapping_preview.html", _preview_of(request, version, sent))

    def rules_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """The dictionary on the screen with one thing more: a rule for a path, an empty rule, or a path to ignore."""
        version = version_for_editing(request, version_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sent = Dictionary(version.document(), request.POST)
        shown_again = {"version": version, "note": request.POST.get("note", "")}
        if not sent.is_valid():
            return render(request, "admin/intake/mapping_dictionary.html", {**shown_again, "dictionary": sent})
        document = sent.document()
        added = None
        if "ignore_path" in request.POST:
            document["ignore"] = [*document.get("ignore", []), request.POST["ignore_path"]]
        else:
            added = _add_rule(document, request.POST.get("add_path", ""), request.POST.get("add_to", ""))
        return render(
            request,
            "admin/intake/mapping_dictionary.html",
            {
                **shown_again,
                "dictionary": Dictionary(document, focus=added),
                "paths": shown_paths(version, document),
                "paths_again": True,
                **shown_preview(request, version, document),
            },
        )

    def _page(
        self, request: HttpRequest, version: MappingVersion, document: dict[str, Any], sent: Dictionary | None = None
    ) -> HttpResponse:
        dictionary = sent or Dictionary(document)
        if sent is None and (asked := request.GET.get("path")):
            # "Map this field": the rule stands on the screen, and is saved only when the person saves.
            document = json.loads(json.dumps(document))
            dictionary = Dictionary(document, focus=_add_rule(document, asked, request.GET.get("to", "")))
        others = dictionary.show_problems(problems_of(version, document)) if sent is None else []
        context = {
            **self.admin_site.each_context(request),
            "opts": MappingVersion._meta,
            "original": version,
            "title": f"{version.source.name}, version {version.number}",
            "version": version,
            "is_draft": version.state == MappingVersion.State.DRAFT,
            "dictionary": dictionary,
            "paths": shown_paths(version, document),
            "problems": others,
            "shown": request.POST.get("shown") if sent else shown_hash(version),
            "note": request.POST.get("note", version.note),
        }
        return TemplateResponse(request, "admin/intake/mapping_editor.html", context)


def version_for_editing(request: HttpRequest, version_id: int) -> MappingVersion:
    """The version that an address names, for somebody who may edit mappings."""
    if not request.user.has_perm(MAY_EDIT):
        raise PermissionDenied
    version = MappingVersion.objects.select_related("source").filter(pk=version_id).first()
    if version is None:
        raise Http404
    return version


def _add_rule(document: dict[str, Any], path_: str, to: str) -> int:
    """One more rule; a path whose field has a rule already joins that rule, unless the field may have several. A path
    whose rule still waits for its field gets no second one.

    Returns:
        Which rule has the path now, from 0.
    """
    target = to if to in TARGETS else ""
    if path_ and not target:
        for number, one in enumerate(document["fields"]):
            if not one["to"] and one.get("first_of") == [path_]:
                return number
    rule = next((one for one in document["fields"] if target and one["to"] == target), None)
    if rule is None or target in LISTS:
        rule = {"to": target, "first_of": [path_] if path_ else []}
        document["fields"].append(rule)
    elif path_ and path_ not in rule.get("first_of", []):
        rule["first_of"] = [*rule.get("first_of", []), path_]
    return next(number for number, one in enumerate(document["fields"]) if one is rule)


def _preview_of(request: HttpRequest, version: MappingVersion, sent: Dictionary) -> dict[str, Any]:
    if not sent.is_valid():
        return {"cannot_read": sent.errors()}
    return shown_preview(request, version, sent.document())
