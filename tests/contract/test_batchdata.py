"""BatchData as far as its shapes are known: what we send, what we read, and what each refusal means.

The stand-in is a server that answers what a test says, so that shapes are tested which our own sandbox does not speak.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from crmsync.providers.base import Answer, Found, Question
from crmsync.providers.registry import provider
from crmsync.transport.errors import Ambiguous, CrmError, Misconfigured, Permanent, RateLimited

HOME = {"street": "1208 E 7th St", "city": "Austin", "state": "TX", "zip": "78702"}
PHONE = {
    "number": "5125550142",
    "type": "Mobile",
    "carrier": "Sample",
    "score": 95,
    "tested": True,
    "reachable": True,
    "dnc": False,
}


class StandIn(ThreadingHTTPServer):
    """Answers `reply` to everything, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.status, self.reply, self.waits = 200, {}, ""
        self.asked: list[tuple[str, dict[str, Any], str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body, self.headers["Authorization"]))
        raw = json.dumps(self.server.reply).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(raw)))
        if self.server.waits:
            self.send_header("Retry-After", self.server.waits)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def client(stand_in: StandIn) -> Any:
    host, port = stand_in.server_address[:2]
    return provider(
        "batchdata",
        base_url=f"http://{host!s}:{port}/api/v1",
        token="bd-key",
        options={"allow_private": True, "timeout_seconds": 5},
    )


def ask(stand_in: StandIn, service: str, reply: Any, **values: Any) -> Answer:
    stand_in.reply = reply
    answer: Answer = client(stand_in).ask(Question(service, "push-7", values or HOME))
    return answer


def test_a_trace_names_the_place_the_person_and_our_reference(stand_in: StandIn) -> None:
    ask(stand_in, "trace", {"results": {"persons": []}}, **HOME, first_name="Ana", last_name="")

    assert stand_in.asked == [
        (
            "/api/v1/property/skip-trace",
            {
                "requests": [{"requestId": "push-7", "propertyAddress": HOME, "name": {"first": "Ana"}}],
                "options": {"includeTCPABlacklistedPhones": True},
            },
            "Bearer bd-key",
        )
    ]


def test_both_documented_shapes_of_a_trace_say_the_same(stand_in: StandIn) -> None:
    person = {
        "phoneNumbers": [PHONE],
        "emails": [{"email": "Ana@Example.com"}],
        "meta": {"matched": True, "error": False},
    }
    first = ask(stand_in, "trace", {"status": {"code": 200, "text": "OK"}, "results": {"persons": [person]}})
    third = ask(stand_in, "trace", {"result": {"data": [{"input": {}, "persons": [person], "meta": {}}]}})

    assert (
        first
        == third
        == Answer([Found("phone", "+15125550142", confidence=0.95), Found("email", "ana@example.com")], 1)
    )


def test_what_is_said_against_a_number_comes_with_it(stand_in: StandIn) -> None:
    phone = {**PHONE, "dnc": True, "reachable": False}
    answer = ask(stand_in, "trace", {"results": {"persons": [{"phoneNumbers": [phone], "litigator": True}]}})

    assert list(answer.found)[1:] == [
        Found("phone_dnc", "yes", about="+15125550142"),
        Found("phone_litigator", "yes", about="+15125550142"),
        Found("phone_active", "no", about="+15125550142"),
    ]


def test_nobody_found_is_not_billed(stand_in: StandIn) -> None:
    nobody = {"meta": {"matched": False, "error": False}}

    assert ask(stand_in, "trace", {"results": {"persons": [nobody]}}) == Answer([], 0)
    assert ask(stand_in, "trace", {"result": {"data": [{"persons": [nobody], "meta": {}}]}}) == Answer([], 0)


def test_a_lookup_by_parcel_brings_the_owners(stand_in: StandIn) -> None:
    deeds = [
        {"saleDate": "1999-05-14T00:00:00Z", "buyers": ["Ana Ruiz", "Ben Ruiz"], "salePrice": 250000},
        {"buyers": []},
    ]
    found = {"building": {"yearBuilt": 1961, "bathroomCount": 2.5}, "deedHistory": deeds, "meta": {"matched": True}}
    answer = ask(
        stand_in, "lookup", {"results": {"properties": [found]}}, parcel="0123", county="Travis", state="TX", street=""
    )

    assert stand_in.asked[0][1] == {
        "requests": [{"requestId": "push-7", "apn": "0123", "address": {"county": "Travis", "state": "TX"}}]
    }
    assert answer == Answer(
        [
            Found("baths", "2.5"),
            Found("year_built", "1961"),
            Found("owner_history", "1999-05-14 Ana Ruiz, Ben Ruiz $250,000"),
        ],
        1,
    )


@pytest.mark.parametrize(
    ("service", "said", "field"),
    [
        ("check_phones", "reachable", "phone_active"),
        ("check_dnc", "dnc", "phone_dnc"),
        ("check_tcpa", "tcpa", "phone_litigator"),
    ],
)
def test_numbers_are_asked_as_ten_digits_and_billed_each(
    stand_in: StandIn, service: str, said: str, field: str
) -> None:
    found = [{"number": "5125550142", said: True}, {"number": "5125550143", said: False}, {"number": "x", said: True}]
    answer = ask(stand_in, service, {"results": {"phoneNumbers": found[:2]}}, phones=["+15125550142", "+15125550143"])

    assert stand_in.asked[0][1] == {"requests": ["5125550142", "5125550143"]}
    assert answer == Answer([Found(field, "yes", about="+15125550142"), Found(field, "no", about="+15125550143")], 2)


def test_an_address_that_is_none_fills_nothing(stand_in: StandIn) -> None:
    entry = {"city": "Austin", "state": "TX", "zip": "78702-1234", "zipPlus4": "787021234"}
    good = ask(stand_in, "check_address", {"results": {"addresses": [entry]}})
    bad = ask(stand_in, "check_address", {"results": {"addresses": [{**entry, "meta": {"verified": False}}]}})

    assert list(good.found) == [
        Found("address_valid", "yes"),
        *(Found("city", "Austin"), Found("state", "TX"), Found("zip", "78702"), Found("zip4", "1234")),
    ]
    assert list(bad.found) == [Found("address_valid", "no")]


@pytest.mark.parametrize(
    "reply", [{}, {"results": "none"}, {"results": {"persons": [{"phoneNumbers": [{"score": "x"}], "emails": 5}]}}]
)
def test_an_answer_that_cannot_be_read_may_have_been_billed(stand_in: StandIn, reply: Any) -> None:
    with pytest.raises(Ambiguous) as caught:
        ask(stand_in, "trace", reply)

    assert caught.value.code == "unreadable_answer"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Misconfigured),
        (403, Misconfigured),
        (429, RateLimited),
        (400, Permanent),
        (500, Ambiguous),
        (502, Ambiguous),
    ],
)
def test_each_refusal_says_what_follows(stand_in: StandIn, status: int, error: type[CrmError]) -> None:
    stand_in.status, stand_in.waits = status, "7"
    body = {"status": {"code": status, "message": "Insufficient balance or invalid token permission"}}

    with pytest.raises(CrmError) as caught:
        ask(stand_in, "trace", body)

    assert type(caught.value) is error
    assert "Insufficient" not in caught.value.message
    assert caught.value.retry_after == (7.0 if status in (429, 500, 502) else None)


def test_many_are_asked_at_once_and_read_by_our_references(stand_in: StandIn) -> None:
    stand_in.reply = {"status": {"code": 200}, "requestId": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
    questions = [Question("trace", f"push-{number}", HOME) for number in (1, 2)]

    name = client(stand_in).submit(questions, "https://steward.example/answers/x/")
    persons = [
        {"request": {"requestId": "push-2"}, "phoneNumbers": [PHONE]},
        {"input": {"requestId": "push-1"}, "meta": {"matched": False}},
        {"phoneNumbers": [PHONE]},
    ]
    told = client(stand_in).read("trace", {"meta": {"requestId": name}, "results": {"persons": persons}})

    path, body, _ = stand_in.asked[0]
    assert path == "/api/v1/property/skip-trace/async"
    assert [one["requestId"] for one in body["requests"]] == ["push-1", "push-2"]
    assert body["options"] == {
        "includeTCPABlacklistedPhones": True,
        "webhookUrl": "https://steward.example/answers/x/",
        "errorWebhookUrl": "https://steward.example/answers/x/",
    }
    assert told == (
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        {"push-2": Answer([Found("phone", "+15125550142", confidence=0.95)], 1), "push-1": Answer([], 0)},
    )


def test_a_callback_of_another_shape_is_refused(stand_in: StandIn) -> None:
    with pytest.raises(Permanent):
        client(stand_in).read("trace", {"meta": {"requestId": "x"}, "error": "no"})


@pytest.mark.parametrize(("status", "ok"), [(400, True), (200, True), (401, False), (403, False), (404, False)])
def test_the_connection_test_asks_nothing_that_is_billed(stand_in: StandIn, status: int, ok: bool) -> None:
    stand_in.status = status

    assert client(stand_in).check().ok is ok
    assert [body for _, body, _ in stand_in.asked] == [{"requests": []}]
