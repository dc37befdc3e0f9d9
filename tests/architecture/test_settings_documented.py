"""Every environment variable that the settings read stands in .env.example, and nothing else does.

The settings are read as source, not run: a variable behind a condition is found too.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A variable with its default; documented ones are commented out, so that a copy of the file changes nothing.
_LINE = re.compile(r"(?P<off># )?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)")


def variables_read(source: str) -> set[str]:
    """Names given to `env(...)`, `env.str(...)` and their like, and to `os.environ` and `os.getenv`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and _reads(ast.unparse(node.func)):
            name = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            name = node.slice
        else:
            continue
        if not isinstance(name, ast.Constant):
            raise AssertionError(f"Line {node.lineno} reads a variable whose name is not written there: name it.")
        found.add(str(name.value))
    return found


def _reads(function: str) -> bool:
    return bool(re.fullmatch(r"env(\.\w+)?|os\.getenv|os\.environ\.get", function))


def documented(text: str) -> dict[str, re.Match[str]]:
    """The lines of .env.example that name a variable. The sentences around them never look like one."""
    return {match["name"]: match for line in text.splitlines() if (match := _LINE.fullmatch(line))}


@pytest.fixture
def settings_source() -> str:
    return (ROOT / "config" / "settings.py").read_text()


@pytest.fixture
def example() -> str:
    return (ROOT / ".env.example").read_text()


def test_every_variable_that_the_settings_read_is_documented(settings_source, example):
    missing = variables_read(settings_source) - documented(example).keys()

    assert not missing, f"Add to .env.example, with a comment and a safe default: {', '.join(sorted(missing))}"


def test_every_documented_variable_is_read(settings_source, example):
    unread = documented(example).keys() - variables_read(settings_source)

    assert not unread, f"Nothing reads these any more; remove them from .env.example: {', '.join(sorted(unread))}"


def test_a_copy_of_the_example_changes_nothing(example):
    in_force = [line for line in example.splitlines() if line and not line.startswith("#")]

    assert in_force == []


def test_every_variable_is_explained(example):
    unexplained = []
    before = ""
    for line in example.splitlines():
        if (match := _LINE.fullmatch(line)) and not re.fullmatch(r"# .*\w.*", before):
            unexplained.append(match["name"])
        before = line

    assert unexplained == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('A = env.str("ONE", default="")', {"ONE"}),
        ('A = env("ONE").rstrip("/")', {"ONE"}),
        ('def f():\n    return {**env.db("ONE")} if env.bool("TWO") else None', {"ONE", "TWO"}),
        ('A = os.environ["ONE"]; B = os.environ.get("TWO"); C = os.getenv("THREE")', {"ONE", "TWO", "THREE"}),
        ('environ.Env.read_env("FILE")', set()),
    ],
)
def test_a_read_is_found_wherever_it_stands(source, names):
    assert variables_read(source) == names


def test_a_read_by_a_computed_name_is_refused():
    with pytest.raises(AssertionError, match="Line 1"):
        variables_read("A = env.str(name)")
