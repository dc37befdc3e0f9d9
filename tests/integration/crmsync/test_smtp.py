"""A mailbox at a real SMTP server: what is certain, what is not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from aiosmtpd.controller import Controller

from crmsync.mailboxes.smtp import SmtpMailbox
from crmsync.transport.errors import Ambiguous, CrmError, Misconfigured, Permanent, Transient
from tests.services import free_port


class Sink:
    """Keeps what it is given; answers as told."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], bytes]] = []
        self.rcpt = self.data = ""

    async def handle_RCPT(self, server: object, session: object, envelope: object, address: str, *_: object) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        if self.data == "hang up":
            self.letters.append(("", [], b"kept"))
            server.transport.close()  # type: ignore[attr-defined]
            return "250 nobody reads this"
        if self.data:
            return self.data
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))  # type: ignore[attr-defined]
        return "250 queued as 1"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, f"127.0.0.1:{controller.port}"
    controller.stop()


def mailbox(address: str, **options: object) -> SmtpMailbox:
    return SmtpMailbox(address, "", {"security": "none", "timeout_seconds": 2, **options})


def test_letters_go_over_one_session_byte_for_byte(sink: tuple[Sink, str]) -> None:
    handler, address = sink
    box = mailbox(address)
    box.open()
    answer = box.send("<1@x>", "team@example.com", "mary@example.com", b"Subject: x\r\n\r\n.\r\n..dots\r\nend")
    box.open()
    box.send("<2@x>", "team@example.com", "bob@example.com", b"Subject: y\r\n\r\nend")
    box.close()
    assert answer == "250 queued as 1"
    assert handler.letters == [
        ("team@example.com", ["mary@example.com"], b"Subject: x\r\n\r\n.\r\n..dots\r\nend\r\n"),
        ("team@example.com", ["bob@example.com"], b"Subject: y\r\n\r\nend\r\n"),
    ]
    assert mailbox(address).check().ok


@pytest.mark.parametrize(
    ("rcpt", "data", "error", "code"),
    [
        ("550 no such user", "", Permanent, "recipient_refused"),
        ("450 try later", "", Transient, "recipient_later"),
        ("", "554 spam", Permanent, "letter_refused"),
        ("", "451 greylisted", Transient, "letter_later"),
        ("", "hang up", Ambiguous, "unknown_outcome"),
    ],
)
def test_what_the_server_says_is_certain_and_silence_after_the_letter_is_not(
    sink: tuple[Sink, str], rcpt: str, data: str, error: type[CrmError], code: str
) -> None:
    handler, address = sink
    handler.rcpt, handler.data = rcpt, data
    box = mailbox(address)
    with pytest.raises(error) as caught:
        box.send("<1@x>", "team@example.com", "mary@example.com", b"Subject: x\r\n\r\nend")
    box.close()
    assert caught.value.code == code


def _serve(script: Callable[[socket.socket], None]) -> str:
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        peer, _ = server.accept()
        with peer, server:
            script(peer)

    threading.Thread(target=run, daemon=True).start()
    return f"127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_hangs_up_before_the_letter_took_nothing() -> None:
    def script(peer: socket.socket) -> None:
        peer.sendall(b"220 hi\r\n")
        peer.recv(1000)
        peer.sendall(b"250 hello\r\n")
        peer.recv(1000)

    with pytest.raises(Transient):
        mailbox(_serve(script)).send("<1@x>", "team@example.com", "mary@example.com", b"x")


def test_a_server_that_is_not_there_or_not_safe_sends_nothing(sink: tuple[Sink, str]) -> None:
    handler, address = sink
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"127.0.0.1:{unused.getsockname()[1]}"
    for act in (mailbox(nobody).open, mailbox(nobody).check):
        with pytest.raises(Transient, match="could not be reached"):
            act()
    with pytest.raises(Misconfigured):
        mailbox(address, security="starttls").open()
    with pytest.raises(Misconfigured):
        mailbox(address, security="whatever")
    assert handler.letters == []
