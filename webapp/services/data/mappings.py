"""What people say of a file (its mapping), checked; and what they said of the last file with the same headers, used again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy.orm import Session

from segmentation.codec import from_json, to_json
from segmentation.intake import DateOrder, FileFormat
from segmentation.intake.rules import MAX_NUMBER, is_bound
from segmentation.intake.spelling import composed
from segmentation.intake.text import STATED_DELIMITERS
from segmentation.intake.types import Container
from segmentation.roles import ROW_NUMBERS, Role, ValueRule
from webapp.models import Dataset, Import, ImportStatus, SavedMapping
from webapp.services.access import Actor, team_rows
from webapp.services.data.reports import EarlierImport, ImportReport, report_of
from webapp.services.errors import Invalid

PARTS = ("schema", "format", "values")
FOLDS = "folds"


@dataclass(frozen=True)
class KnownMapping:
    """A mapping that was confirmed with an earlier file, and which import that was."""

    mapping: Mapping[str, Any]
    origin: EarlierImport


def clean_mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a mapping that say something, checked; Invalid names what cannot be taken."""
    if unknown := sorted(set(mapping) - set(PARTS)):
        raise Invalid(
            f"A mapping has the parts `schema`, `format` and `values`; {unknown[0]!r} is none of them.", details={"field": "mapping"}
        )
    try:
        text = json.dumps(mapping, ensure_ascii=False, default=str)
        text.encode()
    except UnicodeEncodeError:
        raise Invalid("The mapping holds halves of characters. Write it as UTF-8.", details={"field": "mapping"}) from None
    except (RecursionError, ValueError):
        raise Invalid("The mapping is nested too deeply.", details={"field": "mapping"}) from None
    if "\\u0000" in text:  # which PostgreSQL does not store
        raise Invalid("The mapping holds NUL characters. Take them out.", details={"field": "mapping"})
    roles, form, values = (mapping.get(part) for part in PARTS)
    cleaned: dict[str, Any] = {"schema": _checked_roles({} if roles is None else roles)}
    if form is not None:
        cleaned["format"] = _checked_format(form)
    rules = {} if values is None else _checked_values(values)
    return cleaned | {"values": rules} if rules else cleaned


def joined_mapping(stated: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`stated` with what `more` says instead or besides: role by role, the format as a whole, values header by header."""
    joined = {"schema": {**stated.get("schema", {}), **(more.get("schema") or {})}}
    values = {**stated.get("values", {}), **(more.get("values") or {})}
    form = more.get("format") or stated.get("format")
    return clean_mapping(joined | ({"values": values} if values else {}) | ({"format": form} if form else {}))


def fingerprint(headers: Iterable[str]) -> str:
    """Stands for the set of headers of a file, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(headers), ensure_ascii=False).encode()).hexdigest()


def known_mappings(session: Session, actor: Actor, dataset: Dataset) -> dict[str, KnownMapping]:
    """What was confirmed with earlier files of the dataset, by fingerprint. For services and tasks only."""
    rows = session.scalars(team_rows(actor, SavedMapping).where(SavedMapping.dataset_id == dataset.id)).all()
    files = team_rows(actor, Import).where(Import.id.in_([row.import_id for row in rows])).with_only_columns(Import.id, Import.file_name)
    names: dict[str, str] = dict(session.execute(files).all())
    return {
        row.fingerprint: KnownMapping(row.mapping, EarlierImport(row.import_id, names[row.import_id], row.saved_at.date())) for row in rows
    }


def forget_mapping(session: Session, actor: Actor, dataset: Dataset, undone: Import) -> None:
    """Remember, instead of what an import that is undone said, what the latest one with the same headers said that still stands.

    For services only.
    """
    taught = team_rows(actor, SavedMapping).where(SavedMapping.dataset_id == dataset.id, SavedMapping.import_id == undone.id)
    for row in session.scalars(taught).all():
        former = _latest_with(session, actor, dataset, row.fingerprint)
        if former is None:
            session.delete(row)
        elif former.finished_at is not None:
            row.mapping, row.import_id, row.saved_at = mapping_of(report_of(former)), former.id, former.finished_at
    session.flush()


def mapping_of(report: ImportReport) -> dict[str, Any]:
    """What a stored import took its file for."""
    return {"schema": report.schema, "format": to_json(report.format), "values": report.values}


def _latest_with(session: Session, actor: Actor, dataset: Dataset, headers: str) -> Import | None:
    """The latest stored import of the dataset whose headers have that fingerprint."""
    stored = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
    newest_first = session.scalars(stored.order_by(Import.finished_at.desc()))
    return next((row for row in newest_first if row.report and fingerprint(row.report["schema"]) == headers), None)


def save_mapping(session: Session, actor: Actor, dataset: Dataset, import_id: str, mapping: Mapping[str, Any]) -> None:
    """Remember the mapping of a stored import for the next file with the same headers. For services only."""
    key = fingerprint(mapping["schema"])
    known = team_rows(actor, SavedMapping).where(SavedMapping.dataset_id == dataset.id, SavedMapping.fingerprint == key)
    row = session.scalars(known).one_or_none()
    if row is None:
        row = SavedMapping(team_id=actor.team_id, dataset_id=dataset.id, fingerprint=key)
        session.add(row)
    row.mapping, row.import_id, row.saved_at = dict(mapping), import_id, datetime.now(UTC)
    session.flush()


def _checked_roles(roles: Any) -> dict[str, str]:
    if not isinstance(roles, Mapping):
        raise Invalid("The `schema` of a mapping is an object that names a role for each column.", details={"field": "schema"})
    for column, role in roles.items():
        if not isinstance(column, str):
            raise Invalid(f"The column {column!r} is no text.", details={"field": str(column)})
        if not isinstance(role, str) or role not in set(Role):
            raise Invalid(f"Column {column!r}: there is no role {role!r}. Choose from: {', '.join(Role)}.", details={"field": str(column)})
        if column == ROW_NUMBERS and role not in (Role.CUSTOMER_ID, Role.IGNORE):
            raise Invalid(f"The row numbers can be the customer id or nothing, not {role!r}.", details={"field": column})
    return {composed(column): str(role) for column, role in roles.items()}


def _checked_format(form: Any) -> dict[str, Any]:
    if not isinstance(form, Mapping) or not set(form) <= {"delimiter", "encoding", "date_order", "container", "sheet"}:
        raise Invalid(
            "The `format` of a mapping is an object of delimiter, encoding, date_order, container and sheet.", details={"field": "format"}
        )
    container, sheet, order = form.get("container", "text"), form.get("sheet"), form.get("date_order")
    if container not in get_args(Container):
        raise Invalid(f"The container must be one of {', '.join(get_args(Container))}.", details={"field": "container"})
    if sheet is not None and not isinstance(sheet, str):
        raise Invalid("The sheet must be the name of a sheet of the workbook, or null.", details={"field": "sheet"})
    if order is not None and order not in get_args(DateOrder):
        raise Invalid(f"The date_order must be one of {', '.join(get_args(DateOrder))}, or null.", details={"field": "date_order"})
    delimiter, encoding = form.get("delimiter", ""), form.get("encoding", "")
    _check_text_format(delimiter, encoding)
    _check_fit(container, sheet, delimiter or encoding)
    return {**form, "delimiter": delimiter, "encoding": encoding}


def _check_text_format(delimiter: Any, encoding: Any) -> None:
    if not isinstance(delimiter, str) or delimiter not in ("", *STATED_DELIMITERS):
        told = f'The delimiter must be a tab ("\\t") or one of {" ".join(STATED_DELIMITERS.replace(chr(9), ""))}; left out, it is found.'
        raise Invalid(told, details={"field": "delimiter"})
    if not isinstance(encoding, str) or (encoding and not _reads_text(encoding)):
        raise Invalid("The encoding is not known. Name one such as utf-8, cp1252 or utf-16.", details={"field": "encoding"})


def _check_fit(container: Container, sheet: str | None, text_format: str) -> None:
    """What is stated must mean something in the container, for it would be passed over there."""
    if sheet is not None and container != "xlsx":
        raise Invalid('Only a workbook has sheets: state the container "xlsx", or leave the sheet out.', details={"field": "sheet"})
    if text_format and container in ("xlsx", "parquet"):
        raise Invalid("Delimiter and encoding are those of text: leave them out, or correct the container.", details={"field": "container"})


def _reads_text(encoding: str) -> bool:
    """Whether text comes back from `encoding`; Python also has codecs for bytes and for nothing at all."""
    try:
        return "id\n".encode(encoding).decode(encoding) == "id\n"
    except (LookupError, ValueError):
        return False


def _checked_values(values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise Invalid(
            "The `values` of a mapping is an object that says how the cells of each column are read.", details={"field": "values"}
        )
    return {composed(str(header)): _checked_rule(str(header), rule) for header, rule in values.items()}


def _checked_rule(header: str, rule: Any) -> dict[str, Any]:
    if not isinstance(rule, Mapping):
        words = "date_order, decimal, low, high, impossible, empty and folds"
        raise Invalid(f"Column {header!r}: its values need an object of {words}.", details={"field": header})
    folds = {} if rule.get(FOLDS) is None else rule[FOLDS]
    if not isinstance(folds, Mapping) or not all(isinstance(word, str) and word.strip() for pair in folds.items() for word in pair):
        raise Invalid(f"Column {header!r}: `folds` leads from a word to the word that it is counted with.", details={"field": header})
    fields = {name: value for name, value in rule.items() if name != FOLDS}
    for name in ("low", "high"):
        if (bound := fields.get(name)) is not None and not is_bound(bound):
            raise Invalid(f"Column {header!r}: `{name}` must be a number below {MAX_NUMBER:g}, or null.", details={"field": header})
    try:
        checked = from_json(ValueRule, fields)
    except (TypeError, ValueError) as error:
        raise Invalid(f"Column {header!r}: {error}.", details={"field": header}) from None
    if checked.low is not None and checked.high is not None and checked.low > checked.high:
        raise Invalid(f"Column {header!r}: `low` is above `high`.", details={"field": header})
    return {**fields, **({FOLDS: dict(folds)} if folds else {})}


def format_of(mapping: Mapping[str, Any]) -> FileFormat | None:
    """The format that a mapping states, if it does."""
    return from_json(FileFormat, mapping["format"]) if mapping.get("format") else None
