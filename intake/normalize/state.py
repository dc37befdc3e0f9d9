"""US states and territories. Value: the two-letter postal abbreviation (USPS Publication 28, appendix B)."""

from __future__ import annotations

import re

from intake.normalize.reading import failed, read_text
from intake.normalize.result import Context, IssueCode, Result

BY = "state@1"
LIMIT = 60

_TABLE = """AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE
Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN
Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA
Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE
Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North
Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC
South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA
Washington|WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|GU Guam|MP Northern
Mariana Islands|PR Puerto Rico|VI Virgin Islands|FM Federated States of Micronesia|MH
Marshall Islands|PW Palau|AA Armed Forces Americas|AE Armed Forces Europe|AP Armed Forces
Pacific"""
_OLD = """AL ala|AZ ariz|AR ark|CA calif|CA cal|CO colo|CT conn|DE del|FL fla|GA geo|IL ill|IN
ind|KS kan|KS kans|KY ken|ME maine|MD mary|MA mass|MI mich|MN minn|MS miss|MO mo|MT
mont|NE neb|NE nebr|NV nev|NH n hamp|NJ n jersey|NM n mex|NY n york|NC n carolina|NC n
car|ND n dakota|ND n dak|OK okla|OR ore|OR oreg|PA penn|PA penna|SC s carolina|SC s car|SD
s dakota|SD s dak|TN tenn|TX tex|VT verm|VA virg|WA wash|WA washington state|WV w
virginia|WV w va|WI wis|WI wisc|WY wyo|DC washington dc|VI us virgin islands|PR p r"""
_WORD = re.compile(r"[^a-z ]+")


def _entries(table: str) -> dict[str, str]:
    rows = (row.strip().partition(" ") for row in table.replace("\n", " ").split("|"))
    return {name.casefold(): code for code, _, name in rows}


NAMES = _entries(_TABLE)
CODES = frozenset(NAMES.values())
_BY_TEXT = {**_entries(_OLD), **NAMES, **{code.casefold(): code for code in CODES}}


def lookup(text: str) -> str | None:
    """The postal abbreviation for a state written in any usual way, or None."""
    if text in CODES:
        return text
    folded = text.casefold()
    return _BY_TEXT.get(" ".join(_WORD.sub(" ", folded).split())) or _BY_TEXT.get(_WORD.sub("", folded).strip())


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a state written as a name, an abbreviation or RESO's "US-TX"."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    code = lookup(text) or lookup(text.upper().removeprefix("US-").removeprefix("USA-"))
    if code is None:
        return failed(raw, BY, IssueCode.NOT_A_STATE)
    return Result(code, code, {}, code, (), raw, BY)
