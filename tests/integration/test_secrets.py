"""Secrets are references; the plain value appears only where it is used."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from intake.secrets import SecretUnavailable, last_four, resolve, seal


def test_a_secret_comes_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PORTAL_SECRET", "from-the-environment")
    (tmp_path / "secret").write_text("from-a-file\n")

    assert resolve("env:PORTAL_SECRET") == "from-the-environment"
    assert resolve(f"file:{tmp_path / 'secret'}") == "from-a-file"


def test_a_sealed_secret_survives_the_rotation_of_keys(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    reference = seal("a plain secret")

    settings.ENCRYPTION_KEYS = [new, old]

    assert "plain" not in reference
    assert resolve(reference) == "a plain secret"


@pytest.mark.parametrize("reference", ["env:NOT_SET_HERE", "file:/nowhere/secret", "enc:nonsense", "a plain secret"])
def test_what_cannot_be_resolved_says_so_without_the_value(reference: str) -> None:
    with pytest.raises(SecretUnavailable) as refusal:
        resolve(reference)

    assert "a plain secret" not in str(refusal.value)


def test_a_short_secret_shows_none_of_its_characters() -> None:
    assert last_four("short") == ""
    assert last_four("a long enough secret") == "cret"
