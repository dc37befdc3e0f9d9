"""The page on which somebody uploads a table: its form, and what happens with the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from intake.models import Source
from intake.services.keep_file import FileRefused, limits
from intake.services.open_file_source import SourceNameTaken, free_slug


class UploadForm(forms.Form):
    """A table."""

    file = forms.FileField(
        label="File", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}), max_length=200
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = f"{limits()} The first row holds the names of the columns."


class ImportForm(UploadForm):
    """A table, and whose leads are in it."""

    source = forms.ModelChoiceField(
        Source.objects.all(),
        required=False,
        empty_label="A new source, named below",
        widget=UnfoldAdminSelectWidget(),
        help_text="A file of a kind that you imported before goes to the same source: its columns are known there.",
    )
    name = forms.CharField(
        label="Name of the new source",
        max_length=50,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Such as Old CRM"}),
        help_text="Where these people come from. It stands on each of their leads.",
    )
    kind = forms.ChoiceField(
        label="Each row of the new source is",
        choices=[(Source.Kind.LEAD, "A person or an enquiry"), (Source.Kind.LISTING, "A listing")],
        initial=Source.Kind.LEAD,
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("source") and not data.get("name"):
            self.add_error("name", "Choose a source above, or name a new one.")
        if data.get("source") and data.get("name"):
            self.add_error("name", "Choose a source above, or name a new one, not both.")
        if data.get("name"):
            try:
                free_slug(data["name"])
            except SourceNameTaken as refusal:
                self.add_error("name", str(refusal))
        return data


def upload_page(
    request: HttpRequest,
    context: dict[str, Any],
    form_class: type[UploadForm],
    taken: Callable[[UploadedFile[bytes], dict[str, Any]], str],
) -> HttpResponse:
    """Show the form; take what it sends.

    Args:
        context: the page's title, button, sentences, and the address to go back to.
        taken: takes the file and the form's data, and names the page to go to; its refusals are shown at the form.
    """
    form = form_class(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(taken(form.cleaned_data["file"], form.cleaned_data))
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
        except SourceNameTaken as refusal:  # somebody else took it since the form was checked
            form.add_error("name", str(refusal))
    return TemplateResponse(request, "admin/intake/upload.html", {**context, "form": form})
