"""Every address of Steward: the webhook, the read API, the agents' claim page, the admin, health."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("hooks/", include("intake.api.urls")),
    path("admin/", admin.site.urls),
]
