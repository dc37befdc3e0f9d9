"""The sandbox itself: its own process, its faults, its page, and what it keeps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from crmsync.sandbox.faults import Fault, Faults
from tests.contract.conftest import TOKEN

ROOT = Path(__file__).parents[2]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def http():
    with urllib3.PoolManager(retries=False, timeout=5) as pool:
        yield pool


@pytest.fixture
def start():
    """Run the command; returns it and its address. None outlives its test."""
    started: list[subprocess.Popen[str]] = []

    def run(database: Path, *more: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "sandbox_crm", "--port", "0", "--token", TOKEN]
            + ["--database", str(database), *more],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "SECRET_KEY": "x" * 50},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        line = process.stdout.readline()
        assert line.startswith("Sandbox CRM at "), line
        return process, line.split()[-1]

    yield run
    for process in started:
        process.kill()
        process.wait(10)
        process.stdout.close()


def stop(process: subprocess.Popen[str], number: int) -> int:
    process.send_signal(number)
    return process.wait(10)


def test_it_needs_no_database_of_ours_and_keeps_its_records_through_a_kill(tmp_path, http, start):
    file = tmp_path / "data" / "crm.sqlite3"
    process, url = start(file, "--owner", "Eve Stone <eve@team.example>", "--fault", "rule=status,count=1")
    contacts = "/crm/v3/objects/contacts"
    struck = http.request("GET", url + contacts, headers=HEADERS)
    made = http.request("POST", url + contacts, headers=HEADERS, json={"properties": {"firstname": "Ann"}})
    assert stop(process, signal.SIGKILL) == -signal.SIGKILL

    process, url = start(file)
    read = http.request("GET", f"{url}{contacts}/{made.json()['id']}", headers=HEADERS)
    owners = http.request("GET", f"{url}/crm/v3/owners", headers=HEADERS).json()["results"]
    calls = http.request("GET", f"{url}/_sandbox/calls").json()["calls"]
    assert stop(process, signal.SIGTERM) == 0

    assert (struck.status, made.status, read.status) == (500, 201, 200)
    assert read.json()["properties"]["firstname"] == "Ann"
    assert "eve@team.example" in {owner["email"] for owner in owners}
    assert [call["status"] for call in calls] == [200, 200, 201, 500]


@pytest.mark.parametrize("bad", [["--fault", "rule=nothing"], ["--fault", "x"], ["--owner", "nobody"]])
def test_a_word_it_does_not_know_is_said_at_once(tmp_path, bad):
    done = subprocess.run(
        [sys.executable, "manage.py", "sandbox_crm", "--database", str(tmp_path / "x"), *bad],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode != 0
    assert "is not a" in done.stderr
    assert not (tmp_path / "x").exists()


def test_faults_are_added_shown_and_cleared_by_api(sandbox, http):
    faults = sandbox.url + "/_sandbox/faults"
    owners = sandbox.url + "/crm/v3/owners"

    added = http.request(
        "POST",
        faults,
        json=[
            {"rule": "status", "status": 503, "count": 1, "path": "/owners"},
            {"rule": "retry_after", "seconds": 2, "count": 1},
        ],
    )
    answers = [http.request("GET", owners, headers=HEADERS).status for _ in range(3)]
    cleared = http.request("DELETE", faults).json()

    assert [fault["rule"] for fault in added.json()["faults"]] == ["status", "retry_after"]
    assert answers == [503, 429, 200]
    assert cleared == {"faults": []}


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"rule": "nothing"},
        {"rule": "status", "rate": 2},
        {"rule": "status", "often": 1},
        {"rule": "status", "status": "many"},
        {"rule": "latency", "seconds": 1e9},
        {"rule": "status", "count": None},
        7,
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox, http, bad):
    answer = http.request("POST", sandbox.url + "/_sandbox/faults", json=bad)

    assert answer.status == 400
    assert answer.json()["message"]
    assert sandbox.server.faults.show() == []


def test_the_same_seed_strikes_the_same_requests():
    def strikes(seed: int) -> list[bool]:
        faults = Faults()
        faults.add(Fault("status", rate=0.3, seed=seed))
        return [faults.draw("GET", "/x") is not None for _ in range(200)]

    assert strikes(7) == strikes(7)
    assert strikes(7) != strikes(8)
    assert 30 < sum(strikes(7)) < 90


def test_a_fault_strikes_only_where_it_is_asked_to():
    faults = Faults()
    faults.add(Fault("status", path="/contacts", method="POST", count=1))

    assert faults.draw("GET", "/crm/v3/objects/contacts") is None
    assert faults.draw("POST", "/crm/v3/objects/tasks") is None
    assert faults.draw("POST", "/crm/v3/objects/contacts").rule == "status"
    assert faults.draw("POST", "/crm/v3/objects/contacts") is None


def test_latency_delays_an_answer_that_is_given_all_the_same(sandbox, http):
    sandbox.fault("latency", seconds=0.05, count=1)

    assert http.request("GET", sandbox.url + "/crm/v3/owners", headers=HEADERS).status == 200
    assert sandbox.calls()[0]["milliseconds"] >= 50


def test_the_state_counts_and_shows_what_is_there_twice(sandbox, http):
    with sandbox.server.store.transaction():
        store = sandbox.server.store
        twins = [store.insert("contacts", {"phone": "+15125550187", "firstname": "Ann"}).id for _ in range(2)]
        tasks = [store.insert("tasks", {"hs_task_subject": "Call"}).id for _ in range(2)]
        for task in tasks:
            store.associate(task, twins[0], 204)

    state = http.request("GET", sandbox.url + "/_sandbox/state").json()

    assert (state["contacts"], state["listings"], state["tasks"], state["owners"]) == (2, 0, 2, 4)
    duplicates = state["duplicates"]
    assert duplicates["contacts_by_email"] == {}
    assert duplicates["contacts_by_phone_and_name"] == {"+15125550187 ann": twins}
    assert duplicates["tasks_by_contact_and_subject"] == {f"{twins[0]}: Call": tasks}


def test_reset_brings_back_a_fresh_account(sandbox, http):
    http.request(
        "POST", sandbox.url + "/crm/v3/objects/contacts", headers=HEADERS, json={"properties": {"city": "Austin"}}
    )
    sandbox.fault("status")

    http.request("POST", sandbox.url + "/_sandbox/reset")

    state = http.request("GET", sandbox.url + "/_sandbox/state").json()
    assert (state["contacts"], state["owners"], state["calls"]) == (0, 4, {})
    assert http.request("GET", sandbox.url + "/crm/v3/owners", headers=HEADERS).status == 200


def test_the_page_lists_everything_escaped_and_without_inline_code(sandbox, http):
    with sandbox.server.store.transaction():
        store = sandbox.server.store
        contact = store.insert("contacts", {"firstname": "<script>alert(1)</script>", "hubspot_owner_id": "501"})
        task = store.insert("tasks", {"hs_task_subject": "Call & ask"})
        store.associate(task.id, contact.id, 204)
    http.request("GET", sandbox.url + '/crm/v3/objects/contacts?x="><b>', headers=HEADERS)

    answer = http.request("GET", sandbox.url + "/")

    page = answer.data.decode()
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'self'"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "style=" not in page
    assert "<b>" not in page
    for text in ("Ana Ruiz", "Call &amp; ask", "Contacts (1)", "Listings (0)", "Calls received (1)"):
        assert text in page
    style = http.request("GET", sandbox.url + "/style.css")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"


def test_its_own_paths_and_the_api_do_not_mix(sandbox, http):
    assert http.request("GET", sandbox.url + "/_sandbox/nothing").status == 404
    assert http.request("POST", sandbox.url + "/", body=b"").status == 404
    assert http.request("GET", sandbox.url + "/crm/v3/owners").status == 401


def test_a_body_without_a_length_is_refused(sandbox, http):
    answer = http.request(
        "POST", sandbox.url + "/crm/v3/objects/contacts", headers=HEADERS, body=iter([b"{}"]), chunked=True
    )

    assert answer.status == 411
    assert sandbox.records("contacts") == {}
