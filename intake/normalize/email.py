"""E-mail addresses. Value: lower case, trimmed. Key: the address folded for matching (dots and tags of known
providers).

Invariant: the folded key is a hint for the duplicate finder and never an address to write to. No DNS is
asked: the write path must not wait for, or depend on, somebody's name server.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from rapidfuzz.distance import OSA

from intake.normalize.reading import failed, read_text
from intake.normalize.result import Context, Issue, IssueCode, Result, Severity

BY = "email@1"
LIMIT = 254  # characters that fit a mail path: RFC 5321, 4.5.3.1.3
_CACHED = 4096

_ANGLE = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_SECOND = re.compile(r"\s*[,;/|]\s*|\s+(?:or|and)\s+|\s+(?=\S+@)", re.IGNORECASE)
_RESERVED = "test"  # RFC 2606; its siblings .invalid, .local and .localhost are refused by email-validator

GMAIL = frozenset({"gmail.com", "googlemail.com"})
_PLUS_TAG_TEXT = """
fastmail.com fastmail.fm hotmail.com icloud.com live.com mac.com me.com msn.com outlook.com pm.me
proton.me protonmail.com
"""
PLUS_TAG = frozenset(_PLUS_TAG_TEXT.split())
DASH_TAG = frozenset({"yahoo.com", "ymail.com", "rocketmail.com"})
FREE = (
    GMAIL
    | PLUS_TAG
    | DASH_TAG
    | {"aol.com", "comcast.net", "att.net", "verizon.net", "sbcglobal.net", "gmx.com", "mail.com", "cox.net"}
)
_DISPOSABLE_TEXT = """
10minutemail.com dispostable.com getnada.com guerrillamail.com maildrop.cc mailinator.com
mintemail.com sharklasers.com temp-mail.org tempmail.com throwawaymail.com trashmail.com yopmail.com
"""
DISPOSABLE = frozenset(_DISPOSABLE_TEXT.split())
_ROLES_TEXT = """
abuse accounting accounts admin administrator billing contact customerservice enquiries frontdesk
hello help hostmaster hr info inquiries jobs leads leasing mail marketing office postmaster
realestate reception rentals sales service support team webmaster
"""
ROLES = frozenset(_ROLES_TEXT.split())
# Locals that mean "there is none", whatever the domain: as match keys they would join strangers.
_NOBODY_TEXT = """
declined do-not-reply donotreply n.a no-email no-reply no.email no_email no_reply nobody noemail
nomail none noone noreply not.provided notprovided refused unknown
"""
NOBODY = frozenset(_NOBODY_TEXT.split())
_NOBODY_PAIRS = frozenset(
    {"na@na.com", "test@test.com", "a@a.com", "asdf@asdf.com", "abc@abc.com", "x@x.com", "123@123.com"}
)
# Domains of many people, and endings that a slip of the finger gives them. Of short names only the ending is judged.
_LARGE = {
    name: ending
    for ending, names in {
        "com": "gmail hotmail icloud outlook protonmail yahoo aol live msn",
        "net": "bellsouth comcast sbcglobal verizon att cox",
    }.items()
    for name in names.split()
}
_LARGE_DOMAINS = {f"{name}.{ending}": name for name, ending in _LARGE.items()}
_SLIPS = {
    "com": frozenset({"con", "cm", "co", "om", "cim", "comm", "coom", "vom", "xom", "cpm", "c0m"}),
    "net": frozenset({"met", "ner", "ne", "nte", "et"}),
}
_REAL_NEIGHBOURS = frozenset({"email.com"})


def normalize(raw: object, ctx: Context) -> Result:
    """Clean an e-mail; parts `local`, `domain` and the flags `role`, `disposable`, `free`."""
    text = read_text(raw, ctx, BY, LIMIT + 100)
    if isinstance(text, Result):
        return text
    result = _parse(text)
    return replace(result, raw=raw, parts=dict(result.parts))


@lru_cache(maxsize=_CACHED)
def _parse(text: str) -> Result:
    issues: list[Issue] = []
    address = text
    if angle := _ANGLE.search(address):
        address = angle[1]
    address = address.removeprefix("mailto:").removeprefix("MAILTO:").strip(" \t<>,;'\"")
    pieces = [piece for piece in _SECOND.split(address) if "@" in piece]
    if len(pieces) > 1:
        address = pieces[0]
        issues.append(Issue(IssueCode.SEVERAL_VALUES))
    address = address.rstrip(".").lower()
    if len(address) > LIMIT:
        return failed(text, BY, IssueCode.TOO_LONG)
    reserved = address.rpartition(".")[2].rpartition("@")[2] == _RESERVED
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=reserved)
    except (EmailNotValidError, ValueError):  # ValueError: idna of hostile labels
        return failed(text, BY, IssueCode.INVALID_EMAIL)
    value = checked.normalized.lower()
    local, _, domain = value.rpartition("@")
    if local in NOBODY or value in _NOBODY_PAIRS:
        return failed(text, BY, IssueCode.PLACEHOLDER)
    role, disposable = local in ROLES, domain in DISPOSABLE
    if reserved:
        issues.append(Issue(IssueCode.RESERVED_DOMAIN))
    if role:
        issues.append(Issue(IssueCode.ROLE_ADDRESS, Severity.INFO))
    if disposable:
        issues.append(Issue(IssueCode.DISPOSABLE_DOMAIN))
    if meant := _meant(domain):
        issues.append(Issue(IssueCode.DOMAIN_TYPO, Severity.WARN, f"Did they mean {meant}?"))
    parts = {"local": local, "domain": domain, "role": role, "disposable": disposable, "free": domain in FREE}
    return Result(value, value, parts, fold(local, domain), tuple(issues), text, BY)


def _meant(domain: str) -> str:
    """The large domain that this one is a likely slip of, or nothing."""
    if domain in FREE or domain in _LARGE_DOMAINS or domain in _REAL_NEIGHBOURS:
        return ""
    name, _, ending = domain.partition(".")
    if name in _LARGE and ending in _SLIPS[_LARGE[name]]:
        return f"{name}.{_LARGE[name]}"
    long = (known for known, name in _LARGE_DOMAINS.items() if len(name) > 4)
    return next((known for known in long if OSA.distance(domain, known, score_cutoff=1) == 1), "")


def fold(local: str, domain: str) -> str:
    """The match key: what the provider treats as the same mailbox is the same key."""
    if domain in GMAIL:
        folded, domain = local.partition("+")[0].replace(".", ""), "gmail.com"
    elif domain in PLUS_TAG:
        folded = local.partition("+")[0]
    elif domain in DASH_TAG:
        folded = local.partition("-")[0]
    else:
        folded = local
    return f"{folded or local}@{domain}"
