"""Upper and lower case of names, companies and streets that arrive in one case only.

Invariant: mixed case is evidence of what people want and is left as it is; only words written wholly in one
case are set anew. Setting the case twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial

from intake.normalize.stable import still

_PARTICLES_TEXT = """
al bin binti da das de del della den der des di do dos du el ibn la le of te ten ter van von y zu
zur
"""
PARTICLES = frozenset(_PARTICLES_TEXT.split())
_ROMAN = frozenset({"ii", "iii", "iv", "vi", "vii", "viii"})
_FIXED = {
    "jr": "Jr",
    "sr": "Sr",
    "phd": "PhD",
    "md": "MD",
    "dds": "DDS",
    "esq": "Esq",
    "mr": "Mr",
    "mrs": "Mrs",
    "ms": "Ms",
}
_FIXED |= {
    "dr": "Dr",
    "st": "St",
    "lt": "Lt",
    "aj": "AJ",
    "ng": "Ng",
    "ny": "Ny",
    "ft": "Ft",
    "mt": "Mt",
    "pt": "Pt",
}
_MAC_VOWEL = frozenset(
    {"macarthur", "macallister", "macaulay", "macewan", "macewen", "macinnes", "macintosh", "macintyre"}
)
_MAC = re.compile(r"mac[bdfglmnpqrstvw][a-z]{2,}")
_NOT_MAC = frozenset({"maclin", "macro", "macron", "macsai", "mactan", "macready"})
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?\.?")
_PIECES = re.compile(r"([-/])")
_APOSTROPHE = re.compile(r"^([odl])(['’])([^\W\d_]{2,}.*)$")
# McDONALD, Mcdonald, O'brien, Iii: the tail is in one case, or a machine capitalized the word.
_HALF_CASED = re.compile(r"Mc(?:[A-Z]{3,}|[a-z]{3,})|[OD]['’](?:[a-z]{2,}|[A-Z]{2,})|I{2,3}|Ii{1,2}|Vii{1,2}")
_VOWELS = frozenset("aeiouy")


def recase(text: str, *, family: bool = False) -> str:
    """Set the case of a name where it carries no information.

    family: the text is a family name or a whole line of names, so particles followed by a word are set in
    lower case.
    """
    return still(partial(_recased, family=family), text)


def _recased(text: str, *, family: bool) -> str:
    words = text.split(" ")
    uniform = text == text.upper() or text == text.lower()
    last = len(words) - 1
    words = [
        _word(
            word, particle_ok=family and index < last and (index > 0 or word.lower() != "al"), final=0 < index == last
        )
        if uniform or _one_case(word)
        else word
        for index, word in enumerate(words)
    ]
    return unicodedata.normalize("NFC", " ".join(words))


def _one_case(word: str) -> bool:
    """In mixed text a word is set anew only when it is plainly shouted, or all small and no particle."""
    if word == word.lower():
        return word not in PARTICLES
    if _HALF_CASED.fullmatch(word):
        return True
    return len(word) > 3 and word == word.upper() and "." not in word


def _word(word: str, *, particle_ok: bool, final: bool) -> str:
    lower = word.lower()
    bare = lower.strip(".,")
    if bare in PARTICLES and particle_ok:
        return lower
    if bare in _FIXED:
        return lower.replace(bare, _FIXED[bare], 1)
    if (bare in _ROMAN and final) or _INITIALS.fullmatch(lower):
        return word.upper()
    if len(bare) == 2 and bare.isascii() and bare.isalpha() and not _VOWELS & set(bare):
        return word.upper()
    return "".join(piece if piece in "-/" else capitalize(piece) for piece in _PIECES.split(lower))


def capitalize(lower: str) -> str:
    """One name in lower case with its capitals: Mc and Mac names, O' and D', otherwise the first letter."""
    if match := _APOSTROPHE.match(lower):
        return match[1].upper() + match[2] + capitalize(match[3])
    if lower.startswith("mc") and len(lower) > 3:
        return "Mc" + lower[2:3].upper() + lower[3:]
    if lower in _MAC_VOWEL or (_MAC.fullmatch(lower) and lower not in _NOT_MAC):
        return "Mac" + lower[3:4].upper() + lower[4:]
    for index, letter in enumerate(lower):
        if letter.isalpha():
            return lower[:index] + letter.upper() + lower[index + 1 :]
    return lower
