"""Is a record new, a repeat, a conflict, or what a dead run already wrote?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.recurrence import Recurrence, Seen, compare

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST = Seen(version="1", content_hash="aa", delivery_id=1, position=0, received_at=NOON)


def judged(*seen: Seen, **changes: Any) -> tuple[Recurrence, str]:
    record: dict[str, Any] = {
        "has_id": True,
        "version": "1",
        "content_hash": "aa",
        "delivery_id": 2,
        "position": 0,
        "received_at": NOON,
        "window": timedelta(hours=1),
    }
    return compare(**{**record, **changes}, seen=seen)


def test_a_record_that_nobody_has_seen_is_new() -> None:
    assert judged() == (Recurrence.NEW, "1")


def test_the_same_id_version_and_content_is_a_repeat() -> None:
    assert judged(FIRST)[0] is Recurrence.REPEAT


def test_another_version_is_news() -> None:
    assert judged(FIRST, version="2", content_hash="bb") == (Recurrence.NEW, "2")


def test_the_same_version_with_other_content_is_a_conflict_with_a_version_of_its_own() -> None:
    assert judged(FIRST, content_hash="bb") == (Recurrence.CONFLICT, "1#bb")


def test_a_conflict_that_comes_again_is_a_repeat() -> None:
    conflict = Seen("1#bb", "bb", 2, 0, NOON)

    assert judged(FIRST, conflict, content_hash="bb", delivery_id=3)[0] is Recurrence.REPEAT


def test_what_a_dead_run_wrote_is_ours_and_no_repeat() -> None:
    assert judged(FIRST, delivery_id=1)[0] is Recurrence.OURS


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, Recurrence.REPEAT), (59, Recurrence.REPEAT), (-59, Recurrence.REPEAT), (60, Recurrence.NEW)],
)
def test_words_without_an_id_are_a_repeat_within_the_window_only(minutes: int, expected: Recurrence) -> None:
    assert judged(FIRST, has_id=False, received_at=NOON + timedelta(minutes=minutes))[0] is expected


def test_the_same_words_later_get_a_version_that_no_other_has() -> None:
    later = NOON + timedelta(days=1)

    versions = {judged(has_id=False, received_at=later, delivery_id=n)[1] for n in range(3)}

    assert len(versions) == 3
