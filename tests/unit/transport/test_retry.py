"""Laws of the retry policy, and its exact steps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmsync.transport import retry
from crmsync.transport.errors import (
    Ambiguous,
    Conflict,
    CrmError,
    Misconfigured,
    NotFound,
    Permanent,
    RateLimited,
    Transient,
)
from crmsync.transport.retry import Bury, PauseConnection, Postpone, Reason, decide, parse_retry_after

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

waits = st.none() | st.floats(min_value=0, max_value=30 * 86400)
jitters = st.floats(min_value=0.5, max_value=1.5)
repeatable = st.builds(
    lambda kind, wait: kind("code", "Sentence.", wait),
    st.sampled_from([Transient, RateLimited, Ambiguous]),
    waits,
)
any_error = repeatable | st.sampled_from(
    [
        Permanent("c", "S."),
        Conflict("c", "S.", existing_id="7"),
        NotFound("c", "S."),
        Misconfigured("c", "S."),
    ]
)


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(any_error, st.integers(1, 50), jitters)
def test_a_retry_is_never_in_the_past_nor_sooner_than_the_crm_asked(error, attempts, jitter):
    decision = decide(error, attempts, NOW, jitter)

    if isinstance(decision, Postpone) or (isinstance(decision, PauseConnection) and decision.until):
        # A microsecond is the finest step of a datetime.
        assert decision.until >= NOW + timedelta(seconds=error.retry_after or 0)
        assert decision.until > NOW


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(st.lists(st.tuples(any_error, jitters), min_size=7, max_size=20))
def test_no_push_spends_more_than_six_attempts(story):
    spent = 0
    for error, jitter in story:
        decision = decide(error, spent + 1, NOW, jitter)
        if isinstance(decision, Bury):
            spent += 1
            break
        spent += isinstance(decision, Postpone)

    assert spent <= 6


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256)])
def test_the_steps_are_1_4_16_64_256_seconds(attempts, seconds):
    error = Transient("server_error", "S.")

    assert decide(error, attempts, NOW, 1.0) == Postpone(NOW + timedelta(seconds=seconds))
    assert decide(error, attempts, NOW, 0.5) == Postpone(NOW + timedelta(seconds=seconds / 2))
    assert decide(error, attempts, NOW, 1.5) == Postpone(NOW + timedelta(seconds=seconds * 1.5))


def test_the_sixth_failure_is_the_last():
    assert decide(Transient("c", "S."), 6, NOW, 1.0) == Bury(Reason.EXHAUSTED)
    assert decide(Ambiguous("c", "S."), 6, NOW, 1.0) == Bury(Reason.AMBIGUOUS)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 10), (3, 30), (4, 64), (5, 256)])
def test_after_an_unknown_outcome_the_index_gets_time_whatever_the_dice_say(attempts, seconds):
    assert decide(Ambiguous("c", "S."), attempts, NOW, 0.5) == Postpone(NOW + timedelta(seconds=seconds))


def test_retry_after_wins_over_the_step():
    assert decide(Transient("c", "S.", 90), 1, NOW, 1.0) == Postpone(NOW + timedelta(seconds=90))


def test_a_rate_limit_waits_as_asked_and_gives_up_at_last():
    limited = RateLimited("rate_limited", "S.", 10, policy="TEN_SECONDLY_ROLLING")

    assert decide(limited, 1, NOW, 1.0) == Postpone(NOW + timedelta(seconds=10))
    assert decide(limited, 6, NOW, 0.5) == Bury(Reason.EXHAUSTED)


@pytest.mark.parametrize("kind", [Transient, RateLimited, Ambiguous])
def test_a_wait_of_an_hour_concerns_the_whole_connection(kind):
    assert decide(kind("c", "S.", 3600), 6, NOW, 1.0) == PauseConnection(NOW + timedelta(hours=1))
    assert not isinstance(decide(kind("c", "S.", 3599), 1, NOW, 1.0), PauseConnection)


def test_what_cannot_succeed_is_buried_at_once():
    assert decide(Permanent("c", "S."), 1, NOW, 1.0) == Bury(Reason.PERMANENT)
    assert decide(NotFound("c", "S."), 1, NOW, 1.0) == Bury(Reason.PERMANENT)
    assert decide(Conflict("c", "S."), 1, NOW, 1.0) == Bury(Reason.CONFLICT)


def test_a_misconfigured_connection_waits_for_a_person():
    assert decide(Misconfigured("c", "S."), 1, NOW, 1.0) == PauseConnection(None)


@pytest.mark.parametrize(("attempts", "jitter"), [(0, 1.0), (1, 0.49), (1, 1.51), (1, float("nan"))])
def test_bad_use_is_an_exception(attempts, jitter):
    with pytest.raises(ValueError, match="attempts|jitter"):
        decide(Transient("c", "S."), attempts, NOW, jitter)


def test_an_error_without_a_consequence_is_a_bug():
    with pytest.raises(TypeError, match="CrmError"):
        decide(CrmError("c", "S."), 1, NOW, 1.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30.0),
        ("Mon, 23 Nov 2026 11:59:00 GMT", 0.0),
        ("999999999999999999", 30 * 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 30 * 86400.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
        ("٣", None),
        ("nan", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [A-Z+-]{0,4}\d{0,5}"))
def test_no_header_can_break_the_reading(value):
    seconds = parse_retry_after(value, NOW)

    assert seconds is None or 0 <= seconds <= retry.LONG_WAIT * 24 * 30
