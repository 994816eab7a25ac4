"""Commands that bring customers in and take them out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from segmentation import FileFormat, inspect_file, require_customer_id, to_json
from webapp.cli.answers import Report, reports
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.import_words import import_in_words
from webapp.cli.jobs import finish, is_left_behind
from webapp.cli.values import VERSION, writing
from webapp.edge import Resources, unit_of_work
from webapp.models import ImportMode
from webapp.services.access import Actor
from webapp.services.browsing.customers import CustomerQuery
from webapp.services.browsing.exports import save_customers
from webapp.services.data.datasets import confirm_legal_basis, ensure_dataset, show_dataset
from webapp.services.data.imports import (
    ImportDetail,
    StoredFile,
    clean_mapping,
    discard_import,
    find_pending,
    preview_undo,
    show_import,
    start_import,
    undo_import,
)
from webapp.services.data.mappings import PARTS
from webapp.services.data.removing import remove_dataset
from webapp.services.errors import Conflict, Invalid, NotFound, ServiceError

MAPPING_PARTS = "It needs an object with `schema` (column to role) and, if you like, `format` and `values`."
WAYS_ON = {
    "import_pending": "`smartcart jobs cancel {job_id}` stops it.",
    "newer_import": "`smartcart import-undo {import_id}` does that.",
    "version_depends": "`smartcart versions remove {version}` removes one.",
}
READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@dataclass(frozen=True)
class Begun:
    """An import and who asked for it; `waited` tells that it was there already, waiting or at work."""

    actor: Actor
    detail: ImportDetail
    waited: bool


@click.command("import")
@click.argument("file", type=READABLE)
@dataset_option
@click.option("--mapping", type=READABLE, help="A JSON file with `schema`, `format` and `values`, as `import --json` prints them.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in ImportMode]),
    default=ImportMode.UPDATE.value,
    show_default=True,
    help="update: new and changed customers; append: new ones alone; replace: the file is the whole customer base.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, change no customer and keep nothing of the file.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The date that the file speaks of (default: its latest date).")
@team_option
@reports(import_in_words)
def import_file(
    file: Path, dataset_name: str | None, mapping: Path | None, mode: str, dry_run: bool, as_of: datetime | None, team_name: str | None
) -> Report:
    """Import a customer file into a dataset (which is created if it does not exist yet)."""
    stated = _read_mapping(mapping)
    resources = open_workspace()
    if not _knows_columns(resources, team_name, dataset_name):
        refuse_unusable(file, stated)
    begun = begin_import(resources, team_name, dataset_name, file, mapping=stated, as_of=as_of, mode=mode, check=dry_run)
    actor, detail = begun.actor, begun.detail
    with _discarded(resources, actor, detail.id) if dry_run else nullcontext():
        if detail.job_id:
            finish(resources, actor, detail.job_id)
        with unit_of_work(resources, read_only=True) as session:
            report = import_report(show_import(session, actor, detail.id), dry_run=dry_run)
    return {**report, "taken_over": begun.waited}


@contextmanager
def _discarded(resources: Resources, actor: Actor, import_id: str) -> Iterator[None]:
    """Leave nothing of a dry run behind but what it says, however it ends."""
    try:
        yield
    finally:
        # Where its job was not stopped yet, the import stays until somebody discards it.
        with suppress(Conflict), unit_of_work(resources) as session:
            discard_import(session, actor, resources.store, import_id)


def refuse_unusable(file: Path, mapping: dict[str, Any] | None = None) -> None:
    """Refuse what cannot be read, or lacks a customer id, before anything is created for it."""
    stated = mapping or {}
    file_format = FileFormat(**stated["format"]) if stated.get("format") else None
    require_customer_id(inspect_file(file, roles=stated.get("schema"), file_format=file_format).schema)


def _knows_columns(resources: Resources, team_name: str | None, dataset_name: str | None) -> bool:
    """Whether the dataset has columns already: then its job knows more of the file than this command does."""
    try:
        with unit_of_work(resources, read_only=True) as session:
            return find_dataset(session, find_operator(session, team_name), dataset_name).column_schema is not None
    except ServiceError:
        return False


def begin_import(resources: Resources, team_name: str | None, dataset_name: str | None, file: Path, **how: Any) -> Begun:
    """Start the file's import; where the very same is at work, wait for it first, and take it over once its process is gone."""
    while True:
        begun = store_file(resources, team_name, dataset_name, file, **how)
        if not begun.waited:
            return begun
        since = f"{begun.detail.created_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{begun.detail.file_name} waits to be imported already, or is at work, since {since}. Waiting for that.", err=True)
        if is_left_behind(resources, begun.actor, begun.detail.job_id or ""):
            click.echo("Nobody is at that import any more, so this command takes it over.", err=True)
            return begun


def store_file(
    resources: Resources,
    team_name: str | None,
    dataset_name: str | None,
    file: Path,
    *,
    check: bool = False,
    mapping: dict[str, Any] | None = None,
    as_of: datetime | None = None,
    mode: str = ImportMode.UPDATE,
) -> Begun:
    """Put the file into the store and start its import (or only its dry run), unless the very same import is at work."""
    how: dict[str, Any] = {"mapping": mapping, "as_of": as_of.date() if as_of else None, "mode": mode}
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name, create=True)
        dataset = ensure_dataset(session, actor, dataset_name) if dataset_name else find_dataset(session, actor, None)
        with file.open("rb") as stream:
            digest, size = resources.store.put_stream(actor.team_id, "upload", stream)
        stored = StoredFile(file.name, digest, size)
        if not check and (found := find_pending(session, actor, dataset.slug, stored, **how)) is not None:
            return Begun(actor, found, waited=True)
        return Begun(actor, start_import(session, actor, dataset.slug, stored, check=check, **how), waited=False)


def import_report(detail: ImportDetail, *, dry_run: bool) -> Report:
    """What `import --json` prints."""
    report = detail.report
    if report is None:
        raise Invalid(detail.message or "The file could not be read.")
    return {
        "import_id": detail.id,
        "dataset": detail.dataset,
        "snapshot": detail.snapshot,
        "dry_run": dry_run,
        "file_rows": report.file_rows,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "rejects": to_json(report.rejects),
        "warnings": to_json(report.findings),
        "schema": report.schema,
        "format": to_json(report.format),
        "as_of": report.as_of,
        "values": report.values,
        "mode": report.mode,
        "known": report.known,
        "removed": report.removed,
        "flagged": report.flagged,
        "ignored": list(report.ignored),
        "missing": list(report.missing),
        "moves": to_json(report.moves),
        "drift": to_json(report.drift),
        "mapping_from": to_json(report.mapping_from),
        "same_as": to_json(report.same_as),
        **({"lines": to_json(report.lines)} if report.lines else {}),
    }


def _read_mapping(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        mapping = json.loads(path.read_text(encoding="utf-8-sig"))
    except RecursionError:
        raise Invalid(f"{path.name} is nested too deeply for a mapping. {MAPPING_PARTS}", details={"field": "mapping"}) from None
    except ValueError as error:
        raise Invalid(f"{path.name} is not JSON: {error}. {MAPPING_PARTS}", details={"field": "mapping"}) from None
    if not isinstance(mapping, dict):
        raise Invalid(f"{path.name} holds no object. {MAPPING_PARTS}", details={"field": "mapping"})
    # Of a whole report that `import --json` printed, the parts count; any other name is a mistake, and refused.
    return clean_mapping({part: mapping[part] for part in PARTS if part in mapping} if "import_id" in mapping else mapping)


@click.command("import-undo")
@click.argument("import_id")
@team_option
@reports(lambda report: f"Undone. {report['dataset']} holds {report['customers']:,} customers, as before.")
def undo(import_id: str, team_name: str | None) -> Report:
    """Take a whole import back, while nothing newer depends on it."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        with _hinting():
            found = preview_undo(session, actor, import_id)
            asked = undo_import(session, actor, import_id)
    for repeat in found.repeats:
        click.echo(f"The same file, brought again on {repeat.day} without a change, is undone along with it.", err=True)
    finish(resources, actor, asked.job_id or "")
    with unit_of_work(resources, read_only=True) as session:
        detail = show_import(session, actor, import_id)
        dataset = show_dataset(session, actor, detail.dataset)
    return {
        "import_id": import_id,
        "dataset": dataset.slug,
        "status": detail.status,
        "snapshot": dataset.snapshot,
        "customers": dataset.customers,
        "undone_along": [repeat.import_id for repeat in found.repeats],
    }


@contextmanager
def _hinting() -> Iterator[None]:
    """Name the command that takes away what is in the way of an undo, or where the id of an import stands."""
    try:
        yield
    except NotFound as refusal:
        raise NotFound(f"{refusal.message} Its id ends the address of its page, and `smartcart import` printed it.") from None
    except Conflict as refusal:
        hint = WAYS_ON.get(refusal.code, "").format_map(refusal.details)
        raise Conflict(f"{refusal.message} {hint}".rstrip(), code=refusal.code, details=refusal.details) from None


def export_in_words(report: Report) -> str:
    """How many left, where they are, how many stay, and how many are there no more."""
    stay = f" {report['withheld']:,} stay: no consent." if report["withheld"] else ""
    gone = f" Gone from the newest snapshot: {report['gone']:,}." if report["gone"] else ""
    return f"{report['rows']:,} customers in {report['file']}.{stay}{gone}"


@click.command("export")
@dataset_option
@click.option("--segment", metavar="KEY", help="One segment (default: everybody).")
@click.option("--version", type=VERSION, metavar="N", help="A model version (default: the champion).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write: .csv, .parquet or .xlsx.")
@team_option
@reports(export_in_words)
def export(dataset_name: str | None, segment: str | None, version: int | None, out: Path, team_name: str | None) -> Report:
    """Write customers with their segments to a file."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name)
        with writing(out):
            saved = save_customers(session, actor, resources.store, dataset.slug, out, CustomerQuery(segment=segment, version=version))
    return {"rows": saved.rows, "file": str(saved.path), "withheld": saved.withheld, "gone": saved.gone}


@click.group("dataset")
def dataset_group() -> None:
    """Customer bases."""


@dataset_group.command("confirm-legal-basis")
@dataset_option
@team_option
@reports(
    lambda report: (
        f"Customers of {report['dataset']} whose consent is unknown may leave in exports now. Withdrawn consent still never leaves."
    )
)
def confirm_basis(dataset_name: str | None, team_name: str | None) -> Report:
    """Confirm a legal basis for contacting customers whose consent is unknown."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        confirmed = confirm_legal_basis(session, actor, find_dataset(session, actor, dataset_name).slug)
    return {"dataset": confirmed.slug, "legal_basis_confirmed": confirmed.legal_basis_confirmed}


@dataset_group.command("remove")
@dataset_option
@team_option
@reports(lambda report: f"{report['name']} is removed. The audit log stays.")
def remove(dataset_name: str | None, team_name: str | None) -> Report:
    """Remove a dataset of which nothing is left but imports that were undone, refused or discarded."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        removed = remove_dataset(session, actor, find_dataset(session, actor, dataset_name).slug)
    return {"dataset": removed.slug, "name": removed.name}


COMMANDS = (import_file, undo, export, dataset_group)
