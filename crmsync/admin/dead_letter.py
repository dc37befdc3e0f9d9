"""Dead letters: one screen over everything that gave up. Find what went wrong, mend it, redrive one or many.

Invariant: the number on the confirm page, the number that the POST carries and the number of rows that run come from
the same queryset; if they differ, nothing runs and the page asks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from crmsync.admin.letters import AGES, KINDS, Chosen, Counted, Group, Letter, count, groups, letters
from crmsync.admin.push import gave_up, subject
from crmsync.admin.verb import VERBS, Verb, refusal
from crmsync.models import Connection, DeadLetter, Push
from trail.admin import Cell, ReadOnlyAdmin, ReasonForm, actor
from trail.admin.wording import age, exact, span
from trail.admin.wording import count as counted

PAGE = 50
LAST_PAGE = 200
EXPORT_PAGE = 500
# The account takes calls and refused this one: the same again would be refused again.
REFUSED_VALUE = "invalid"


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """The list is a page of its own, since it stands on three tables; a single push is shown by PushAdmin."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("redrive/", view(self.redrive_view), name="crmsync_deadletter_redrive_chosen"),
            path("discard/", view(self.discard_view), name="crmsync_deadletter_discard_chosen"),
            *super().get_urls(),
        ]

    export_columns = ("id", "about", "name", "error_code", "reason", "failed_at", "where", "waiting_since", "attempts")

    def export_count(self, request: HttpRequest) -> int:
        return count(replace(Chosen.of(request.GET), picks=()), timezone.now()).number

    def export_rows(self, request: HttpRequest, columns: Sequence[str]) -> Iterator[list[Any]]:
        now = timezone.now()
        chosen, offset = replace(Chosen.of(request.GET), picks=()), 0
        while rows := letters(chosen, now, offset=offset, limit=EXPORT_PAGE):
            for letter in rows:
                drawn = self._letter(letter, now)
                yield [
                    letter.pick,
                    drawn["who"],
                    drawn["name"],
                    drawn["code"],
                    drawn["sentence"],
                    drawn["kind"],
                    drawn["where"],
                    letter.since,
                    drawn["attempts"],
                ]
            offset += EXPORT_PAGE

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:crmsync_push_change", args=[object_id]))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        chosen = replace(Chosen.of(request.GET), picks=())
        page = request.GET.get("p", "1")
        number = min(max(int(page), 1), LAST_PAGE) if page.isdecimal() and len(page) < 6 else 1
        rows = letters(chosen, now, offset=(number - 1) * PAGE, limit=PAGE + 1)
        connections = {one.pk: one for one in Connection.objects.all()}
        found = groups(chosen, now)
        # The groups count the same rows that a count would: no statement more.
        total = sum(group.number for group in found)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Dead letters",
            "chosen": chosen,
            "narrowed": chosen.address(),
            "total": total,
            "oldest": span(now - min(group.first for group in found)) if found else "",
            "groups": [self._group(group, chosen, connections, now) for group in found],
            "letters": [self._letter(letter, now) for letter in rows[:PAGE]],
            "page": number,
            "has_next": len(rows) > PAGE and number < LAST_PAGE,
            "too_deep": len(rows) > PAGE and number >= LAST_PAGE,
            "kinds": KINDS,
            "ages": {key: words for key, (words, _) in AGES.items()},
            "connections": connections.values(),
            "codes": sorted({group.code for group in found if group.code} | ({chosen.code} - {""})),
            "may_export": self.may_export(request),
            "may_redrive": not refusal(request, VERBS["redrive"], 1),
            "may_discard": not refusal(request, VERBS["discard"], 1),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/crmsync/dead_letters.html", context)

    def redrive_view(self, request: HttpRequest) -> HttpResponse:
        return self._act(request, VERBS["redrive"])

    def discard_view(self, request: HttpRequest) -> HttpResponse:
        return self._act(request, VERBS["discard"])

    def _act(self, request: HttpRequest, verb: Verb) -> HttpResponse:
        if not (request.user.has_perm(verb.one) or request.user.has_perm(verb.many)):
            raise PermissionDenied
        now = timezone.now()
        chosen = Chosen.of(request.GET)
        home = reverse("admin:crmsync_deadletter_changelist")
        if not chosen.address():
            messages.error(request, f"Choose what to {verb.name} first: tick rows, or take a group.")
            return HttpResponseRedirect(home)
        form: forms.Form | None = ReasonForm(request.POST or None) if verb.reasoned else None
        if request.method == "POST":
            confirmed = Confirmed(request.POST)
            if not confirmed.is_valid():
                messages.error(request, "The page was incomplete. Nothing changed. Look at the number again.")
                return HttpResponseRedirect(request.get_full_path())
            chosen = replace(chosen, ceilings=confirmed.ceilings)
            seen = count(chosen, now)
            if reason := refusal(request, verb, seen.number):
                raise PermissionDenied(reason)
            if seen.number != confirmed.cleaned_data["count"]:
                messages.warning(
                    request,
                    f"These were {counted(confirmed.cleaned_data['count'], 'dead letter')} when you looked, and are "
                    f"{seen.number:,} now. Nothing changed. Look again.",
                )
                return HttpResponseRedirect(request.get_full_path())
            if form is None or form.is_valid():
                self._run(request, verb, chosen, now, form.cleaned_data["reason"] if form else "", seen.number)
                return HttpResponseRedirect(home)
            return self._confirm(request, verb, chosen, seen, form, now)
        return self._confirm(request, verb, chosen, count(chosen, now), form, now)

    def _confirm(
        self, request: HttpRequest, verb: Verb, chosen: Chosen, seen: Counted, form: forms.Form | None, now: datetime
    ) -> HttpResponse:
        connections = {one.pk: one for one in Connection.objects.all()}
        found = groups(chosen, now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": verb.label,
            "verb": verb,
            "number": seen.number,
            "noun": counted(seen.number, "dead letter"),
            "oldest": span(now - seen.oldest) if seen.oldest else "",
            "ceilings": seen.ceilings,
            "groups": [self._group(group, chosen, connections, now) for group in found],
            "unknown": any(group.unknown for group in found),
            "refusal": refusal(request, verb, seen.number),
            "form": form,
            "home": reverse("admin:crmsync_deadletter_changelist"),
        }
        return TemplateResponse(request, "admin/crmsync/confirm_many.html", context)

    def _run(self, request: HttpRequest, verb: Verb, chosen: Chosen, now: datetime, reason: str, expected: int) -> None:
        ids = {table: list(rows.values_list("pk", flat=True)) for table, rows in chosen.tables(now).items()}
        done, refused = verb.act(ids, by=actor(request), reason=reason)
        told = f"{verb.past}: {done:,} of {counted(expected, 'dead letter')}."
        if verb.name == "redrive" and done:
            told += " What fails again comes back to this list with its reason."
        if done < expected:
            told += " The others changed meanwhile, cannot go on yet, or have a newer write of their record waiting."
        (messages.success if done == expected else messages.warning)(request, told)
        for sentence in sorted(set(refused))[:3]:
            messages.warning(request, sentence)

    def _group(self, group: Group, chosen: Chosen, connections: dict[int, Connection], now: datetime) -> dict[str, Any]:
        connection = connections.get(group.connection) if group.connection else None
        narrow = Chosen(
            kind=group.kind, code=group.code, connection=str(group.connection or ""), older=chosen.older
        ).address()
        return {
            "group": group,
            "sentence": group.sentence or group.code or "No reason was recorded",
            "connection": connection,
            "narrow": narrow,
            "first": Cell(when=group.first),
            "last": Cell(when=group.last),
            "ready": _readiness(group, connection, now),
        }

    def _letter(self, letter: Letter, now: datetime) -> dict[str, Any]:
        row = letter.row
        if letter.table == "push":
            name, _ = subject(row)
            who = str(row.lead.contact) if row.lead_id else name
            href = reverse("admin:crmsync_push_change", args=[row.pk])
            where = str(row.connection)
        else:
            name = row.short_id if letter.table == "item" else str(row.public_id)[:8]
            who = str(row.source)
            href = reverse(f"admin:intake_{letter.table}_change", args=[row.pk])
            where = row.source.slug
        return {
            "pick": letter.pick,
            "who": who,
            "name": name if name != who else "",
            "href": href,
            "kind": letter.kind,
            "where": where,
            "sentence": letter.sentence,
            "code": row.error_code,
            "since": span(now - letter.since),
            "exact": exact(letter.since),
            "unknown": letter.table == "push" and row.state == Push.State.UNKNOWN,
            "attempts": row.attempts if hasattr(row, "attempts") else "",
            "open": letter.table != "push" or gave_up(row),
        }


class Confirmed(forms.Form):
    """What the confirm page sends back: the number that was seen, and up to which rows it counted."""

    count = forms.IntegerField(min_value=0)
    upto_push = forms.IntegerField(min_value=0)
    upto_item = forms.IntegerField(min_value=0)
    upto_delivery = forms.IntegerField(min_value=0)

    @property
    def ceilings(self) -> dict[str, int]:
        return {table: self.cleaned_data[f"upto_{table}"] for table in ("push", "item", "delivery")}


def _readiness(group: Group, connection: Connection | None, now: datetime) -> Cell:
    """Would a redrive go through now, as far as anybody can tell?"""
    if group.unknown:
        return Cell("Look there first", tone="wait", small="It may have happened already.")
    if connection is not None:
        if connection.state == Connection.State.PAUSED:
            return Cell("Fix first", tone="bad", small=f"{connection.name} is paused. {connection.pause_reason}")
        if group.code == REFUSED_VALUE:
            return Cell("Fix first", tone="wait", small=f"Mend what {connection.name} refused, then redrive.")
        if connection.held_until and connection.held_until > now:
            return Cell("Wait", tone="wait", small=f"{connection.name} takes calls {age(connection.held_until, now)}.")
        return Cell("Ready", tone="good", small=f"{connection.name} is active.")
    return Cell("Fix first", tone="wait", small="Mend the mapping or the source, then redrive.")
