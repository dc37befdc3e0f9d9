"""`manage.py normalize`: JSON lines in, JSON lines out."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command


def answers(
    monkeypatch: pytest.MonkeyPatch, lines: list[str], *arguments: str
) -> tuple[list[dict[str, Any]], list[str], int]:
    """What the command writes to each stream, and its exit code."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("".join(f"{line}\n" for line in lines).encode())))
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("normalize", *arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        code = int(str(stop.code))
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue().splitlines(), code


def raw(value: object) -> str:
    return json.dumps({"raw": value})


def test_each_line_is_answered_in_order_with_everything_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found, errors, code = answers(monkeypatch, [raw("(512) 867-5309 x7"), raw("nobody"), raw(None)], "phone")

    assert found == [
        {
            "value": "5128675309", "display": "(512) 867-5309 x7", "parts": {"e164": "+15128675309", "ext": "7"},
            "key": "+15128675309", "issues": [], "raw": "(512) 867-5309 x7",
        },
        {"value": None, "display": "", "parts": {}, "key": "", "issues": ["invalid_phone"], "raw": "nobody"},
        {"value": None, "display": "", "parts": {}, "key": "", "issues": [], "raw": None},
    ]  # fmt: skip
    assert (errors, code) == ([], 0)


def test_a_bad_line_is_named_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found, errors, code = answers(
        monkeypatch, [raw("a@b.com"), "nonsense", "", "[1]", '{"value": 1}', "[" * 100_000, raw("c@d.com")], "email"
    )

    assert [answer["value"] for answer in found] == ["a@b.com", "c@d.com"]
    assert [error.split(" was")[0] for error in errors] == ["Line 2", "Line 4", "Line 5", "Line 6"]
    assert code == 1


@pytest.mark.parametrize(
    ("arguments", "given", "value"),
    [
        (["phone", "--area-code", "312"], "867-5309", "3128675309"),
        (["date", "--date-order", "DMY"], "03/04/2026", "2026-04-03"),
        (["datetime", "--time-zone", "UTC"], "2026-03-04 05:06:07", "2026-03-04T05:06:07+00:00"),
        (["status"], "Sold", "closed"),
        (["apn"], "APN: 012-34", "012-34"),
        (["name_casing"], "RONALD MCDONALD III", "Ronald McDonald III"),
        (["phone@1"], "512-867-5309", "5128675309"),
    ],
)
def test_fields_have_their_options_and_other_names(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], given: str, value: str
) -> None:
    found, _, code = answers(monkeypatch, [raw(given)], *arguments)

    assert ([answer["value"] for answer in found], code) == ([value], 0)


def test_a_lone_surrogate_comes_back_as_it_went_in(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _, code = answers(monkeypatch, ['{"raw": "\\ud800 Ann"}'], "text")

    assert (found[0]["raw"], code) == ("\ud800 Ann", 0)


@pytest.mark.parametrize(
    "arguments", [["fone"], ["phone@9"], ["phone", "--area-code", "12"], ["date", "--time-zone", "Mars"]]
)
def test_bad_use_is_said_before_anything_is_read(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        answers(monkeypatch, [raw("512-867-5309")], *arguments)
