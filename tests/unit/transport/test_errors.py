"""A status names its consequence."""

import pytest

from crmsync.transport import errors


@pytest.mark.parametrize(
    ("status", "safe", "kind", "code"),
    [
        (301, True, errors.Misconfigured, "redirected"),
        (400, False, errors.Permanent, "refused"),
        (401, False, errors.Misconfigured, "not_authenticated"),
        (403, True, errors.Misconfigured, "not_allowed"),
        (404, True, errors.NotFound, "not_found"),
        (408, False, errors.Transient, "try_later"),
        (409, False, errors.Conflict, "conflict"),
        (422, False, errors.Permanent, "refused"),
        (423, False, errors.Transient, "try_later"),
        (429, False, errors.RateLimited, "rate_limited"),
        (500, True, errors.Transient, "server_error"),
        (500, False, errors.Ambiguous, "server_error"),
        (503, False, errors.Ambiguous, "server_error"),
    ],
)
def test_a_status_names_its_consequence(status, safe, kind, code):
    error = errors.from_status(status, safe=safe, retry_after=7.0)

    assert type(error) is kind
    assert error.code == code


def test_the_wait_the_crm_asked_for_is_kept():
    assert errors.from_status(429, safe=True, retry_after=12.5).retry_after == 12.5
    assert errors.from_status(503, safe=False, retry_after=30).retry_after == 30


def test_an_error_reads_as_its_code_and_its_sentence():
    assert str(errors.Transient("timed_out", "No answer.")) == "timed_out: No answer."
