"""The addresses that lead sources call."""

from django.urls import path

from intake.api.views import HookView

urlpatterns = [
    path("<slug:source>/", HookView.as_view(), name="hook"),
    path("<slug:source>/<str:token>/", HookView.as_view(), name="hook-with-token"),
]
