"""The one HTTP client, against a real socket: what it sends, what it calls a failure, what it keeps."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime

import pytest

from crmsync.transport.errors import Ambiguous, Misconfigured, Transient
from crmsync.transport.http import LARGEST_ANSWER, Exchange, Http, Timeout
from tests.unit.transport.wire import answer, playing

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOKEN = "pat-na1-a/b+c=secret"


def http(url: str, **options) -> Http:
    options.setdefault("timeout", Timeout(connect=1, read=0.2, whole=1))
    return Http(url, {"Authorization": f"Bearer {TOKEN}"}, allow_private=True, clock=lambda: NOW, **options)


def test_a_request_is_sent_as_json_and_its_answer_is_read():
    with playing(answer("201 Created", b'{"id":"7"}', X_Thing="yes")) as wire:
        response = http(wire.url + "/base/").request(
            "POST", "/contacts", query={"a": "b c"}, json={"name": "Zoë"}, safe=False
        )

    assert (response.status, response.body, response.headers["x-thing"]) == (201, {"id": "7"}, "yes")
    head, _, body = wire.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/contacts?a=b+c HTTP/1.1\r\n")
    assert b"Authorization: Bearer " + TOKEN.encode() in head
    assert b"Content-Type: application/json" in head
    assert body == '{"name":"Zoë"}'.encode()


def test_any_status_is_an_answer_and_not_an_exception():
    with playing(answer("404 Not Found", b"<html>no</html>"), answer("204 No Content", b"")) as wire:
        client = http(wire.url)

        assert client.request("GET", "/1", safe=True).status == 404
        assert client.request("DELETE", "/1", safe=False).body == {}


def test_connections_are_kept_alive_and_shared_by_all_clients_of_an_address():
    with playing(answer(), answer(), answer()) as wire:
        http(wire.url).request("GET", "/1", safe=True)
        http(wire.url).request("GET", "/2", safe=True)
        http(wire.url + "/base").request("GET", "/3", safe=True)

    assert (wire.connections, len(wire.heard)) == (1, 3)


def test_a_redirect_is_not_followed():
    with playing(answer("302 Found", b"", Location="http://127.0.0.1:1/")) as wire:
        assert http(wire.url).request("GET", "/", safe=True).status == 302

    assert len(wire.heard) == 1


@pytest.mark.parametrize(("value", "seconds"), [("30", 30.0), ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0), ("soon", None)])
def test_the_wait_that_was_asked_for_is_read(value, seconds):
    with playing(answer("429 Too Many Requests", b"{}", Retry_After=value)) as wire:
        assert http(wire.url).request("POST", "/", json={}, safe=False).retry_after == seconds


def test_the_last_check_can_stop_the_call_before_anything_is_sent():
    class LeaseLost(Exception):
        pass

    def lost() -> None:
        raise LeaseLost

    seen: list[Exchange] = []
    with playing(answer()) as wire:
        client = http(wire.url, before_call=lost, on_exchange=seen.append)
        with pytest.raises(LeaseLost):
            client.request("POST", "/", json={}, safe=False)

    assert (wire.connections, wire.heard, seen) == (0, [], [])


def test_the_last_check_runs_before_every_request():
    calls: list[int] = []
    with playing(answer(), answer()) as wire:
        client = http(wire.url, before_call=lambda: calls.append(len(wire.heard)))
        client.request("GET", "/", safe=True)
        client.request("GET", "/", safe=True)

    assert calls == [0, 1]


BROKEN_OFF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("hang", "timed_out"),
        ("close", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "timed_out"),
        (BROKEN_OFF, "answer_cut"),
        (b"not http at all\r\n\r\n", "reset"),
        (answer(body=b"<html>sign in</html>"), "unreadable_answer"),
        (answer(body=b"[1]"), "unreadable_answer"),
        (answer(body=b'"' + b"a" * (LARGEST_ANSWER + 1) + b'"'), "answer_too_long"),
    ],
)
def test_a_lost_answer_is_ambiguous_for_a_write_and_transient_for_a_question(script, code):
    for safe, kind in ((False, Ambiguous), (True, Transient)):
        seen: list[Exchange] = []
        with playing(script) as wire:
            client = http(wire.url, on_exchange=seen.append, timeout=Timeout(1, read=0.2, whole=5))
            with pytest.raises(kind) as caught:
                client.request("POST", "/", json={"a": 1}, safe=safe)

        assert caught.value.code == code
        assert len(wire.heard) == 1
        assert [exchange.error for exchange in seen] == [code]


def test_a_broken_connection_is_not_used_again():
    with playing("close", answer()) as wire:
        client = http(wire.url)
        with pytest.raises(Ambiguous):
            client.request("POST", "/", json={}, safe=False)

        assert client.request("POST", "/", json={}, safe=False).status == 200
    assert wire.connections == 2


def test_an_answer_that_drips_in_for_ever_is_given_up():
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not over.wait(0.005):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    client = http(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=Timeout(connect=1, read=1, whole=0.1))
    with pytest.raises(Ambiguous) as caught:
        client.request("POST", "/", json={}, safe=False)
    over.set()
    thread.join(5)
    listener.close()

    assert caught.value.code == "answer_too_long"


@pytest.mark.parametrize("safe", [True, False])
def test_what_was_never_sent_is_transient_even_for_a_write(safe):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Transient) as refused:
        http(f"http://127.0.0.1:{port}").request("POST", "/", json={}, safe=safe)
    with pytest.raises(Transient) as unknown:
        http("http://no-such-host.invalid").request("POST", "/", json={}, safe=safe)

    assert (refused.value.code, unknown.value.code) == ("unreachable", "unreachable")


def test_a_private_address_is_refused_before_a_word_is_said():
    seen: list[Exchange] = []
    with playing(answer()) as wire:
        client = Http(wire.url, {"Authorization": TOKEN}, on_exchange=seen.append)
        with pytest.raises(Misconfigured) as caught:
            client.request("POST", "/", json={}, safe=False)

    assert caught.value.code == "private_address"
    assert wire.heard == []
    assert [exchange.error for exchange in seen] == ["private_address"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "ftp://a.example",
        "http://",
        "http://u:p@a.example",
        "http://a.example:x",
        "http://a/?b",
    ],
)
def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(Misconfigured) as caught:
        http(url)

    assert caught.value.code == "bad_address"


def test_a_key_with_a_line_break_is_refused_without_repeating_it():
    with pytest.raises(Misconfigured) as caught:
        Http("https://a.example", {"Authorization": "Bearer sesame\n"})

    assert caught.value.code == "bad_credential"
    assert "sesame" not in str(caught.value)


def test_an_exchange_keeps_both_sides():
    seen: list[Exchange] = []
    with playing(answer("400 Bad Request", b'{"message":"no"}')) as wire:
        http(wire.url, on_exchange=seen.append).request(
            "PATCH", "/contacts/7", query={"idProperty": "email"}, json={"a": "b"}, safe=False
        )

    assert seen == [
        Exchange(
            method="PATCH",
            path="/contacts/7?idProperty=email",
            request='{"a":"b"}',
            status=400,
            response='{"message":"no"}',
            milliseconds=seen[0].milliseconds,
            error="",
        )
    ]
    assert 0 <= seen[0].milliseconds < 5000


def test_planted_secrets_never_appear_in_an_exchange():
    seen: list[Exchange] = []
    other = 'pass"word/é with+space'
    echo = (
        f'{{"a":"{TOKEN}","b":"pass\\"word/\\u00e9 with+space","c":"pass\\"word\\/\\u00e9 with+space",'
        f'"d":"{TOKEN.upper()}"}}'
    ).encode()
    with playing(answer("401 Unauthorized", echo)) as wire:
        http(wire.url, secrets=[other], on_exchange=seen.append).request(
            "POST",
            "/x/pat-na1-a%2Fb%2Bc%3Dsecret",
            query={"token": TOKEN, "other": other},
            json={"key": TOKEN, "nested": [other]},
            safe=False,
        )

    (exchange,) = seen
    kept = f"{exchange.path}\n{exchange.request}\n{exchange.response}"
    for trace in ("pat-na1", "PAT-NA1", "secret=", "pass", "word", "with"):
        assert trace not in kept
    assert exchange.request == '{"key":"[secret]","nested":["[secret]"]}'
    assert exchange.path == "/x/[secret]?token=[secret]&other=[secret]"


def test_long_bodies_are_cut_after_the_redaction():
    seen: list[Exchange] = []
    long = "x" * 3_995 + TOKEN + "y" * 10_000
    with playing(answer(body=b'{"a":"' + long.encode() + b'"}')) as wire:
        http(wire.url, on_exchange=seen.append).request("POST", "/", json=long, safe=False)

    for kept in (seen[0].request, seen[0].response):
        assert len(kept) < 4_100
        assert kept.endswith("... [cut]")
        assert "pat" not in kept
