"""The embedded broker hands over whole messages, however many processes share its folder."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty

from kombu import Connection

from config.broker import register


def test_a_consumer_never_meets_half_a_message(tmp_path: Path) -> None:
    register()
    folders = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path), "control_folder": str(tmp_path / "c")}
    sent = [{"number": number, "text": "x" * 20_000} for number in range(300)]
    got: list[dict[str, object]] = []

    def produce() -> None:
        with Connection("steward-files://", transport_options=folders) as broker:
            channel = broker.channel()
            for message in sent:
                channel._put("bells", message)

    producer = threading.Thread(target=produce)
    with Connection("steward-files://", transport_options=folders) as broker:
        channel = broker.channel()
        producer.start()
        while producer.is_alive() or any(tmp_path.glob("*.msg")):
            try:
                got.append(channel._get("bells"))
            except Empty:
                continue
    producer.join()

    assert sorted(message["number"] for message in got) == [message["number"] for message in sent]
