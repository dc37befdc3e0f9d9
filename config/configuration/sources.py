"""Sources of a configuration file: the row, its secrets, and its published mapping dictionary."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from config.configuration.dictionaries import held, settled
from config.configuration.references import says_the_same, typed_in
from config.configuration.schema import SecretSection, SourceSection
from config.configuration.work import CONFIGURE, Work
from intake.api.authentication import VERIFY_TOKEN
from intake.mapping.document import MappingInvalid
from intake.mapping.spec import MappingSpec
from intake.models import FieldMapping, Item, MappingVersion, PicklistEntry, Source, SourceSecret
from intake.secrets import SecretUnavailable, last_four, refused, resolve
from intake.services.publish_document import publish_document
from intake.signatures.registry import UnknownScheme, scheme
from intake.sources.presets import UnknownPreset, preset
from trail.models import Workflow

# What a preset may say of a source, besides its mapping.
_FROM_PRESET = ("name", "kind", "scheme", "scheme_options", "content_types", "repeat_window_seconds")
_DEFAULTS: dict[str, Any] = {
    "kind": Source.Kind.LEAD,
    "scheme_options": {},
    "content_types": [],
    "repeat_window_seconds": Source._meta.get_field("repeat_window_seconds").default,
}


def put_source(work: Work, section: SourceSection, place: str) -> None:
    """Make one source be as the file says, with its secrets and its mapping."""
    given: dict[str, Any] = {}
    if section.preset is not None:
        try:
            given = preset(section.preset)
        except UnknownPreset as error:
            work.wrong(f"{place}.preset", str(error))
            return
    columns: dict[str, Any] = {
        name: said if (said := getattr(section, name)) is not None else given.get(name, _DEFAULTS.get(name))
        for name in _FROM_PRESET
    }
    missing = [name for name in ("name", "scheme") if not columns[name]]
    for name in missing:
        work.wrong(f"{place}.{name}", "This is missing. Add it, or name a preset that has it.")
    if not missing:
        columns |= {
            "origin": section.origin,
            "max_bytes": section.max_bytes,
            "per_minute": section.per_minute,
            "workflow": Workflow.objects.filter(slug=section.workflow).first() if section.workflow else None,
        }
        _check_scheme(work, columns, section, place)
        _check_kind(work, section.slug, columns["kind"], place)
        source = work.put(Source, {"slug": section.slug}, columns, place=place)
        if source:
            _put_secrets(work, source, section.secrets)
            _put_mapping(work, source, section.mapping or given.get("mapping"), f"{place}.mapping")


def _check_scheme(work: Work, columns: dict[str, Any], section: SourceSection, place: str) -> None:
    try:
        proof = scheme(columns["scheme"])
    except UnknownScheme as error:
        work.wrong(f"{place}.scheme", str(error))
        return
    for problem in proof.options_problems(columns["scheme_options"]):
        work.wrong(f"{place}.scheme_options", problem)
    typed = dict(SourceSecret.objects.filter(source__slug=section.slug).values_list("key_id", "reference"))
    for index, secret in enumerate(section.secrets):
        at = f"{place}.secrets[{index}].value"
        if reason := refused(secret.value):
            work.wrong(at, reason)
            continue
        try:
            value = resolve(secret.value).encode()
        except SecretUnavailable as error:
            if secret.id in typed and says_the_same(typed[secret.id], secret.value, "source", section.slug, secret.id):
                continue  # the secret that was typed in here stays in force; the name is only what an export calls it
            work.note(at, f"{error} Until it is there, the source refuses what only this secret proves.")
            continue
        if secret.id != VERIFY_TOKEN:
            for problem in proof.secret_problems(value, columns["scheme_options"]):
                work.wrong(at, problem)


def _check_kind(work: Work, slug: str, kind: str, place: str) -> None:
    if Item.objects.filter(source__slug=slug).exclude(source__kind=kind).exists():
        work.wrong(f"{place}.kind", "A source that has records keeps its kind. Make another source for the other kind.")


def _put_secrets(work: Work, source: Source, sections: list[SecretSection]) -> None:
    rows = {row.key_id: row for row in source.secrets.all()}
    for section in sections:
        row = rows.pop(section.id, None) or SourceSecret(source=source, key_id=section.id)
        same = says_the_same(row.reference, section.value, "source", source.slug, section.id)
        if row.pk and same and (row.not_before, row.not_after) == (section.not_before, section.not_after):
            continue
        if not same:
            row.reference, row.last_four, row.set_by = section.value, ending(section.value), CONFIGURE.name
        row.not_before, row.not_after = section.not_before, section.not_after
        row.save()
        line = f"source {source.slug}: secret {section.id} set"
        work.changed(source, "source.secret_set", line, key_id=section.id)
    for key_id, row in rows.items():
        if not typed_in(row.reference):
            row.delete()
            line = f"source {source.slug}: secret {key_id} removed"
            work.changed(source, "source.secret_removed", line, key_id=key_id)


def ending(reference: str) -> str:
    """What may be shown of the secret behind a reference, if it is there."""
    try:
        return last_four(resolve(reference))
    except SecretUnavailable:
        return ""


def _put_mapping(work: Work, source: Source, document: dict[str, Any] | None, place: str) -> None:
    if document is None:
        return
    if document.get("kind", source.kind) != source.kind:
        work.wrong(f"{place}.kind", f"The source is of kind {source.kind}. Leave the kind out here.")
        return
    try:
        MappingSpec.parse({**document, "kind": source.kind})
    except MappingInvalid as error:
        for inner, message in error.problems:
            work.wrong(f"{place}.{inner}", message)
        return
    wanted = settled(document)
    if not _fits(work, wanted, place):
        return
    published = source.mappings.filter(state=MappingVersion.State.PUBLISHED).first()
    if published and held(published) == wanted:
        return
    version = publish_document(source, wanted, by=CONFIGURE, reason="The configuration file says so.")
    work.changes.append(f"source {source.slug}: mapping v{version.number} published")


def _fits(work: Work, document: dict[str, Any], place: str) -> bool:
    """Do the columns hold these words?"""
    before = len(work.problems)
    for index, rule in enumerate(document.get("fields", ())):
        _clean(work, FieldMapping(position=index, **rule), f"{place}.fields[{index}]")
    for name, entries in document.get("picklists", {}).items():
        for theirs, ours in entries.items():
            row = PicklistEntry(picklist=name, source_value=theirs, our_value=ours)
            _clean(work, row, f"{place}.picklists.{name}")
    return len(work.problems) == before


def _clean(work: Work, row: FieldMapping | PicklistEntry, place: str) -> None:
    try:
        row.clean_fields(exclude=["mapping"])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            work.wrong(f"{place}.{name}" if isinstance(row, FieldMapping) else place, " ".join(messages))
