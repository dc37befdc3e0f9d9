"""Secrets are references; the plain value appears only where it is used."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from intake.secrets import SecretUnavailable, last_four, refused, resolve, seal


def test_a_secret_comes_from_the_environment_or_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    monkeypatch.setenv("STEWARD_PORTAL_SECRET", "from-the-environment")
    (tmp_path / "secret").write_text("from-a-file\n")
    settings.SECRET_FILE_DIRS = [str(tmp_path)]

    assert resolve("env:STEWARD_PORTAL_SECRET") == "from-the-environment"
    assert resolve(f"file:{tmp_path / 'secret'}") == "from-a-file"


def test_a_sealed_secret_survives_the_rotation_of_keys(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    reference = seal("a plain secret")

    settings.ENCRYPTION_KEYS = [new, old]

    assert "plain" not in reference
    assert resolve(reference) == "a plain secret"


@pytest.mark.parametrize(
    "reference", ["env:STEWARD_NOT_SET_HERE", "file:/run/secrets/steward-nowhere", "enc:nonsense", "a plain secret"]
)
def test_what_cannot_be_resolved_says_so_without_the_value(reference: str) -> None:
    with pytest.raises(SecretUnavailable) as refusal:
        resolve(reference)

    assert "a plain secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "reference",
    [
        "env:SECRET_KEY",
        "env:DATABASE_URL",
        "env:",
        "env: STEWARD_KEY",
        "file:/etc/passwd",
        "file:{secrets}/../outside",
        "file:{secrets}/link",
        "file:{secrets}-beside/secret",
        "file:outside",
        "file:",
    ],
)
def test_nothing_but_what_is_set_aside_for_secrets_can_be_named(
    reference: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (tmp_path / "secrets-beside").mkdir()
    for file in (tmp_path / "outside", tmp_path / "secrets-beside" / "secret"):
        file.write_text("plain-value")
    (secrets / "link").symlink_to(tmp_path / "outside")
    settings.SECRET_FILE_DIRS = [str(secrets)]
    monkeypatch.setenv("SECRET_KEY", "plain-value")
    monkeypatch.chdir(tmp_path)
    named = reference.format(secrets=secrets)

    assert "is not one for secrets" in refused(named)
    with pytest.raises(SecretUnavailable, match="is not one for secrets") as refusal:
        resolve(named)
    assert "plain-value" not in str(refusal.value)


@pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800", "a\n"])
@pytest.mark.parametrize("kind", ["env:STEWARD_", "file:/run/secrets/"])
def test_a_name_that_nothing_can_have_is_refused(kind: str, name: str) -> None:
    assert "is not one for secrets" in refused(kind + name)
    with pytest.raises(SecretUnavailable):
        resolve(kind + name)


def test_a_link_inside_the_folder_may_be_named(tmp_path: Path, settings: Any) -> None:
    """So do container platforms mount secrets: the name is a link to a folder of today."""
    settings.SECRET_FILE_DIRS = [str(tmp_path)]
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "key").write_text("from-a-file")
    (tmp_path / "key").symlink_to(tmp_path / "..2026" / "key")

    assert resolve(f"file:{tmp_path}/key") == "from-a-file"


def test_a_short_secret_shows_none_of_its_characters() -> None:
    assert last_four("short") == ""
    assert last_four("a long enough secret") == "cret"
