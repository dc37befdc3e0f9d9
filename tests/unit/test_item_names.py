"""A record's id as lists show it: short enough for a line, and still telling one from the other."""

from __future__ import annotations

import pytest

from intake.models import Item


@pytest.mark.parametrize(
    ("record_id", "short"),
    [
        ("LP-117027741725730", "LP-117027741725730"),
        ("a" * 24, "a" * 24),
        ("sha:" + "0f637953b9ac19848a5a" * 3, "sha:0f637953b9ac198…"),
        ("https://calendar.example/events/AAAA/invitees/7", "…nts/AAAA/invitees/7"),
    ],
)
def test_a_long_id_is_cut_where_it_tells_least(record_id: str, short: str) -> None:
    assert Item(record_id=record_id).short_id == short
