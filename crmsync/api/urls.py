"""The addresses that we give out: the agents' claim page, the readers' unsubscribe page, where providers answer."""

from django.urls import path

from crmsync.api.answer import provider_answer
from crmsync.api.claim import claim
from crmsync.api.unsubscribe import unsubscribe

urlpatterns = [
    path("answers/<str:token>/", provider_answer, name="provider_answer"),
    path("claim/<str:token>/", claim, name="claim"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
]
