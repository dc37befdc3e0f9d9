"""The presets of known senders: what a new source starts from, read from the folders beside this file.

Invariant: a preset is a fresh copy every time, so nobody's change reaches the next reader.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml


class UnknownPreset(LookupError):
    """There is no folder for a sender of that name."""


def names() -> tuple[str, ...]:
    """The senders' folder names, in alphabetical order."""
    return tuple(sorted(one.name for one in _root().iterdir() if one.joinpath("source.yaml").is_file()))


def preset(name: str) -> dict[str, Any]:
    """The preset of a sender: name, kind, scheme, scheme_options, content_types, repeat_window_seconds,
    mapping.

    Raises UnknownPreset, whose message lists the senders there are.
    """
    document: dict[str, Any] = yaml.safe_load(_folder(name).joinpath("source.yaml").read_text("utf-8"))
    return document


def payloads(name: str) -> dict[str, bytes]:
    """The sender's example bodies by file name, as they would arrive. Raises UnknownPreset."""
    return {
        one.name: one.read_bytes()
        for one in sorted(_folder(name).joinpath("payloads").iterdir(), key=lambda one: one.name)
    }


def _root() -> Traversable:
    return files("intake.sources")


def _folder(name: str) -> Traversable:
    if name not in names():  # also keeps `..` and separators out of the path
        raise UnknownPreset(f"There is no preset '{name}'. There are: {', '.join(names())}.")
    return _root().joinpath(name)
