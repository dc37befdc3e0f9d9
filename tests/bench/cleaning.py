"""How long cleaning one lead takes: split, apply and build, in microseconds of CPU.

    python -m tests.bench.cleaning [LEADS]

`new` leads never repeat a value, so no cache helps; `known` is one lead over and over. The floor is the share of the
whole pipeline's 12 ms that cleaning may take.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from intake.mapping.engine import apply, split
from intake.mapping.spec import MappingSpec
from intake.records import CleanRecord, build

FLOOR_US = 2_000
SPEC = MappingSpec.parse(
    {
        "items": "entry[*].changes[*].value",
        "identity": {"record_id": ["leadgen_id"], "occurred_at": ["created_time"], "is_test": ["is_test"]},
        "pivot": [{"path": "field_data", "key": "name", "value": "values"}],
        "context": {"area_code": "312"},
        "fields": [
            {"to": "contact.name", "first_of": ["full_name[0]"]},
            {"to": "contact.email", "first_of": ["email[0]"], "on_invalid": "keep_raw"},
            {"to": "contact.phone", "first_of": ["phone_number[0]", "mobile"]},
            {"to": "contact.phone", "first_of": ["second_phone[0]"]},
            {"to": "property.address", "first_of": ["address[0]"]},
            {"to": "property.price", "first_of": ["price[0]"]},
            {"to": "property.status", "first_of": ["status[0]"], "normalizer": "picklist", "picklist": "board"},
            {"to": "lead.message", "first_of": ["message[0]"]},
            {"to": "lead.kind", "constant": "buyer"},
        ],
        "picklists": {"board": {"For sale": "active", "Under contract": "pending"}},
        "ignore": ["utm_*", "form_id", "ad_id"],
    }
)


def payload(number: int) -> dict[str, Any]:
    """One Meta lead whose every value is its own."""
    answers = {
        "full_name": f"JOHN Q SMITH{_letters(number)}",
        "email": f"  John.Smith{number}@Gmail.com ",
        "phone_number": f"({212 + number % 7}) {200 + number % 700}-{number % 10_000:04}",
        "address": f"{number} north main street apt {number % 50}, austin, tx 78701",
        "price": f"$1,{number % 1000:03},000",
        "status": "Under Contract",
        "message": f"Hello, is number {number} still for sale?\nI could visit on Friday.",
    }
    data = [{"name": name, "values": [value]} for name, value in answers.items()]
    value = {"leadgen_id": number, "created_time": 1_767_225_600 + number, "form_id": 9, "field_data": data}
    return {"object": "page", "entry": [{"id": "1", "changes": [{"field": "leadgen", "value": value}]}]}


def _letters(number: int) -> str:
    return "".join(chr(65 + int(digit)) for digit in str(number))


def clean(document: dict[str, Any]) -> None:
    """What the pipeline does with one delivery before it touches the database."""
    for item in split(document, SPEC):
        built = build("lead", apply(SPEC, item.record).plain())
        if not isinstance(built, CleanRecord):
            raise SystemExit(f"a lead of the bench was refused: {built}")


def measure(name: str, documents: list[dict[str, Any]]) -> None:
    """Clean all documents and print one JSON line."""
    started = time.process_time()
    for document in documents:
        clean(document)
    value = (time.process_time() - started) / len(documents) * 1e6
    line = {
        "name": name,
        "value": round(value),
        "unit": "us/lead",
        "floor": FLOOR_US,
        "ratio": round(FLOOR_US / value, 2),
    }
    print(json.dumps(line))


def main() -> None:
    """Measure new and known leads."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    clean(payload(0))
    measure("clean.new", [payload(number) for number in range(1, count + 1)])
    measure("clean.known", [payload(1)] * count)


if __name__ == "__main__":
    main()
