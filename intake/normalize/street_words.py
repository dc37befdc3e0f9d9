"""Words of US street lines and their postal abbreviations: USPS Publication 28, appendix B (directionals), C1
(street suffixes) and C2 (unit designators), and the words of numbered routes (appendix F).

Invariant: every abbreviation maps to itself, so abbreviating twice changes nothing.
"""

from __future__ import annotations

# The abbreviation first, then every other spelling that appendix C1 lists for it, and some frequent misspellings.
_SUFFIXES = """
Aly allee alley ally|Anx anex annex annx|Arc arcade|Ave av aven avenu avenue avn avnue|Byu bayoo bayou|Bch beach|
Bnd bend|Blf bluf bluff|Blfs bluffs|Btm bot bottm bottom|Blvd boul boulevard boulv blv|Br brnch branch|
Brg brdge bridge|Brk brook|Brks brooks|Bg burg|Bgs burgs|Byp bypa bypas bypass byps|Cp camp cmp|
Cyn canyn canyon cnyn|Cpe cape|Cswy causeway causwa causway|Ctr cen cent center centr centre cnter cntr|Ctrs centers|
Cir circ circl circle crcl crcle|Cirs circles|Clf cliff|Clfs cliffs|Clb club|Cmn common|Cmns commons|Cor corner|
Cors corners|Crse course|Ct court crt|Cts courts|Cv cove|Cvs coves|Crk creek|
Cres crescent crsent crsnt crecent cresent crscnt|Crst crest|Xing crossing crssng crssing|Xrd crossroad|
Xrds crossroads|Curv curve|Dl dale|Dm dam|Dv div divide dvd|Dr driv drive drv|Drs drives|Est estate|Ests estates|
Expy exp expr express expressway expw|Ext extension extn extnsn|Exts extensions|Fall|Fls falls|Fry ferry frry|
Fld field|Flds fields|Flt flat|Flts flats|Frd ford|Frds fords|Frst forest forests|Frg forg forge|Frgs forges|
Frk fork|Frks forks|Ft fort frt|Fwy freeway freewy frway frwy|Gdn garden gardn grden grdn|Gdns gardens grdns|
Gtwy gateway gatewy gatway gtway|Gln glen|Glns glens|Grn green|Grns greens|Grv grov grove|Grvs groves|
Hbr harb harbor harbr hrbor|Hbrs harbors|Hvn haven havn|Hts ht heights height hgts|
Hwy highway highwy hiway hiwy hway hgwy|Hl hill|Hls hills|Holw hllw hollow hollows holws|Inlt inlet|Is island islnd|
Iss islands islnds|Isle isles|Jct jction jctn junction junctn juncton|Jcts jctns junctions|Ky key|Kys keys|
Knl knol knoll|Knls knolls|Lk lake|Lks lakes|Land|Lndg landing lndng|Ln lane lanes lne|Lgt light|Lgts lights|Lf loaf|
Lck lock|Lcks locks|Ldg ldge lodg lodge|Loop loops|Mall|Mnr manor|Mnrs manors|Mdw meadow|Mdws meadows medows|Mews|
Ml mill|Mls mills|Msn missn mssn mission|Mtwy motorway|Mt mnt mount|Mtn mntain mntn mountain mountin mtin|
Mtns mntns mountains|Nck neck|Orch orchard orchrd|Oval ovl|Opas overpass|Park prk parks|
Pkwy parkway parkwy pkway pky parkways pkwys|Pass|Psge passage|Path paths|Pike pikes|Pne pine|Pnes pines|Pl place|
Pln plain|Plns plains plaines|Plz plaza plza|Pt point|Pts points|Prt port|Prts ports|Pr prairie prr prarie|
Radl rad radial radiel|Ramp|Rnch ranch ranches rnchs|Rpd rapid|Rpds rapids|Rst rest|Rdg rdge ridge|Rdgs ridges|
Riv rvr rivr river|Rd road|Rds roads|Rte route|Row|Rue|Run|Shl shoal|Shls shoals|Shr shoar shore|Shrs shoars shores|
Skwy skyway|Spg spng spring sprng|Spgs spngs springs sprngs|Spur spurs|Sq sqr sqre squ square|Sqs sqrs squares|
Sta statn station stn|Stra strav straven stravenue stravn strvn strvnue strave|Strm stream streme|St street strt str|
Sts streets|Smt sumit sumitt summit|Ter terr terrace|Trwy throughway|Trce trace traces trc|
Trak track tracks trk trks|Trfy trafficway|Trl trail trails trls|Trlr trailer trlrs|
Tunl tunel tunls tunnel tunnels tunnl|Tpke trnpk turnpike turnpk tpk trpk|Upas underpass|Un union|Uns unions|
Vly valley vally vlly|Vlys valleys|Via vdct viadct viaduct|Vw view|Vws views|Vlg vill villag village villg villiage|
Vlgs villages|Vl ville|Vis vist vista vst vsta|Walk walks|Wall|Way wy|Ways|Wl well|Wls wells"""
# Appendix C2. The first row needs an identifier behind it, the second may stand alone.
_UNITS_WITH_IDENTIFIER = """
Apt apartment|Bldg building|Dept department|Fl floor flr|Hngr hanger hangar|Key|Lot lt|Pier|Rm room|Slip|Spc space|
Ste suite|Stop|Trlr trailer|Unit|# no number"""
_UNITS_ALONE = """
Bsmt basement|Frnt front|Lbby lobby|Lowr lower|Ofc office|PH penthouse|Rear|Side|Uppr upper"""
_DIRECTIONS = "N north no|S south so|E east|W west|NE northeast|NW northwest|SE southeast|SW southwest"


def _table(text: str) -> dict[str, str]:
    rows = [row.split() for row in text.replace("\n", "").split("|")]
    return {word.casefold(): row[0] for row in rows for word in row}


SUFFIXES = _table(_SUFFIXES)
UNITS_WITH_IDENTIFIER = frozenset(_table(_UNITS_WITH_IDENTIFIER))
UNITS = _table(_UNITS_WITH_IDENTIFIER) | _table(_UNITS_ALONE)
LONE_UNITS = frozenset(_table(_UNITS_ALONE)) - {"front", "lower", "side", "upper"}  # which begin names of cities
DIRECTIONS = _table(_DIRECTIONS)
# Written in capitals wherever they are part of a numbered route or a box.
ROUTE_WORDS = {word: word.upper() for word in ("fm", "rm", "cr", "us", "sr", "sh", "po", "rr", "hc")}
