"""Secrets leave no trace, whatever they are and wherever they stand."""

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from crmsync.transport.redaction import MASK, Redactor

# Short or mask-like words would be found by chance in the mask itself or in the text around them.
secrets = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=8).filter(
    lambda text: len(text.strip()) >= 8 and text.strip().lower() not in MASK
)
around = st.text('abc {}":,[]', max_size=40)


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(secrets, around, around)
def test_a_secret_leaves_no_trace_in_any_spelling(secret, before, after):
    secret = secret.strip()
    redact = Redactor([secret])

    for spelling in (
        secret,
        json.dumps({"a": secret}),
        json.dumps({"a": secret}, ensure_ascii=False),
        quote(secret, safe=""),
        quote_plus(secret),
        urlencode({"a": secret}),
    ):
        kept = redact(before + spelling + after)
        assert secret not in kept
        assert spelling not in kept


def test_a_credential_is_known_with_and_without_its_scheme():
    redact = Redactor(["Bearer sesame-open", "Basic " + base64.b64encode(b"user-name:pass-word").decode()])

    assert redact("sesame-open") == MASK
    assert redact("user-name and pass-word") == f"{MASK} and {MASK}"
    assert redact(base64.b64encode(b"user-name:pass-word").decode()) == MASK


def test_a_longer_secret_is_masked_before_a_shorter_one_inside_it():
    assert Redactor(["abcd", "abcdefgh"])("abcdefgh abcd") == f"{MASK} {MASK}"


def test_without_secrets_nothing_changes():
    assert Redactor(["", "  "])("text") == "text"
    assert Redactor([])("text", 2) == "te... [cut]"
