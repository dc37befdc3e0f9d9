"""The shapes of the answers, for people who read the OpenAPI document."""

from rest_framework import serializers


class Receipt(serializers.Serializer[dict[str, str]]):
    """What a sender gets for an authentic request."""

    status = serializers.ChoiceField(choices=["accepted", "duplicate"])
    delivery = serializers.UUIDField(help_text="Ask /api/deliveries/<delivery>/ what became of it.")


class Problem(serializers.Serializer[dict[str, str]]):
    """What a sender gets instead, in a plain sentence."""

    detail = serializers.CharField()
