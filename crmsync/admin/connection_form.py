"""The form of a connection: its settings, and its secret, which is written here and never read.

Invariant: the address never takes a secret to a host that it was not entered for.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property
from unfold.widgets import UnfoldAdminPasswordWidget

from intake.secrets import refused


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """`secret` is there for those who may set secrets; the admin takes it out for others."""

    secret = forms.CharField(
        required=False,
        max_length=400,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Empty keeps the secret that is set. When the address leads to another host, enter it or name it "
        "(env:NAME, file:PATH) again.",
    )

    @cached_property
    def changed_data(self) -> list[str]:
        """Without the secret, since what changed is written into the audit log."""
        return [name for name in super().changed_data if name != "secret"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        secret = data.get("secret", "")
        if reason := refused(secret):
            self.add_error("secret", reason)
        elif not secret and self.instance.pk and self.instance.moves_secret_to(data.get("base_url", "")):
            again = (
                "Enter or name the secret again below"
                if "secret" in self.fields
                else "Ask somebody who may set secrets to change it"
            )
            self.add_error(
                "base_url",
                "This leads to another host, which would get the secret that was entered for the one before. "
                f"{again}, or keep the host.",
            )
        return data
