"""What the sandbox provider answers: made up from what is asked, the same each time. Nobody of it exists.

Invariant: numbers are of the range that belongs to nobody (555-01XX), addresses of example.com.
"""

from __future__ import annotations

import hashlib
from typing import Any

_STREETS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir")
_NAMES = ("Avery", "Blake", "Casey", "Drew", "Emery", "Finley")


def dice(*parts: object) -> int:
    """A large number that is always the same for the same parts."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).casefold().encode()).digest()[:6])


def _street(request: dict[str, Any]) -> str:
    place = request.get("propertyAddress") or request.get("address") or request
    return f"{place.get('street', '')} {place.get('zip') or place.get('state') or ''}".strip()


def _trace(requests: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """An address whose street says "nowhere" has nobody."""
    people: list[dict[str, Any]] = []
    billed: list[str] = []
    for request in requests:
        street = _street(request)
        number = dice("person", street)
        asked = {"requestId": request.get("requestId", "")}
        if "nowhere" in street.casefold():
            people.append({"request": asked, "meta": {"matched": False, "error": False}})
            continue
        billed.append(street)
        name = request.get("name") or {"first": _NAMES[number % 6], "last": "Sample"}
        people.append(
            {
                "request": asked,
                "name": name,
                "propertyAddress": request.get("propertyAddress"),
                "phoneNumbers": [
                    # 555-01XX belongs to nobody.
                    {
                        "number": f"312555{100 + number % 100:04d}",
                        "type": "Mobile",
                        "carrier": "Sandbox Mobile",
                        "score": 60 + number % 40,
                        "tested": True,
                        "reachable": True,
                        "dnc": False,
                    }
                ],
                "emails": [{"email": f"owner{number % 100000}@example.com"}],
                "meta": {"matched": True, "error": False},
            }
        )
    return {"persons": people}, billed


def _lookup(requests: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    found: list[dict[str, Any]] = []
    billed: list[str] = []
    for request in requests:
        street = _street(request)
        number = dice("property", street)
        if "nowhere" in street.casefold():
            found.append({"requestId": request.get("requestId", ""), "meta": {"matched": False, "error": False}})
            continue
        billed.append(street or str(request.get("apn")))
        year = 1920 + number % 100
        found.append(
            {
                "requestId": request.get("requestId", ""),
                "ids": {"apn": f"{number % 10**8:08d}"},
                "address": {"county": "Sandbox", **(request.get("address") or {})},
                "general": {"propertyTypeDetail": "Single Family"},
                "building": {
                    "yearBuilt": year,
                    "bedroomCount": 2 + number % 4,
                    "bathroomCount": 1 + number % 3,
                    "livingAreaSquareFeet": 900 + number % 2500,
                },
                "lot": {"lotSizeSquareFeet": 4000 + number % 6000},
                "assessment": {"totalAssessedValue": 150_000 + number % 900_000},
                "deedHistory": [
                    {
                        "saleDate": f"{min(year + 20, 2024)}-05-14",
                        "buyers": [f"{_NAMES[number % 6]} {_STREETS[number % 5]}"],
                        "salePrice": 120_000 + number % 500_000,
                    },
                    {"saleDate": f"{year}-09-01", "buyers": [f"{_NAMES[number % 5]} Builder"], "salePrice": 60_000},
                ],
                "meta": {"matched": True, "error": False},
            }
        )
    return {"properties": found}, billed


def _verify(requests: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    found: list[dict[str, Any]] = []
    for request in requests:
        valid = "nowhere" not in str(request["street"]).casefold()
        found.append(
            {
                "requestId": request.get("requestId", ""),
                "street": request["street"],
                "city": request.get("city") or "Chicago",
                "state": request.get("state") or "IL",
                "zip": request.get("zip") or "60614",
                "zipPlus4": f"{dice('zip', request['street']) % 10_000:04d}",
                "meta": {"verified": valid},
            }
        )
    return {"addresses": found}, [str(request["street"]) for request in requests]


def _numbers(name: str, says: Any) -> Any:
    """A check of bare numbers. Ends in 99: reaches nobody. In 98: on a do-not-call list. In 97: sues."""

    def check(requests: list[str]) -> tuple[dict[str, Any], list[str]]:
        numbers = [str(number) for number in requests]
        found = [{"number": number, "type": "Mobile", name: says(number[-2:])} for number in numbers]
        return {"phoneNumbers": found}, numbers

    return check


SERVICES: dict[str, Any] = {
    "/property/skip-trace": _trace,
    "/property/lookup/all-attributes": _lookup,
    "/address/verify": _verify,
    "/phone/verification": _numbers("reachable", lambda end: end != "99"),
    "/phone/dnc": _numbers("dnc", lambda end: end == "98"),
    "/phone/tcpa": _numbers("tcpa", lambda end: end == "97"),
}
