"""What decoding answers when it cannot, and the limits within which it tries.

Invariant: the sentence names no content of the body, which may be personal.
"""

from __future__ import annotations

from dataclasses import dataclass


class Unreadable(Exception):
    """A body that cannot be turned into records. `code` is stable; the sentence is for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds a real delivery never meets and a hostile one always does.

    bytes: of the body (the door refuses earlier; this is for files and polls). depth: levels of nesting; a
    Meta batch has nine. values: all keys' values and list entries together; 1,000 listings of 100 fields are
    100,000. fields: of a form;
    header: bytes of a multipart part's head.
    """

    bytes: int = 20 * 1024 * 1024
    depth: int = 40
    values: int = 200_000
    fields: int = 5_000
    header: int = 8_192


LIMITS = Limits()
