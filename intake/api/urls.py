"""The addresses that lead sources call."""

from django.urls import path

from intake.api.views import HookView, SecretHookView

urlpatterns = [
    path("<slug:source>/", HookView.as_view(), name="hook"),
    path("<slug:source>/<str:token>/", SecretHookView.as_view(), name="hook-with-token"),
]
