"""What people and programs call the columns of their files, as words in lower case. Data.

A field may stand on several lines. `*` is the contact in a list of leads, and the property in one of listings.
"""

from __future__ import annotations

from intake.records import Kind

_NAMES = """
contact.name: name, full name, contact, contact name, client, client name, customer, customer name, lead name
contact.name: your name
contact.first_name: first name, first, fname, given name, forename
contact.middle_name: middle name, middle, middle initial
contact.last_name: last name, last, lname, surname, family name
contact.suffix: suffix, name suffix
contact.nickname: nickname, preferred name
contact.company: company, company name, organization, organisation, business name
contact.email: email, e mail, email address, e mail address, mail, primary email, secondary email, work email
contact.email: personal email, alternate email, other email
contact.phone: phone, phone number, telephone, telephone number, tel, mobile, mobile phone, mobile number, cell
contact.phone: cell phone, cellphone, home phone, work phone, business phone, primary phone, secondary phone
contact.phone: other phone, phone mobile, phone home, phone work
contact.phone_ext: extension, ext, phone extension
contact.address: home address, mailing address, full mailing address
contact.preferred_contact: preferred contact, preferred contact method, contact preference
contact.language: language, preferred language
contact.consent_email: email consent, email opt in, consent email
contact.consent_sms: sms consent, text consent, sms opt in, consent sms
contact.consent_call: call consent, consent call
contact.do_not_call: do not call, dnc
contact.household: household, spouse, partner, spouse name
contact.birth_date: birth date, birthdate, birthday, date of birth, dob
*.address: address, full address, street address full
*.street: street, street address, address line 1, address 1, address1, mailing street
*.unit: unit, apt, apartment, suite, unit number, address line 2, address 2, address2
*.city: city, town, mailing city
*.state: state, province, state province, state or province, mailing state
*.zip: zip, zip code, zipcode, postal code, postcode, mailing zip
property.address: property address, listing address, address of interest
property.street: property street
property.city: property city
property.state: property state
property.zip: property zip, property zip code
property.mls_id: mls, mls id, mls number, mls no, mlsid, listing id, listing number, listing key
property.originating_mls: originating mls, mls name, originating system name, board
property.parcel: parcel, parcel number, parcel id, apn, pin
property.county: county, county or parish
property.price: price, list price, listing price, asking price
property.status: listing status, mls status, standard status
property.type: property type, listing type
property.beds: beds, bedrooms, br, bedrooms total
property.baths: baths, bathrooms, ba, bathrooms total
property.sqft: sqft, sq ft, square feet, living area, square footage
property.lot_sqft: lot sqft, lot size, lot size square feet
property.year_built: year built, built
property.list_date: list date, listing date, listing contract date
property.close_date: close date, closing date, sold date
property.latitude: latitude, lat
property.longitude: longitude, lng, lon
property.tax_assessment: tax assessment, assessed value
property.url: listing url, property url
property.modified_at: modification timestamp, modified at
lead.kind: lead type, lead kind, buyer seller, intent, interested in, looking to
lead.message: message, comment, comments, note, notes, inquiry, enquiry, question, description, remarks
lead.budget: budget, price range
lead.budget_low: budget low, min budget, minimum budget, min price, budget min
lead.budget_high: budget high, max budget, maximum budget, max price, budget max
lead.timeframe: timeframe, time frame, timeline, when
lead.financing: financing, financing status, pre approved, mortgage
lead.source_detail: source, lead source, original source, origin, referral source
lead.campaign: campaign, utm campaign, campaign name
lead.agent: agent, agent name, assigned to, assigned agent, owner, lead owner, contact owner
lead.occurred_at: date, created, created at, created date, create date, date created, date added, added on
lead.occurred_at: submitted at, submission date, inquiry date, lead date, timestamp
"""
# By these a file knows its records, and by these their versions.
IDS = frozenset(
    (
        "id",
        "record id",
        "lead id",
        "contact id",
        "external id",
        "crm id",
        "mls id",
        "mls number",
        "listing id",
        "listing key",
    )
)
VERSIONS = frozenset(
    ("last modified", "last modified date", "modified", "modified at", "modified date", "modification timestamp")
    + ("updated", "updated at", "last updated", "last update")
)


def _table(kind: Kind) -> dict[str, str]:
    own = "contact" if kind == "lead" else "property"
    table = {}
    for line in _NAMES.strip().splitlines():
        target, _, names = line.partition(": ")
        table.update({name: target.replace("*", own) for name in names.split(", ")})
    return table


FIELD_OF: dict[Kind, dict[str, str]] = {"lead": _table("lead"), "listing": _table("listing")}
