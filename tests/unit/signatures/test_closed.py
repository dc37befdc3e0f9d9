"""A source without a webhook refuses everything, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from intake.signatures.base import Refused, Secret, SignedRequest
from intake.signatures.registry import scheme

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
REQUEST = SignedRequest("POST", "/hooks/old-crm/", {}, {}, b"{}")
SECRET = Secret("k1", b"a-secret-of-some-length")


def test_every_request_is_refused() -> None:
    verdict = scheme("closed").verify(REQUEST, secrets=[SECRET], options={}, now=NOW)

    assert verdict == Refused("closed", "This source takes nothing by webhook. Ask its owner for the right address.")


def test_it_has_no_options_and_no_secrets_and_signs_nothing() -> None:
    assert scheme("closed").options_problems({}) == []
    assert scheme("closed").options_problems({"header": "x"}) != []
    assert scheme("closed").secret_problems(b"x" * 40, {}) != []
    with pytest.raises(ValueError, match="cannot be sent to"):
        scheme("closed").sign(REQUEST, secret=SECRET, options={}, now=NOW)
