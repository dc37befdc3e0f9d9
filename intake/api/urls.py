"""The addresses that lead sources call."""

from django.urls import path

from intake.api.views import HookView, SecretHookView

urlpatterns = [
    path("<slug:source>/", HookView.as_view(), name="hook"),
    path("<slug:source>/<str:token>/", SecretHookView.as_view(), name="hook-with-token"),
    # Senders forget the last slash, and few of them follow a redirect with the lead still in it.
    path("<slug:source>", HookView.as_view(schema=None)),
    path("<slug:source>/<str:token>", SecretHookView.as_view(schema=None)),
]
