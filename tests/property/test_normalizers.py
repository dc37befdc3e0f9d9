"""The laws of every normalizer: never raise, never silent, cleaning a clean value changes nothing."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.normalize.registry import BY_PICKLIST, names, normalize
from intake.normalize.result import Context, IssueCode, Result

CONTEXTS = [
    Context(),
    Context(area_code="312", empty=frozenset({"N/A", "-"})),
    Context(date_order="DMY", tz="UTC"),
]
PICKLIST = {"Active": "active", "Under Contract": "pending", "1": "closed"}
KINDS = sorted(names())

# Text near the edge of being a value finds more than random text alone.
SNIPPETS = st.sampled_from(
    [
        "555",
        "123",
        "-",
        " ",
        "(",
        ")",
        "x",
        "ext",
        "@",
        "gmail.com",
        ".",
        "Smith",
        "JOHN",
        ",",
        "Jr",
        "and",
        "&",
        "$",
        "k",
    ]
    + ["M", "to", "1/2", "/", "2024", "03", "04", "Mar", "T", ":", "Z", "+05:00", "acres", "sqft", "St", "North", "Apt"]
    + [
        "#",
        "TX",
        "78701",
        "PO Box",
        "LLC",
        "O'",
        "Mc",
        "van",
        "é",
        "½",
        "٣",
        "\ud800",
        "\u200b",
        "\x00",
        "\n",
        "http://",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(SNIPPETS, max_size=10).map("".join),
    st.lists(SNIPPETS, max_size=10).map(" ".join),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Nd", "Lu", "Sc", "Zs"]), max_size=30),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**40, max_value=10**60),
    st.floats(allow_nan=True, allow_infinity=True),
    TEXTS,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def clean(kind: str, raw: object, ctx: Context) -> Result:
    return normalize(kind, raw, ctx, PICKLIST if kind == "picklist" else None)


def is_blank(raw: object) -> bool:
    if isinstance(raw, list):
        return all(is_blank(member) for member in raw)
    return raw is None or raw == {} or (isinstance(raw, str) and not raw.strip())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(raw=JSON, ctx=st.sampled_from(CONTEXTS))
def test_any_json_value_gets_a_value_or_an_issue_and_stays_as_it_was(kind: str, raw: object, ctx: Context) -> None:
    before = copy.deepcopy(raw)

    result = clean(kind, raw, ctx)

    assert repr(raw) == repr(before)
    assert result.raw is raw
    assert result.by == f"{kind}@1" or kind in BY_PICKLIST
    if result.value is None and not is_blank(raw):
        assert result.issues
    assert all(isinstance(issue.code, IssueCode) and issue.sentence for issue in result.issues)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, deadline=None)
@given(raw=SCALARS, ctx=st.sampled_from(CONTEXTS))
def test_cleaning_a_clean_value_changes_nothing(kind: str, raw: object, ctx: Context) -> None:
    first = clean(kind, raw, ctx)
    if first.value is None:
        return

    again = clean(kind, first.value, ctx)

    assert again.value == first.value
    assert again.key == first.key or first.parts


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50, deadline=None)
@given(raw=TEXTS)
def test_what_is_shown_reads_back_as_the_same_value(kind: str, raw: str) -> None:
    first = clean(kind, raw, Context())
    if first.value is None:
        return

    assert first.display
    assert clean(kind, first.display, Context()).value == first.value


@pytest.mark.parametrize("kind", ["phone", "email", "state", "zip", "boolean", "mls_id"])
@settings(max_examples=80, deadline=None)
@given(raw=TEXTS)
def test_outer_blanks_do_not_matter(kind: str, raw: str) -> None:
    assert clean(kind, f" \t{raw}\n ", Context()).value == clean(kind, raw, Context()).value


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(members=st.dictionaries(st.sampled_from(["lat", "lng", "a", "b", "latitude"]), SCALARS), seed=st.integers())
def test_the_order_of_keys_does_not_matter(kind: str, members: dict[str, object], seed: int) -> None:
    shuffled = list(members.items())
    random.Random(seed).shuffle(shuffled)

    first, second = clean(kind, members, Context()), clean(kind, dict(shuffled), Context())

    assert (repr(first.value), first.parts, first.key, first.issues) == (
        repr(second.value), second.parts, second.key, second.issues,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(raws=st.lists(TEXTS, min_size=2, max_size=6))
def test_other_values_before_it_do_not_matter(kind: str, raws: list[str]) -> None:
    forwards = [clean(kind, raw, Context()) for raw in raws]
    backwards = [clean(kind, raw, Context()) for raw in reversed(raws)]

    assert forwards == backwards[::-1]


WRITTEN = [
    "(512) 867-5309 x4", "SMITH, JOHN & MARY", "Dr. Ann O'neil-mckay III", "12 n. cedar street #4, austin, texas 78701",
    "5 Oak Rd Pine Rd, Austin", "Ann.Lee+x@GMIAL.com", "$1.2M - 1.4M", "03/04/26 5pm", "0.25 acres", "Under Contract",
    "30.2672, -97.7431", "8 out of 10", "APN: 012-345", "yes", "https://Example.com/a?b", "tex.", "OAK HOLDINGS LLC",
]  # fmt: skip


def test_another_process_says_the_same_whatever_its_hash_seed_locale_and_clock() -> None:
    program = (
        "import json, sys\n"
        "from intake.normalize.registry import names, normalize\n"
        "from intake.normalize.result import Context\n"
        "raws = json.load(sys.stdin)\n"
        "print(json.dumps([ascii(normalize(kind, raw, Context())) for kind in names() for raw in raws]))\n"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(WRITTEN),
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, locale, zone in [("1", "C", "UTC"), ("2", "C.UTF-8", "Asia/Tokyo")]
    ]

    assert answers[0] == answers[1]
    assert len(json.loads(answers[0])) == len(KINDS) * len(WRITTEN)


HOSTILE = [
    "(",
    "1",
    "a",
    "1 ",
    "a ",
    "a@",
    ".",
    "1,",
    "((1",
    "-",
    "a.",
    "Mr ",
    "& ",
    "1/",
    "#",
    "\u0660",
    "½",
    "\ud800",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_characters_are_answered_at_once(kind: str) -> None:
    for unit in HOSTILE:
        text = (unit * (100_000 // len(unit)))[:100_000]
        started = time.perf_counter()
        clean(kind, text, Context())
        clean(kind, text[:290], Context())
        # The worst allowed input takes 100 ms; twenty times that still tells linear from quadratic on a busy machine.
        assert time.perf_counter() - started < 2, unit
