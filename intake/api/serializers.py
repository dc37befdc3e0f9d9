"""The shapes of the answers, for people who read the OpenAPI document."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from intake.models import Delivery, Item, Lead, TrailStep


class Receipt(serializers.Serializer[dict[str, str]]):
    """What a sender gets for an authentic request."""

    status = serializers.ChoiceField(choices=["accepted", "duplicate"])
    delivery = serializers.UUIDField(help_text="Ask /api/deliveries/<delivery>/ what became of it.")


class Problem(serializers.Serializer[dict[str, str]]):
    """What a sender gets instead, in a plain sentence."""

    detail = serializers.CharField()


# What the states mean for whoever sent the record, who knows nothing of our house.
ITEM_SAYS = {
    Item.State.IN_PROGRESS: "Accepted; on its way to the CRM.",
    Item.State.IN_CRM: "In the CRM.",
    Item.State.MERGED: "In the CRM, joined with another record of the same person.",
    Item.State.DEAD_LETTER: "Kept, but it could not be used yet; a person will look at it.",
    Item.State.DISCARDED: "Kept, but a person decided that it is no lead.",
    Item.State.CONFLICT: "Kept beside an earlier record with the same id and other content; a person will look at it.",
    Item.State.TEST: "A test; kept apart and not sent on.",
    Item.State.ERASED: "Erased on request.",
}
DELIVERY_SAYS = {
    Delivery.State.RECEIVED: "Accepted; it will be read within seconds.",
    Delivery.State.SPLIT: "Read; its records are listed below. A record that we had already is not listed again.",
    Delivery.State.DEAD: "Kept, but it could not be read; a person will look at it.",
    Delivery.State.DISCARDED: "Kept, but a person decided that it holds no lead.",
}
# Records of one delivery that are listed with it; of the rest the number is told.
LISTED_ITEMS = 200


class StepAnswer(serializers.ModelSerializer[TrailStep]):
    """One step on a lead's way."""

    says = serializers.CharField(source="get_step_display")

    class Meta:
        model = TrailStep
        fields = ["step", "says", "at"]
        read_only_fields = fields


class ItemAnswer(serializers.ModelSerializer[Item]):
    """One record of a delivery."""

    says = serializers.SerializerMethodField()
    problems = serializers.ListField(child=serializers.CharField(), help_text="Why it could not be used, in words.")
    lead = serializers.SerializerMethodField(
        help_text="Ask /api/leads/<lead>/ how far it is; null where none was made."
    )

    class Meta:
        model = Item
        fields = ["position", "record_id", "version", "state", "says", "problems", "lead"]
        read_only_fields = fields

    def get_says(self, item: Item) -> str:
        return ITEM_SAYS[Item.State(item.state)]

    def get_lead(self, item: Item) -> int | None:
        return item.lead.pk if hasattr(item, "lead") else None


class DeliveryAnswer(serializers.ModelSerializer[Delivery]):
    """What became of a delivery. Nothing of its content is repeated."""

    delivery = serializers.UUIDField(source="public_id")
    source = serializers.SlugRelatedField(slug_field="slug", read_only=True)  # type: ignore[assignment, var-annotated]
    says = serializers.SerializerMethodField()
    problem = serializers.CharField(source="error_message", help_text="Why it could not be read, in words.")
    repeats = serializers.IntegerField(help_text="How many of its records we had already.")
    items_total = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField(help_text=f"The first {LISTED_ITEMS} of its new records.")

    class Meta:
        model = Delivery
        fields = [
            *("delivery", "source", "state", "says", "problem", "received_at", "repeats", "items_total", "items"),
        ]
        read_only_fields = fields

    def get_says(self, delivery: Delivery) -> str:
        return DELIVERY_SAYS[Delivery.State(delivery.state)]

    def get_items_total(self, delivery: Delivery) -> int:
        return delivery.items.count()

    @extend_schema_field(ItemAnswer(many=True))
    def get_items(self, delivery: Delivery) -> object:
        listed = delivery.items.select_related("lead").order_by("position")[:LISTED_ITEMS]
        return ItemAnswer(listed, many=True).data


class LeadAnswer(serializers.ModelSerializer[Lead]):
    """How far a lead is. No personal data: who asks has sent it, and what we added is not theirs."""

    source = serializers.SlugRelatedField(slug_field="slug", read_only=True)  # type: ignore[assignment, var-annotated]
    delivery = serializers.UUIDField(source="item.delivery.public_id")
    record_id = serializers.CharField(source="item.record_id")
    state = serializers.ChoiceField(source="item.state", choices=Item.State.choices)
    says = serializers.SerializerMethodField()
    problems = serializers.ListField(
        source="item.problems", child=serializers.CharField(), help_text="Why it stopped, in words."
    )
    steps = StepAnswer(many=True)

    class Meta:
        model = Lead
        fields = [
            *("id", "reference", "source", "delivery", "record_id", "state", "says", "problems"),
            *("received_at", "occurred_at", "steps"),
        ]
        read_only_fields = fields

    def get_says(self, lead: Lead) -> str:
        return ITEM_SAYS[Item.State(lead.item.state)]
