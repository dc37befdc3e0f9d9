"""What BatchData's API looks like: the one place for facts about the vendor, each with where it comes from.

None of it was proven against the live service. Marks: [help] the vendor's help pages; [explorer] the vendor's own
example program; [third] programs of others; [assumed] not documented where we could read it, so the reader is
lenient and what it cannot read is said to be unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping

BASE_URL = "https://api.batchdata.com/api/v1"  # [explorer] with Authorization: Bearer

# [explorer] skip-trace, lookup, address; [third] phone.
PATHS: Mapping[str, str] = {
    "trace": "/property/skip-trace",
    "lookup": "/property/lookup/all-attributes",
    "check_address": "/address/verify",
    "check_phones": "/phone/verification",
    "check_dnc": "/phone/dnc",
    "check_tcpa": "/phone/tcpa",
}
ASYNC = "/async"  # [third] appended to a path, with options.webhookUrl and options.errorWebhookUrl
# [help: skip tracing] takes at most 100 properties a call, and a batch of pushes is never larger.

# [help: TCPA] By default V1 hides numbers of people who sue, V3 returns them flagged: we ask for them and heed it.
TRACE_OPTIONS: Mapping[str, object] = {"includeTCPABlacklistedPhones": True}

# [third] 403 says both "no balance" and "no permission": no retry, a person must look.
NO_BALANCE = 403

# Our field -> where it stands in an answer of the property lookup. [assumed] The names follow the vendor's search
# attributes; several spellings are tried, the first that is there counts.
LOOKUP_FIELDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "parcel": (("ids", "apn"), ("apn",)),
    "county": (("address", "county"),),
    "type": (("general", "propertyTypeDetail"), ("general", "propertyType")),
    "beds": (("building", "bedroomCount"), ("listing", "bedroomCount")),
    "baths": (("building", "bathroomCount"), ("listing", "bathroomCount")),
    "sqft": (("building", "livingAreaSquareFeet"), ("building", "totalBuildingAreaSquareFeet")),
    "lot_sqft": (("lot", "lotSizeSquareFeet"),),
    "year_built": (("building", "yearBuilt"),),
    "tax_assessment": (("assessment", "totalAssessedValue"),),
    "latitude": (("address", "latitude"),),
    "longitude": (("address", "longitude"),),
}
DEED_HISTORY = ("deedHistory",)  # [assumed] a list of {saleDate or recordingDate, buyers[], salePrice}
