"""The addresses in our e-mails: the agents' claim page and the readers' unsubscribe page."""

from django.urls import path

from crmsync.api.claim import claim
from crmsync.api.unsubscribe import unsubscribe

urlpatterns = [
    path("claim/<str:token>/", claim, name="claim"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
]
