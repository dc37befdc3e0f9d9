"""The addresses that lead sources call."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
