"""The page on which somebody types a lead in: what a caller said, or who came by."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from intake.admin.values import label
from intake.models import Lead, Source
from intake.services.enter_lead import MANUAL_SLUG, CannotBeALead, enter_lead, mapping_for
from intake.typed_lead import TypedField, payload, typed_fields
from trail.admin import actor

MAY_ENTER = "intake.add_lead"
_LONG = frozenset(("lead.message", "property.owner_history"))
_REACH = frozenset(("contact.email", "contact.phone"))


class EntryForm(forms.Form):
    """One input for each field that the source's mapping reads."""

    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, typed: list[TypedField], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        seen: dict[str, int] = {}
        for field in typed:
            seen[field.target] = seen.get(field.target, 0) + 1
            words = label(field.target).partition(": ")[2]
            words = words[:1].upper() + words[1:]
            self.fields[field.name] = _input(
                field, words if seen[field.target] == 1 else f"{words} {seen[field.target]}"
            )
        self._reach = [field.name for field in typed if field.target in _REACH]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not any(data.get(name) for name in self._reach):
            self.add_error(None, "Type an e-mail or a phone. Without one, nobody can answer this lead.")
        return data


def _input(field: TypedField, words: str) -> forms.Field:
    if field.words or field.kind == "boolean":
        choices = [("yes", "Yes"), ("no", "No")] if field.kind == "boolean" else [(word, word) for word in field.words]
        return forms.ChoiceField(
            label=words, required=False, choices=[("", "Not said"), *choices], widget=UnfoldAdminSelectWidget()
        )
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3}) if field.target in _LONG else UnfoldAdminTextInputWidget()
    return forms.CharField(
        label=words,
        required=False,
        max_length=5_000,
        widget=widget,
    )


def entry_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the form for the chosen source; take what it sends."""
    if not request.user.has_perm(MAY_ENTER):
        raise PermissionDenied
    source = _chosen(request)
    spec = mapping_for(source)
    typed = typed_fields(spec) if spec else []
    form = EntryForm(request.POST or None, typed=typed, initial={"token": uuid.uuid4()})
    if request.method == "POST" and spec is not None and form.is_valid():
        said = payload(spec, typed, form.cleaned_data)
        try:
            delivery = enter_lead(said, source, token=str(form.cleaned_data["token"]), by=actor(request))
        except CannotBeALead as refusal:
            for problem in refusal.problems:
                form.add_error(None, problem)
        else:
            lead = Lead.objects.filter(item__delivery=delivery).first()
            if lead is not None:
                messages.success(request, f"{lead.reference} is entered. It goes the way of every lead from here.")
                return HttpResponseRedirect(reverse("admin:intake_lead_change", args=[lead.pk]))
            messages.success(request, "It is kept. Below you see what becomes of it.")
            return HttpResponseRedirect(reverse("admin:intake_delivery_change", args=[delivery.pk]))
    context |= {
        "title": "Add a lead",
        "form": form,
        "typed": typed,
        "groups": _groups(form, typed),
        "source": source,
        "sources": _sources(),
        "home": reverse("admin:intake_lead_changelist"),
    }
    return TemplateResponse(request, "admin/crmsync/lead_entry.html", context)


def _chosen(request: HttpRequest) -> Source | None:
    """The source in the address; None is "Manual entry"."""
    slug = request.GET.get("source", "")
    return Source.objects.filter(slug=slug).exclude(slug=MANUAL_SLUG).first() if slug else None


def _sources() -> list[Source]:
    """Those whose leads can be typed in, beside "Manual entry"."""
    leads = Source.objects.filter(kind=Source.Kind.LEAD, state=Source.State.ACTIVE).exclude(slug=MANUAL_SLUG)
    found = []
    for one in leads:
        spec = mapping_for(one)
        if spec and _REACH & {field.target for field in typed_fields(spec)}:
            found.append(one)
    return found


def _groups(form: EntryForm, typed: list[TypedField]) -> list[tuple[str, list[Any]]]:
    titles = {"contact": "Who", "lead": "What they want", "property": "About which home"}
    return [
        (title, inputs)
        for record, title in titles.items()
        if (inputs := [form[field.name] for field in typed if field.target.startswith(f"{record}.")])
    ]
