"""Levers: what a person may do to one row, behind a page that says what will happen.

Invariant: GET shows and changes nothing; POST checks the permission again, makes one service call, and tells the
result in a sentence. A hidden button is also a refused request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from trail.transitions import IllegalTransition, LostRace


class ReasonForm(forms.Form):
    """Asks why. Whoever reads the audit log later will want to know."""

    reason = forms.CharField(
        max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}), help_text="Stands in the audit log."
    )


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing a person may do to a row.

    Attributes:
        name: the last part of its address.
        label: the button: verb and thing.
        permission: "app.codename" that it needs.
        run: does it by one service call; gets the row, the request and the form's data, returns what happened in a
            sentence, and may name the page to go to as second value.
        tells: what will happen, in sentences, given the row.
        form: what it asks for, if anything.
        offered: is it possible for this row now?
        refusals: exceptions of the service that are answers to a person; their text, or docstring, is shown.
        danger: does it stop something or throw something away?
        primary: is it what people mostly come to this page for? One per page.
        direct: run at the press of the button, without a page in between (changes nothing that leaves our system).
    """

    name: str
    label: str
    permission: str
    run: Callable[[Any, HttpRequest, dict[str, Any]], str | tuple[str, str]]
    tells: Callable[[Any], Sequence[str]] = lambda row: ()
    form: type[forms.Form] | None = None
    offered: Callable[[Any], bool] = lambda row: True
    refusals: tuple[type[Exception], ...] = ()
    danger: bool = False
    direct: bool = False
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A lever, or a page of its own, as a row's page offers it."""

    label: str
    href: str
    danger: bool = False
    direct: bool = False
    primary: bool = False


class Levers:
    """Mixin of a ModelAdmin: its `levers` get addresses, buttons and pages."""

    levers: tuple[Lever, ...] = ()
    model: type[models.Model]
    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        opts = self.model._meta
        own = [
            path(
                f"<int:row_id>/{lever.name}/",
                self.admin_site.admin_view(partial(self.lever_view, lever=lever)),
                name=f"{opts.app_label}_{opts.model_name}_{lever.name}",
            )
            for lever in self.levers
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def buttons(self, request: HttpRequest, row: models.Model) -> list[Button]:
        """The levers that this person may pull on this row now."""
        opts = self.model._meta
        return [
            Button(
                lever.label,
                reverse(f"admin:{opts.app_label}_{opts.model_name}_{lever.name}", args=[row.pk]),
                lever.danger,
                lever.direct,
                lever.primary,
            )
            for lever in self.levers
            if request.user.has_perm(lever.permission) and lever.offered(row)
        ]

    def lever_view(self, request: HttpRequest, row_id: int, lever: Lever) -> HttpResponse:
        if not request.user.has_perm(lever.permission):
            raise PermissionDenied
        row = self.get_object(request, str(row_id))  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        home = reverse(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_change", args=[row.pk])
        if not lever.offered(row):
            messages.error(request, f"{lever.label} is not possible for {row} now. Nothing changed.")
            return HttpResponseRedirect(home)
        form = (lever.form or forms.Form)(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._pull(request, lever, row, form.cleaned_data, home)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": row,
            "title": lever.label,
            "lever": lever,
            "tells": lever.tells(row),
            "form": form,
            "home": home,
        }
        return TemplateResponse(request, "admin/steward/confirm.html", context)

    def _pull(
        self, request: HttpRequest, lever: Lever, row: models.Model, data: dict[str, Any], home: str
    ) -> HttpResponse:
        try:
            told = lever.run(row, request, data)
        except LostRace:
            messages.error(request, f"Somebody else changed {row} a moment ago. Nothing changed. Look again.")
        except IllegalTransition:
            messages.error(request, f"{lever.label} is not possible for {row} now. Nothing changed.")
        except lever.refusals as refusal:
            messages.error(request, str(refusal) or (type(refusal).__doc__ or ""))
        else:
            sentence, home = told if isinstance(told, tuple) else (told, home)
            messages.success(request, sentence)
        return HttpResponseRedirect(home)
