"""BatchData, spoken to in our words. Translates; never decides, retries or sleeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crmsync.crms.base import Checked
from crmsync.enriching import PHONE_CHECKS
from crmsync.options import ProviderOptions, read
from crmsync.providers.base import Answer, Question
from crmsync.providers.batchdata import reading
from crmsync.providers.batchdata.vendor import ASYNC, BASE_URL, NO_BALANCE, PATHS, TRACE_OPTIONS
from crmsync.transport.errors import Ambiguous, CrmError, Misconfigured, Permanent, from_status
from crmsync.transport.http import Exchange, Http, Response, Timeout


class BatchData:
    """One BatchData account. See `crmsync.providers.base.Provider` for what each method promises.

    Args:
        options: see `ProviderOptions`.

    Raises:
        Misconfigured: address or options cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        options: Mapping[str, Any],
        before_call: Callable[[], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        told = read(ProviderOptions, options)
        self._http = Http(
            base_url or BASE_URL,
            {"Authorization": f"Bearer {token}"},
            Timeout(read=told.timeout_seconds, whole=told.timeout_seconds + 2),
            allow_private=told.allow_private,
            secrets=[token],
            before_call=before_call,
            on_exchange=on_exchange,
        )

    def ask(self, question: Question) -> Answer:
        body = self._call(PATHS[question.service], _request([question]))
        try:
            return reading.answer(question.service, reading.entries(body, question.service))
        except (reading.Unreadable, TypeError, ValueError, AttributeError) as problem:
            raise Ambiguous(
                "unreadable_answer", "BatchData answered something that we cannot read. It may have billed the call."
            ) from problem

    def submit(self, questions: Sequence[Question], callback: str) -> str:
        request = _request(questions)
        options = {**request.get("options", {}), "webhookUrl": callback, "errorWebhookUrl": callback}
        body = self._call(PATHS[questions[0].service] + ASYNC, {**request, "options": options}, secrets=[callback])
        name = str(body.get("requestId") or "")
        if not name:
            raise Ambiguous("no_request_id", "BatchData took the questions but gave them no name.")
        return name

    def read(self, service: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Answer]]:
        meta = body.get("meta")
        name = str(meta.get("requestId") or "") if isinstance(meta, Mapping) else ""
        by_reference: dict[str, list[Mapping[str, Any]]] = {}
        try:
            for entry in reading.entries(body, service):
                by_reference.setdefault(reading.reference(entry), []).append(entry)
            return name, {ours: reading.answer(service, found) for ours, found in by_reference.items() if ours}
        except (reading.Unreadable, TypeError, ValueError, AttributeError) as problem:
            raise Permanent("unreadable_answer", "This is no answer of BatchData's.") from problem

    def check(self) -> Checked:
        """Ask for nothing at an address that needs a key: a refusal of the empty question proves key and address."""
        try:
            answer = self._http.request("POST", PATHS["check_address"], json={"requests": []}, safe=True)
        except CrmError as error:
            return Checked(False, (error.message,))
        if answer.status < 300 or answer.status in (400, 422):
            return Checked(True)
        return Checked(False, (_error(answer).message,))

    def _call(self, path: str, json: object, *, secrets: Sequence[str] = ()) -> dict[str, Any]:
        answer = self._http.request("POST", path, json=json, safe=False, secrets=secrets)
        if answer.status >= 300:
            raise _error(answer)
        return answer.body


def _error(answer: Response) -> CrmError:
    """Name the error of an answer that is not 2xx. What BatchData says itself is kept in the exchange only."""
    if answer.status == NO_BALANCE:
        return Misconfigured(
            "no_balance_or_right",
            "BatchData says that the account has no balance, or the key lacks a right. Nothing is asked until a person "
            "has looked and resumes the connection.",
        )
    return from_status(answer.status, safe=False, retry_after=answer.retry_after)


def _request(questions: Sequence[Question]) -> dict[str, Any]:
    service = questions[0].service
    if service in PHONE_CHECKS:
        # [third] Bare ten digits: no reference can be given, so the numbers themselves tell whose they are.
        numbers = [str(phone)[-10:] for question in questions for phone in question.values["phones"]]
        return {"requests": list(dict.fromkeys(numbers))}
    if service == "trace":
        return {"requests": [_traced(question) for question in questions], "options": dict(TRACE_OPTIONS)}
    if service == "lookup":
        return {"requests": [_looked_up(question) for question in questions]}
    return {"requests": [{**_place(question), "requestId": question.reference} for question in questions]}


def _place(question: Question) -> dict[str, Any]:
    return {name: question.values[name] for name in ("street", "city", "state", "zip") if question.values.get(name)}


def _traced(question: Question) -> dict[str, Any]:
    values = question.values
    name = {"first": values.get("first_name"), "last": values.get("last_name")}
    asked: dict[str, Any] = {"requestId": question.reference, "propertyAddress": _place(question)}
    if told := {part: value for part, value in name.items() if value}:
        asked["name"] = told
    return asked


def _looked_up(question: Question) -> dict[str, Any]:
    values = question.values
    if values.get("street"):
        return {"requestId": question.reference, "address": _place(question)}
    return {
        "requestId": question.reference,
        "apn": values["parcel"],
        "address": {"county": values["county"], "state": values["state"]},
    }
