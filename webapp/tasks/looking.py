"""A first look at a file that is to be imported: what was said of it, what was said of the last one with its headers, what is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from segmentation.errors import MissingRole
from segmentation.intake import FileFormat, FilePreview, Finding, Intake, inspect_file
from segmentation.intake.findings import clipped
from segmentation.intake.opening import OpenFile
from segmentation.intake.returning import returned_columns
from segmentation.roles import Column, Role, Schema, schema_roles
from segmentation.wording import number
from webapp.merging import Staging
from webapp.services.data.mappings import KnownMapping, fingerprint, format_of
from webapp.services.data.reports import EMPTIED, KNOWN_KEPT, ColumnChoice, EarlierImport, ImportReport
from webapp.services.data.storing import ImportPlan, Twin

FALLBACK_ENCODING = "cp1252"
"""What text is taken for that is no UTF-8 and does not say what it is; here an earlier file may know better."""


@dataclass(frozen=True)
class FirstLook:
    """What a file seems to be, and the confirmed mapping of an earlier file with the same headers, if there was one.

    `encoding` is that of the earlier file, where this one does not prove its own.
    """

    preview: FilePreview
    known: KnownMapping | None
    left_out: tuple[str, ...] = ()
    encoding: str = ""

    @property
    def origin(self) -> EarlierImport | None:
        return self.known.origin if self.known else None

    def findings(self, intake: Intake) -> tuple[Finding, ...]:
        """Those of the intake; of columns that come from a file of rejected rows there is more to say than that they are not used."""
        told = [finding for finding in intake.findings if not (finding.code == "ignored" and finding.column in self.left_out)]
        if self.left_out:
            names = " and ".join(self.left_out)
            message = f"The columns {names} come from a file of rejected rows. They are not used."
            told.append(Finding("returned_file", "note", message, None, intake.file_rows))
        return tuple(told)


class Unidentified(MissingRole):
    """No column tells the customers apart; `look` is what the file seems to be otherwise."""

    def __init__(self, look: FirstLook, refusal: MissingRole) -> None:
        super().__init__(refusal.message, details=refusal.details)
        self.look = look


def look_at(path: Path | OpenFile, plan: ImportPlan, remembered: Mapping[str, str]) -> FirstLook:
    """Inspect the file, and again where an earlier file with the same headers was read in another way.

    `remembered` is what earlier files took columns for (header -> role).
    """
    preview, left_out = _inspected(path, plan, remembered, plan.format)
    known = plan.known.get(fingerprint(column.source for column in preview.schema))
    if known is None:
        return FirstLook(preview, None, left_out)
    roles = {**remembered, **_without_key(known.mapping.get("schema", {}), plan.roles)}
    like_before = None if plan.format else _format_like(preview.format, format_of(known.mapping))
    file_format = plan.format or like_before
    differs = any(str(column.role) != {**roles, **plan.roles}.get(column.source) for column in preview.schema)
    if differs or (file_format is not None and file_format.encoding != preview.format.encoding):
        preview, left_out = _inspected(path, plan, roles, file_format)
    return FirstLook(preview, known, left_out, like_before.encoding if like_before else "")


def remembered_roles(plan: ImportPlan) -> dict[str, str]:
    """What earlier files of customers took columns for; another customer id than theirs may be stated."""
    return _without_key({column.source: str(column.role) for column in plan.schema or ()}, plan.roles)


def likely_format(plan: ImportPlan, look: FirstLook) -> FileFormat:
    """Dates that do not prove their own order are read as in the last file like it, else as in the dataset's files.

    All else is found out again, for what is stated is read strictly, and no guess about it would be told of.
    """
    before = format_of(look.known.mapping) if look.known else None
    order = (before.date_order if before else None) or plan.date_order or look.preview.format.date_order
    return FileFormat("", look.encoding, order, look.preview.format.container)


def values_for(plan: ImportPlan, look: FirstLook) -> dict[str, Any]:
    """How cells are to be read: as stated, else as in the last file like it where the column still means the same."""
    before = look.known.mapping if look.known else {}
    roles = before.get("schema", {})
    same = {column.source for column in look.preview.schema if roles.get(column.source) == str(column.role)}
    return {**{header: rule for header, rule in before.get("values", {}).items() if header in same}, **plan.values}


def repeated_report(twin: Twin) -> ImportReport:
    """The report of a file that was imported before and whose customers are as it left them."""
    before = twin.report
    message = f"The very same file was imported on {twin.origin.day.isoformat()} as {twin.origin.file_name}. Nothing changes."
    told = tuple(finding for finding in before.findings if finding.code not in ("same_file", EMPTIED, KNOWN_KEPT))
    appends = before.mode == "append"
    return replace(
        before,
        new=0,
        changed=0,
        removed=0,
        known=before.accepted if appends else 0,
        unchanged=0 if appends else before.accepted,
        findings=(Finding("same_file", "note", message, None, before.file_rows), *told),
        moves=None,
        drift=(),
        same_as=twin.origin,
    )


def unidentified_report(look: FirstLook, plan: ImportPlan, refusal: str) -> ImportReport:
    """The columns of a file in which no column tells the customers apart, so that somebody can say which one does."""
    preview = look.preview
    return ImportReport(
        file_rows=preview.rows,
        new=0,
        changed=0,
        unchanged=0,
        rejected=0,
        rejects=(),
        findings=(Finding("no_customer_id", "flag", refusal, None, preview.rows),),
        columns=tuple(column_choice(preview, column, "") for column in preview.schema),
        schema={source: str(role) for source, role in schema_roles(preview.schema).items()},
        format=preview.format,
        as_of=None,
        mode=plan.mode,
        sheets=preview.sheets,
        unidentified=True,
    )


def column_choice(preview: FilePreview, column: Column, use: str) -> ColumnChoice:
    """A column as the check shows it; what a contact is stays unsaid."""
    return ColumnChoice(
        source=column.source,
        name="" if column.role is Role.IGNORE else column.name,
        label=column.label,
        role=str(column.role),
        sensitive=column.sensitive,
        confidence=column.confidence,
        reason=column.reason,
        first_values=() if column.role is Role.CONTACT else preview.first_values.get(column.source, ()),
        filled=preview.filled.get(column.source, 0.0),
        use=use,
    )


def consent_findings(schema: Schema, merged: Staging, withdrawn: Sequence[str]) -> Iterator[Finding]:
    """What the file says of consent: by which columns, and of customers who withdrew theirs."""
    column = schema.one(Role.CONSENT)
    if column is None:
        return
    if len(columns := schema.of(Role.CONSENT)) > 1:
        names = " and ".join(each.source for each in columns)
        message = (
            f"{names} all speak of consent. A customer counts as consenting where all of them say so, and as refusing where one does. "
            "Ignore those that are not meant."
        )
        yield Finding("several_consents", "flag", message, column.source, len(columns))
    if left := merged.withdrawals_left_alone:
        message = (
            f"{left:,} customers who are here withdraw their consent in this file, which only adds customers: theirs stays as it was. "
            "Choose to update to take the withdrawal from them."
        )
        yield Finding("withdrawal_left_alone", "flag", message, column.source, left)
    if not withdrawn:
        return
    said = merged.consents_against(withdrawn)
    if given := said.get("given", 0):
        message = f"{given:,} customers had withdrawn their consent, and this file says that they give it again."
        yield Finding("consent_given_again", "flag", message, column.source, given)
    if unknown := said.get("unknown", 0):
        message = f"{unknown:,} customers had withdrawn their consent, and this file does not say. It stays withdrawn."
        yield Finding("consent_stays_withdrawn", "note", message, column.source, unknown)


def emptied_findings(merged: Staging) -> Iterator[Finding]:
    """Values that are known of customers and that the file lacks: what becomes of them, with one of them."""
    for each in merged.emptied:
        column = each.column
        kept = column.rule.empty == "keep"
        has = "customer has" if each.customers == 1 else "customers have"
        message = f"{each.customers:,} {has} a value of {column.label} now and none in this file: "
        message += "the known one is kept." if kept else "it will be emptied."
        if column.role is not Role.CONTACT:
            message += f" Customer {each.example}, for example, has {_value_words(column, each.value)}."
        yield Finding(KNOWN_KEPT if kept else EMPTIED, "note" if kept else "flag", message, column.source, each.customers)


def _value_words(column: Column, value: float | date | str) -> str:
    if isinstance(value, int | float):
        plain = column.role is Role.BIRTH_YEAR
        return f"{value:.0f}" if plain else number(value, 0 if float(value).is_integer() else 2)
    return value.isoformat()[:10] if isinstance(value, date) else f"“{clipped(value)}”"


def _inspected(
    path: Path | OpenFile, plan: ImportPlan, remembered: Mapping[str, str], file_format: FileFormat | None
) -> tuple[FilePreview, tuple[str, ...]]:
    """The preview without the columns that a file of rejected rows has in front, and the headers of these."""
    preview = inspect_file(path, roles=plan.roles, remembered=remembered, file_format=file_format)
    names = returned_columns([column.source for column in preview.schema])
    wanted = {*plan.roles, *(column.source for column in plan.schema or ())}
    left_out = tuple(name for name in names if name not in wanted)
    kept = tuple(column for column in preview.schema if column.source not in left_out)
    return replace(preview, schema=Schema(kept)), left_out


def _without_key(roles: Mapping[str, str], stated: Mapping[str, str]) -> dict[str, str]:
    other_key = Role.CUSTOMER_ID in stated.values()
    return {header: role for header, role in roles.items() if not (other_key and role == Role.CUSTOMER_ID)}


def _format_like(seen: FileFormat, before: FileFormat | None) -> FileFormat | None:
    """The encoding of the last file like it, where this one does not prove its own."""
    if before is None or seen.encoding != FALLBACK_ENCODING or before.encoding.startswith("utf"):
        return None
    return replace(seen, encoding=before.encoding)
