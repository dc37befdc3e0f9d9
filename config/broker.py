"""The embedded default's broker: kombu's filesystem transport, made safe for several processes.

kombu writes a message into the very file that a consumer may already be reading, so that a worker now and then finds
half a message and ends (seen in use: `JSONDecodeError` in `_get`). Here a message is written under another name and
renamed when it is whole, which is atomic. Bells only: a message that is lost costs seconds (docs/decisions/0003).
"""

from __future__ import annotations

import os
import uuid
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

NAME = "steward-files"  # the scheme of the broker's URL


class Channel(filesystem.Channel):
    """Puts whole messages only."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        whole = os.path.join(self.data_folder_out, f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg")
        unfinished = f"{whole}.part"
        try:
            with open(unfinished, "w") as file:
                file.write(dumps(payload))
            os.rename(unfinished, whole)
        except OSError as error:
            raise ChannelError(f"Cannot add file {whole!r} to directory") from error


class Transport(filesystem.Transport):
    """The transport that this URL scheme stands for."""

    Channel = Channel


def register() -> None:
    """Let kombu know the scheme."""
    TRANSPORT_ALIASES[NAME] = f"{__name__}:Transport"
