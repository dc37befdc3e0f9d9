"""A mailbox at a mail server, over SMTP.

Invariant: once the letter's last line has left us, no failure is called certain unless the server itself said so.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from crmsync.crms.base import Checked
from crmsync.options import SmtpOptions, read
from crmsync.transport.errors import Ambiguous, Misconfigured, Permanent, Transient

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LONE_DOT = re.compile(rb"(?m)^\.")


class SmtpMailbox:
    """One session with a mail server, kept open between letters.

    Args:
        address: host, or host:port.
        password: empty without a login.
        options: see `SmtpOptions`.

    Raises:
        Misconfigured: address or options cannot be used.
    """

    def __init__(self, address: str, password: str, options: Mapping[str, Any]) -> None:
        told = read(SmtpOptions, options)
        self._security = told.security
        host, _, port = address.removeprefix("smtp://").rstrip("/").partition(":")
        if not host or (port and not port.isdecimal()):
            raise Misconfigured("bad_address", "The mail server must be given as host or host:port.")
        self._host, self._port = host, int(port or _PORTS[told.security])
        self._username, self._password = told.username, password
        self._timeout = told.timeout_seconds
        self._session: smtplib.SMTP | None = None

    def open(self) -> None:
        if self._session is not None:
            try:
                if self._session.rset()[0] == 250:
                    return
            except (OSError, smtplib.SMTPException):
                pass  # the server closed an idle session: it opens another one
            self.close()
        try:
            self._session = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise Misconfigured(
                "not_authenticated", "The mail server refused the login. Letters wait until the connection is mended."
            ) from error
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            raise Misconfigured(
                "not_secure", "The mail server offers no safe connection of the kind that is set up. Nothing was sent."
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Transient(
                "unreachable", "The mail server could not be reached. Nothing was sent; the letter is sent later."
            ) from error

    def send(self, message_id: str, sender: str, recipient: str, content: bytes) -> str:
        self.open()
        session = self._session
        if session is None:
            raise AssertionError("open() left no session")
        try:
            _expect(session.mail(sender), "sender")
            _expect(session.rcpt(recipient), "recipient")
            _expect(session.docmd("DATA"), "letter", good=(354,))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Transient(
                "interrupted", "The mail server hung up before it took the letter. It is sent later."
            ) from error
        try:
            ending = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
            session.send(_LONE_DOT.sub(b"..", content) + ending)
            code, answer = session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Ambiguous(
                "unknown_outcome",
                "The mail server did not say whether it took the letter. Nobody sends it again but a person.",
            ) from error
        _expect((code, answer), "letter")
        return f"{code} {answer.decode(errors='replace')}"[:200]

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(OSError, smtplib.SMTPException):
                session.close()

    def check(self) -> Checked:
        try:
            self.open()
        finally:
            self.close()
        return Checked(True)

    def _connect(self) -> smtplib.SMTP:
        if self._security == "tls":
            context = ssl.create_default_context()
            session: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            session = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                session.starttls(context=ssl.create_default_context())
            session.ehlo_or_helo_if_needed()
            if self._username:
                session.login(self._username, self._password)
        except BaseException:
            session.close()
            raise
        return session


def _expect(reply: tuple[int, bytes], what: str, good: tuple[int, ...] = (250, 251)) -> None:
    """Name the server's refusal, which is certain: it did not take the letter."""
    code, _ = reply
    if code in good:
        return
    if 500 <= code < 600:
        if what == "sender":
            raise Misconfigured("sender_refused", "The mail server does not let us send from this address.")
        raise Permanent(f"{what}_refused", f"The mail server refused the {what} for good.")
    raise Transient(f"{what}_later", f"The mail server did not take the {what} now. It is sent later.")
