"""Which color a state has, the same on every screen."""

from __future__ import annotations

from intake.models import Delivery, Item

DELIVERY_TONES: dict[str, str] = {
    Delivery.State.RECEIVED: "busy",
    Delivery.State.SPLIT: "good",
    Delivery.State.DEAD: "bad",
    Delivery.State.DISCARDED: "quiet",
}
ITEM_TONES: dict[str, str] = {
    Item.State.IN_PROGRESS: "busy",
    Item.State.IN_CRM: "good",
    Item.State.MERGED: "good",
    Item.State.DEAD_LETTER: "bad",
    Item.State.DISCARDED: "quiet",
    Item.State.CONFLICT: "wait",
    Item.State.TEST: "quiet",
    Item.State.ERASED: "quiet",
}
