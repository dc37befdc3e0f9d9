"""The forms of a mapping dictionary: how the payload is read, and its rules; from a document and back to one.

Invariant: a document that goes into the forms and comes back unedited is the same document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from intake.mapping.decode import FORMATS
from intake.mapping.spec import EMPTY
from intake.models import FieldMapping
from intake.normalize import registry
from intake.records import TARGETS

_IDENTITY = ("record_id", "version", "occurred_at", "is_test")
# What becomes of an unusable value, in the short line of a rule; leaving it empty goes without saying.
_UNUSABLE = {value: str(label).lower() for value, label in FieldMapping.OnInvalid.choices if value != "null"}
_CONTEXT = ("tz", "date_order", "area_code", "region")


class LinesInput(forms.Textarea):
    """A small box for a list of texts."""

    def __init__(self, rows: int = 1) -> None:
        super().__init__({"rows": rows, "spellcheck": "false", "class": "st-input st-mono"})


class Lines(forms.CharField):
    """A list of texts, one a line, blanks at their ends cut off."""

    def __init__(self, *, rows: int = 1, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, widget=LinesInput(rows), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]


def _text(label: str, most: int, hint: str = "", *, strip: bool = True, help_text: str = "") -> forms.CharField:
    attributes = {"class": "st-input", "placeholder": hint, "autocomplete": "off"}
    return forms.CharField(
        label=label,
        required=False,
        max_length=most,
        strip=strip,
        widget=forms.TextInput(attributes),
        help_text=help_text,
    )


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.Select({"class": "st-input"}))


class ReadingForm(forms.Form):
    """How a payload becomes records: everything of the dictionary but its rules and picklists."""

    decode = _choice("Format", [(name, name.upper() if name != "auto" else "as it comes") for name in FORMATS])
    items = _text("Records at", 300, "entry[*].value", help_text="Empty: an array's members, or the whole payload.")
    record_id = Lines(label="Record's id at")
    version = Lines(label="Its version at")
    occurred_at = Lines(label="When it happened at")
    is_test = Lines(label="Marked as a test at")
    pivot = Lines(label="Lists of names and values", help_text="path | name | value, one list a line.")
    tz = _text("Time zone", 60, "America/Chicago")
    date_order = _choice("Dates as", [("", "MDY"), ("DMY", "DMY"), ("YMD", "YMD")])
    area_code = _text("Area code", 3, "312")
    region = _text("Country", 2, "US")
    empty = Lines(label="Counts as empty", rows=4, help_text="Blanks always do; 0 and false never.")
    ignore = Lines(label="Ignored paths", rows=4, help_text="Known and not wanted; * stands for anything.")


class RuleForm(forms.Form):
    """One rule."""

    to = _choice("Internal field", [("", "Choose a field"), *((target, target) for target in TARGETS)])
    first_of = Lines(label="Payload paths, the first that is not empty wins", rows=1)
    concat = _text("Join all with", 10, strip=False)
    split = _text("Split at", 10, strip=False)
    part = forms.IntegerField(
        label="and take part",
        required=False,
        min_value=-100,
        max_value=100,
        widget=forms.NumberInput({"class": "st-input", "placeholder": "1"}),
    )
    normalizer = _text("Normalizer", 40, "the field's own")
    picklist = _text("Picklist", 40)
    constant = _text("Constant", 200)
    default = _text("Default", 200)
    on_invalid = _choice("If unusable", [(value, str(label)) for value, label in FieldMapping.OnInvalid.choices])
    required = forms.BooleanField(label="Required", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["normalizer"].widget.attrs["list"] = "normalizers"
        self.fields["picklist"].widget.attrs["list"] = "picklists"
        self.wrong: list[str] = []

    @property
    def more(self) -> str:
        """What the rule says beside its field and its paths, in one line."""
        given = {name: self[name].value() for name in self.fields}
        words = [
            str(given["normalizer"] or ""),
            f"joined with {given['concat']!r}" if given["concat"] else "",
            f"split at {given['split']!r}, part {given['part'] or 1}" if given["split"] else "",
            f"picklist {given['picklist']}" if given["picklist"] else "",
            f"always {given['constant']!r}" if given["constant"] else "",
            f"else {given['default']!r}" if given["default"] else "",
            _UNUSABLE.get(str(given["on_invalid"]), ""),
        ]
        return ", ".join(filter(None, words))


RuleFormSet = forms.formset_factory(RuleForm, extra=0, can_delete=True, can_order=True, max_num=200)


class Dictionary:
    """The forms of one dictionary, as a page shows them or as a request brings them.

    Args:
        document: the dictionary in the documented format; of a request, the one that its page showed.
        data: the request's form.
        focus: the rule, from 0, where the person goes on.
    """

    def __init__(self, document: Mapping[str, Any], data: QueryDict | None = None, *, focus: int | None = None) -> None:
        self._document = document
        self.reading = ReadingForm(data, initial=_reading(document))
        self.rules = RuleFormSet(data, prefix="rules", initial=[_as_initial(rule) for rule in document["fields"]])
        if focus is not None:
            self.rules.forms[focus].fields["to"].widget.attrs["autofocus"] = True

    @property
    def normalizers(self) -> tuple[str, ...]:
        return registry.names()

    @property
    def picklists(self) -> list[str]:
        return sorted(self._document["picklists"])

    def is_valid(self) -> bool:
        """Can the request be read as a dictionary at all? Whether that is usable, MappingSpec says."""
        return bool(self.reading.is_valid() and self.rules.is_valid())

    def errors(self) -> list[str]:
        """What cannot be read, in words."""
        told = [
            f"{self.reading.fields[name].label}: {text}"
            for name, texts in self.reading.errors.items()
            for text in texts
        ]
        for number, form in enumerate(self.rules.forms, 1):
            told += [f"Rule {number}, {name}: {text}" for name, texts in form.errors.items() for text in texts]
        return told

    def document(self) -> dict[str, Any]:
        """The dictionary that the request brings, in the documented format. Call `is_valid` before."""
        rules = [form.cleaned_data for form in self.rules.ordered_forms]
        shown = {name: value for name, value in self._document.items() if name not in ("kind", "fields", "picklists")}
        return {
            **(_envelope(self.reading.cleaned_data) if self.reading.has_changed() else shown),
            "kind": self._document["kind"],
            "fields": [_rule(rule) for rule in rules if rule["to"] or rule["first_of"] or rule["constant"]],
            "picklists": self._document["picklists"],
        }

    def show_problems(self, problems: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Put each problem of a rule into that rule's form; the others come back."""
        others = []
        forms_ = self.rules.forms
        for place, message in problems:
            head, _, rest = place.partition("]")
            number = head.removeprefix("fields[")
            if rest and number.isdecimal() and int(number) < len(forms_):
                forms_[int(number)].wrong.append(message)
            else:
                others.append((place, message))
        return others


def _reading(document: Mapping[str, Any]) -> dict[str, Any]:
    identity, context = document.get("identity") or {}, document.get("context") or {}
    pivots = document.get("pivot") or []
    return {
        "decode": document.get("decode", "auto"),
        "items": document.get("items") or "",
        **{name: _list(identity.get(name)) for name in _IDENTITY},
        **{name: context.get(name, "") for name in _CONTEXT},
        "date_order": "" if context.get("date_order") == "MDY" else context.get("date_order", ""),
        "pivot": [
            " | ".join(str(one.get(name, "")) for name in ("path", "key", "value"))
            for one in ([pivots] if isinstance(pivots, dict) else pivots)
        ],
        "empty": [word for word in _list(document.get("empty", list(EMPTY))) if word],
        "ignore": _list(document.get("ignore")),
    }


def _envelope(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a document that the reading form holds; what only spells a default is left out."""
    pivots = [[part.strip() for part in line.split("|")] for line in cleaned["pivot"]]
    empty = cleaned["empty"]
    document = {
        "decode": cleaned["decode"] if cleaned["decode"] not in ("", "auto") else None,
        "items": cleaned["items"],
        "identity": {name: cleaned[name] for name in _IDENTITY if cleaned[name]},
        "pivot": [dict(zip(("path", "key", "value"), parts, strict=False)) for parts in pivots],
        "context": {name: cleaned[name] for name in _CONTEXT if cleaned[name]},
        "ignore": cleaned["ignore"],
    }
    kept = {name: value for name, value in document.items() if value}
    if {word.casefold() for word in empty} != {word for word in EMPTY if word}:
        kept["empty"] = ["", *empty]
    return kept


def _as_initial(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {**rule, "on_invalid": rule.get("on_invalid", FieldMapping.OnInvalid.NULL), "part": rule.get("part")}


def _rule(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as a version will give it back."""
    columns = {
        name: cleaned[name]
        for name in RuleForm.base_fields
        if cleaned[name] not in (None, "", [], False) and not (name == "part" and cleaned[name] == 1)
    }
    return FieldMapping(**columns).document()


def _list(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return ["null" if one is None else str(one) for one in values]
