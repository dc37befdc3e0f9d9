"""Words of US street lines and their postal abbreviations (USPS Publication 28, appendices B, C1 and C2).

Invariant: every abbreviation maps to itself, so abbreviating twice changes nothing.
"""

from __future__ import annotations

_SUFFIXES = """Aly alley ally|Anx annex|Arc arcade|Ave avenue av aven avn|Bch beach|Bnd bend|Blf
bluff|Blfs bluffs|Blvd boulevard boul boulv|Br branch|Brg bridge|Brk brook|Byp bypass|Cp
camp|Cyn canyon|Cswy causeway|Ctr center centre|Cir circle circ crcl|Clf cliff|Clfs
cliffs|Clb club|Cor corner|Cors corners|Crse course|Ct court crt|Cts courts|Cv cove|Crk
creek|Cres crescent|Crst crest|Xing crossing|Dl dale|Dr drive driv drv|Drs drives|Est
estate|Ests estates|Expy expressway expwy|Ext extension|Fls falls|Fry ferry|Fld field|Flds
fields|Flt flat|Frst forest|Frk fork|Fwy freeway|Gdn garden|Gdns gardens|Gtwy gateway|Gln
glen|Grn green|Grv grove|Hbr harbor|Hvn haven|Hts heights|Hwy highway hiway hway|Hl
hill|Hls hills |Holw hollow|Inlt inlet|Is island|Jct junction|Knl knoll|Knls knolls|Lk
lake|Lks lakes|Lndg landing|Ln lane|Ldg lodge|Loop|Mall |Mnr manor|Mdw meadow|Mdws
meadows|Ml mill|Mls mills|Mt mount|Mtn mountain|Orch orchard|Oval|Park|Pkwy parkway pkway
pky|Pass |Path|Pike|Pne pine|Pnes pines|Pl place|Pln plain|Plns plains|Plz plaza|Pt
point|Prt port|Pr prairie|Rnch ranch|Rst rest|Rdg ridge|Rdgs ridges|Riv river|Rd road|Rds
roads|Rte route|Row|Run|Shr shore|Shrs shores|Spg spring|Spgs springs|Sq square|Sta
station|St street strt str|Sts streets|Smt summit|Ter terrace terr|Trce trace|Trl
trail|Tunl tunnel|Tpke turnpike|Un union|Vly valley|Vw view|Vws views|Vlg village|Vis
vista|Walk|Way|Wls wells"""
_UNITS = """Apt apartment|Bldg building|Dept department|Fl floor|Lot|Ofc office|Ph penthouse|Rm
room|Spc space|Ste suite|Trlr trailer|Unit|#"""
_DIRECTIONS = "N north|S south|E east|W west|NE northeast|NW northwest|SE southeast|SW southwest"


def _table(text: str) -> dict[str, str]:
    rows = [row.split() for row in text.replace("\n", " ").split("|")]
    return {word.casefold(): row[0] for row in rows for word in row}


SUFFIXES = _table(_SUFFIXES)
UNITS = _table(_UNITS)
DIRECTIONS = _table(_DIRECTIONS)
ROUTE_WORDS = {
    "fm": "FM",
    "rm": "RM",
    "cr": "CR",
    "us": "US",
    "sr": "SR",
    "sh": "SH",
    "po": "PO",
    "rr": "RR",
    "hc": "HC",
}
