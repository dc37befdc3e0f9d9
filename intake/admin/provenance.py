"""Where a stored value comes from, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def origin(said: Mapping[str, Any] | None) -> str:
    """The line under a value: source path, mapping version, normalizer; empty where nothing is known."""
    if not said:
        return ""
    parts = [str(said.get(name) or "") for name in ("path", "by", "mapping")]
    return ", ".join(filter(None, parts)) or str(said.get("origin", ""))
