"""From a file's text to a checked `Configuration`, or to every problem in it at once, each with its place and the fix.

Invariant: a message never repeats what stood in the file, except names of settings; a mistyped secret stays unseen.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.configuration.schema import Configuration, SecretSection


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file: where in it, such as `sources[2].scheme`, and a sentence with the fix."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class ConfigurationInvalid(ValueError):
    """The file cannot be applied; `problems` has all reasons. Nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Misshapen(ConfigurationInvalid):
    """It is a file of sections, and something in them has not the shape it should; `document` is all of it."""

    def __init__(self, problems: Iterable[Problem], document: dict[str, Any]) -> None:
        super().__init__(problems)
        self.document = document


class _Doubled(yaml.MarkedYAMLError):
    """A name stands twice in one place."""


class _Loader(yaml.SafeLoader):
    """YAML's safe subset, which besides refuses to let the second of two equal names win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise _Doubled(problem=key.value, problem_mark=key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(text: str) -> Configuration:
    """Check the text of a configuration file.

    Raises:
        ConfigurationInvalid: with every problem.
    """
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        if isinstance(error, _Doubled):
            message = f"The name {error.problem!r} stands twice in one place. Remove one of them."
        else:
            # Not the error's own words: they quote what they stumbled over, and that may be a secret.
            message = "This is not YAML. Check brackets and indentation, and put texts with special signs in quotes."
        raise ConfigurationInvalid([Problem(line, message)]) from None
    except (yaml.YAMLError, ValueError):
        raise ConfigurationInvalid([Problem("", "This is not a text file in YAML.")]) from None
    return check(document)


def check(document: object) -> Configuration:
    """Check a document that was already read.

    Raises:
        ConfigurationInvalid: with every problem.
    """
    if not document or not isinstance(document, dict):
        raise ConfigurationInvalid(
            [
                Problem(
                    "",
                    "There is nothing to apply here. Write sections, such as sources:. "
                    f"Known are {', '.join(Configuration.model_fields)}.",
                )
            ]
        )
    try:
        configuration = Configuration.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise Misshapen((Problem(place(one["loc"]), _sentence(one)) for one in found), document) from None
    if doubled := list(_doubled(configuration)):
        raise Misshapen(doubled, document)
    return configuration


def place(steps: Sequence[str | int]) -> str:
    """Where in the file: `("sources", 2, "scheme")` is `sources[2].scheme`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _doubled(configuration: Configuration) -> Iterable[Problem]:
    for section in Configuration.model_fields:
        first: dict[str, int] = {}
        for index, entry in enumerate(getattr(configuration, section)):
            name = "field" if section == "owner_orders" else "slug"
            value = getattr(entry, name)
            if value in first:
                yield Problem(
                    f"{section}[{index}].{name}", f"{section}[{first[value]}] has the same {name}. Give each its own."
                )
            first.setdefault(value, index)
    for index, source in enumerate(configuration.sources):
        for key_id, count in Counter(secret.id for secret in source.secrets).items():
            if count > 1:
                yield Problem(
                    f"sources[{index}].secrets", f"{count} secrets have the id {key_id!r}. Give each its own."
                )


_KINDS = {
    "string_type": "Write a text here; put it in quotes when it looks like a number, a date or yes and no.",
    "int_type": "Write a whole number here, without quotes.",
    "bool_type": "Write true or false here.",
    "list_type": "Write a list here.",
    "dict_type": "Write names and values here.",
    "model_type": "Write names and values here.",
    "model_attributes_type": "Write names and values here.",
    "datetime_type": "Write a time such as 2026-11-23T14:00:00Z here.",
    "timezone_aware": "Say which time zone: write the time such as 2026-11-23T14:00:00Z.",
    "missing": "This is missing. Add it.",
}


def _sentence(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return _unknown(error["loc"])
    if kind == "literal_error":
        return f"This is not possible here. Use one of {error['ctx']['expected']}."
    if kind == "string_pattern_mismatch":
        if "zips" in error["loc"]:
            return "Write 1 to 5 digits in quotes: a ZIP code, or its beginning."
        return "Use letters, digits, - and _ only."
    if kind in _KINDS:
        return _KINDS[kind]
    message = error["msg"]
    return message if message.endswith(".") else f"{message}."


def _unknown(loc: Sequence[str | int]) -> str:
    model: type[BaseModel] = Configuration
    for step in loc[:-1]:
        if step == "secrets":
            model = SecretSection
        elif model is Configuration and isinstance(step, str):
            model = Configuration.model_fields[step].annotation.__args__[0]  # type: ignore[union-attr]
    known = list(model.model_fields)
    near = difflib.get_close_matches(str(loc[-1]), known, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."
    return f"There is no setting {str(loc[-1])!r} here. {hint}"
