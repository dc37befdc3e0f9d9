"""Contacts: the people behind the leads. Written by machine, from what the sources say."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display

from intake.admin.enriched import enriched_table
from intake.admin.provenance import origin
from intake.mapping.secret_names import HIDDEN
from intake.models import Contact, ContactPoint
from trail.admin import Cell, Facts, Panel, ReadOnlyAdmin, Table
from trail.admin.columns import ago, stacked
from trail.admin.wording import heading

_NAME = ("first_name", "middle_name", "last_name", "suffix", "nickname", "company", "household")
_HOME = ("street", "unit", "city", "state", "zip", "zip4")
_WISHES = ("preferred_contact", "language", "consent_email", "consent_sms", "consent_call", "do_not_call")


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = ("named", "email", "phone", "city", "changed")
    # An exact address or number is found by its index; a name by its beginning.
    search_fields = ("=points__key", "=points__value", "last_name__istartswith", "first_name__istartswith")
    search_help_text = "E-mail, 10 digits, or the beginning of a name"
    ordering = ("-id",)
    export_columns = (
        "id",
        *_NAME,
        "is_organization",
        "emails",
        "phones",
        *_HOME,
        *_WISHES,
        "birth_date",
        "revision",
        "created_at",
        "updated_at",
    )
    lead_in = "People and organizations, one each, made of what the sources said of them."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        contacts: QuerySet[Contact] = super().get_queryset(request)
        return contacts.prefetch_related("points")

    @display(description="Contact", ordering="last_name")
    def named(self, contact: Contact) -> str:
        return stacked(str(contact), contact.company if contact.full_name else "")

    @display(description="E-mail")
    def email(self, contact: Contact) -> str:
        return _first(contact, ContactPoint.Kind.EMAIL)

    @display(description="Phone")
    def phone(self, contact: Contact) -> str:
        return _first(contact, ContactPoint.Kind.PHONE)

    @display(description="Changed", ordering="updated_at")
    def changed(self, contact: Contact) -> str:
        return ago(contact.updated_at)

    def column_emails(self, contact: Contact) -> str:
        return _all(contact, ContactPoint.Kind.EMAIL)

    def column_phones(self, contact: Contact) -> str:
        return _all(contact, ContactPoint.Kind.PHONE)

    def headline(self, row: Contact) -> Cell:
        return Cell(str(row), small=f"Contact {row.pk}, revision {row.revision}")

    def panels(self, request: HttpRequest, row: Contact) -> list[Panel]:
        open_values = request.user.has_perm("intake.view_payload")
        return [
            Table(
                "How to reach them",
                ("Kind", "Value", "Where it comes from"),
                [
                    (
                        Cell(
                            point.get_kind_display(),
                            small="reaches nobody"
                            if point.verified is False
                            else "primary"
                            if point.is_primary
                            else "",
                        ),
                        Cell(point.shown),
                        Cell(origin(point.provenance)),
                    )
                    for point in row.points.all()
                ],
                empty="No e-mail and no phone.",
            ),
            _facts("Name", row, _NAME),
            *_household(row),
            _facts("Address", row, _HOME),
            _facts("Consent and wishes", row, _WISHES),
            enriched_table(row),
            Table(
                "Leads",
                ("Lead", "Source", "Received", "Message"),
                [
                    (
                        Cell(lead.reference, href=reverse("admin:intake_lead_change", args=[lead.pk])),
                        Cell(lead.source),
                        Cell(when=lead.received_at),
                        Cell(lead.message[:200] if open_values or not lead.message else HIDDEN),
                    )
                    for lead in row.leads.select_related("source")[:50]
                ],
                empty="No lead yet.",
            ),
        ]


def _household(row: Contact) -> list[Panel]:
    """Who was named beside this person, or beside whom this one was."""
    head = [] if row.household_of is None else [(row.household_of, "Their e-mail and phone came with the name.")]
    waits = "Named beside them. Goes to no CRM until somebody gives an e-mail or a phone of their own."
    people = head + [(member, waits) for member in row.household_members.order_by("pk")]
    if not people:
        return []
    rows = [(Cell(who, href=reverse("admin:intake_contact_change", args=[who.pk])), Cell(why)) for who, why in people]
    return [Table("Household", ("Person", "What that means"), rows)]


def _all(contact: Contact, kind: str) -> str:
    return "; ".join(point.value for point in contact.points.all() if point.kind == kind)


def _first(contact: Contact, kind: str) -> str:
    return next((point.shown for point in contact.points.all() if point.kind == kind), "-")


def _facts(title: str, row: Contact, names: tuple[str, ...]) -> Facts:
    words = {True: "Yes", False: "No", None: ""}
    rows = []
    for name in names:
        value = getattr(row, name)
        shown = words[value] if value is None or isinstance(value, bool) else value
        rows.append((heading(name), Cell(shown, small=origin(row.provenance.get(name)))))
    return Facts(title, rows)
