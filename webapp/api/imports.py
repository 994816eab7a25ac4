"""Bringing a customer file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import request

from webapp.api.fields import Field, choice, day, object_schema, read_fields, yes_no
from webapp.api.jobs import JobAnswer, job_answer
from webapp.api.operations import Body, Call, Operation
from webapp.api.routes import filled
from webapp.edge import Resources
from webapp.edge.uploads import read_upload
from webapp.models import ImportMode
from webapp.services.access import Actor, Permission
from webapp.services.data.imports import Discarded, discard_import, start_import, undo_import
from webapp.services.work.jobs import show_job


@dataclass(frozen=True)
class ImportAnswer:
    """An import that was accepted; `job` reads the file and stores its customers."""

    import_id: str
    dataset: str
    file_name: str
    file_bytes: int
    job: JobAnswer


def post_import(call: Call) -> ImportAnswer:
    file, fields = call.sent
    how = {name: fields[name] for name in ("mapping", "as_of", "check", "mode")}
    detail = start_import(call.session, call.actor, call.parts["dataset"], file, **how)
    job = job_answer(call, show_job(call.session, call.actor, detail.job_id or ""))
    return ImportAnswer(detail.id, detail.dataset, detail.file_name, detail.file_bytes, job)


def post_undo(call: Call) -> JobAnswer:
    detail = undo_import(call.session, call.actor, call.parts["import_id"])
    return job_answer(call, show_job(call.session, call.actor, detail.job_id or ""))


def post_discard(call: Call) -> Discarded:
    return discard_import(call.session, call.actor, call.resources.store, call.parts["import_id"])


def read_form(resources: Resources, actor: Actor) -> tuple[Any, dict[str, Any]]:
    """The stored file, and the fields beside it."""
    file = read_upload(resources, actor)
    return file, read_fields(FORM, filled(request.form))


def mapping(about: str) -> Field:
    """JSON text of an object."""

    def read(value: Any) -> dict[str, Any]:
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("is no JSON") from None
        if not isinstance(found, dict):
            raise ValueError("is an object")
        return found

    return Field(about, read, {"type": "string", "contentMediaType": "application/json"})


FORM = {
    "as_of": day("The day that the file is of; without it the latest day in it."),
    "check": yes_no("Only a dry run: somebody confirms it on the import's page."),
    "mode": choice(
        "update: new and changed customers; append: new ones alone; replace: the file is the whole customer base.",
        [str(mode) for mode in ImportMode],
        default=str(ImportMode.UPDATE),
    ),
    "mapping": mapping(
        'What columns mean and how the file is written: {"schema": {column: role}, "format": {...}, "values": {...}}, each part optional.'
    ),
}
_FILE = {"type": "string", "format": "binary", "description": "A CSV, Excel or Parquet file with one row for each customer."}


def _form_schema() -> dict[str, Any]:
    beside = object_schema(FORM)
    return {**beside, "properties": {"file": _FILE, **beside["properties"]}, "required": ["file"]}


OPERATIONS = (
    Operation(
        name="import_customers",
        method="POST",
        path="/datasets/{dataset}/imports",
        summary="Bring a customer file",
        needs=Permission.IMPORT,
        run=post_import,
        body=Body(read_form, {"multipart/form-data": _form_schema()}),
        writes=True,
        status=202,
        refusals={413: "The file is too large", 507: "The disk is full"},
    ),
    Operation(
        name="undo_import",
        method="POST",
        path="/imports/{import_id}/undo",
        summary="Take a whole import back, while nothing newer depends on it; repeats of it that changed nothing go along",
        needs=Permission.IMPORT,
        run=post_undo,
        writes=True,
        status=202,
        refusals={409: "Something newer depends on it, or another import of the dataset waits; `details` names it"},
    ),
    Operation(
        name="discard_import",
        method="POST",
        path="/imports/{import_id}/discard",
        summary="Let go of a file that waits to be confirmed or was refused, with its report and an empty dataset that it began",
        needs=Permission.IMPORT,
        run=post_discard,
        writes=True,
        refusals={409: "It is at work or was stored"},
    ),
)
