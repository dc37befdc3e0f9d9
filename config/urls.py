"""Every address of Steward: the webhook, the read API, the agents' claim page, the admin, health."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("hooks/", include("intake.api.urls")),
    path("api/", include("intake.api.read_urls")),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("", include("crmsync.api.urls")),
]

handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
