"""What is written to the log holds no address that proves something."""

from __future__ import annotations

import pytest

from config.logging import without_proofs


@pytest.mark.parametrize("place", ["/hooks/site/", "/answers/", "/claim/", "/unsubscribe/"])
def test_the_proof_in_an_address_is_cut_out(place: str) -> None:
    event = without_proofs(None, "error", {"event": f"Internal Server Error: {place}WzEsMl0:1x:sig/"})

    assert event["event"] == f"Internal Server Error: {place}.../"
