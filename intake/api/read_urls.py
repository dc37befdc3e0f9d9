"""The addresses of the read API and of its description."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from intake.api import schema  # noqa: F401 - tells the OpenAPI document how sources prove themselves
from intake.api.read import DeliveryView, LeadsView, LeadView

urlpatterns = [
    path("deliveries/<uuid:public_id>/", DeliveryView.as_view(), name="read-delivery"),
    path("leads/", LeadsView.as_view(), name="list-leads"),
    path("leads/<int:pk>/", LeadView.as_view(), name="read-lead"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
