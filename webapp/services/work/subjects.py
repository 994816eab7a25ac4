"""What a job is about: its name for people, its page, who may stop it, and what becomes of it when the job ends without a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from webapp.models import Dataset, Import, ImportStatus, Job, JobStatus, ModelVersion, Movement, Sweep, VersionStatus
from webapp.services.access import Permission

CHECK_IMPORT = "check_import"
IMPORT = "import"
UNDO_IMPORT = "undo_import"
IMPORT_FOLDER = "import_folder"
RECLUSTER = "recluster"
SWEEP = "sweep"
SAMPLE = "sample"
TRACE = "trace"
MOVE = "move"
TIDY = "tidy"

_OF_DATASETS = (SAMPLE, TRACE, TIDY, IMPORT_FOLDER)
_OF_IMPORTS = (CHECK_IMPORT, IMPORT, UNDO_IMPORT)
_FITS: Mapping[str, type[Any]] = {RECLUSTER: ModelVersion, SWEEP: Sweep}


@dataclass(frozen=True)
class Subject:
    """`name` as in "version 3" or "smartcart.csv"; `url_part` is its page under the dataset's address ("" for the dataset's own).

    `seed` is what a fit was asked for, 0 where nobody chose one.
    """

    name: str
    url_part: str
    seed: int = 0


def needed_permission(kind: str) -> Permission:
    """What somebody needs to start or stop a job of this kind."""
    if kind == MOVE:
        return Permission.VIEW_CUSTOMERS
    return Permission.IMPORT if kind in (*_OF_IMPORTS, *_OF_DATASETS) else Permission.RECLUSTER


def describe_subjects(session: Session, jobs: Iterable[Job]) -> dict[str, Subject]:
    """The subject of each job by job id, in at most six queries. The jobs come from `access`, so their subjects are the team's."""
    jobs = list(jobs)
    imports = _rows(session, Import, [job.subject_id for job in jobs if job.kind in _OF_IMPORTS])
    versions = _rows(session, ModelVersion, [job.subject_id for job in jobs if job.kind == RECLUSTER])
    sweeps = _rows(session, Sweep, [job.subject_id for job in jobs if job.kind == SWEEP])
    datasets = _rows(session, Dataset, [job.subject_id for job in jobs if job.kind in _OF_DATASETS])
    movements = _movements(session, [job.subject_id for job in jobs if job.kind == MOVE])
    found = imports | versions | sweeps | datasets | movements
    return {job.id: _subject(job, found.get(job.subject_id)) for job in jobs}


def settle_subject(session: Session, job: Job, status: JobStatus, message: str, at: datetime) -> None:
    """Bring the subject of a job that failed or was cancelled to its end, in the transaction that ends the job."""
    if job.kind in (CHECK_IMPORT, IMPORT):  # an import that could not be undone stays as it is
        _settle_import(session, job, status, message, at)
    elif job.kind in _FITS:
        _settle_fit(session, job, status, message)


def _settle_import(session: Session, job: Job, status: JobStatus, message: str, at: datetime) -> None:
    row = session.get(Import, job.subject_id)
    if row is not None and row.status in (ImportStatus.UPLOADED, ImportStatus.CHECKING, ImportStatus.IMPORTING):
        row.status = ImportStatus.CANCELLED if status == JobStatus.CANCELLED else ImportStatus.FAILED
        row.message, row.finished_at = message, at
        session.flush()


def _settle_fit(session: Session, job: Job, status: JobStatus, message: str) -> None:
    row = session.get(_FITS[job.kind], job.subject_id)
    if row is not None and row.status == VersionStatus.PENDING:
        row.status = VersionStatus.CANCELLED if status == JobStatus.CANCELLED else VersionStatus.FAILED
        row.status_message = message
        session.flush()


def _rows(session: Session, model: Any, ids: list[str]) -> dict[str, Any]:
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(ids)))}


def _movements(session: Session, ids: list[str]) -> dict[str, Subject]:
    """By id; the page of a movement knows it by its id too."""
    if not ids:
        return {}
    old, new = aliased(ModelVersion), aliased(ModelVersion)
    rows = session.execute(
        select(Movement.id, old.number, new.number)
        .join(old, old.id == Movement.old_version_id)
        .join(new, new.id == Movement.new_version_id)
        .where(Movement.id.in_(ids))
    )
    return {
        id_: Subject(f"version {before} to {now}" if before != now else f"version {now}", f"movement?m={id_}") for id_, before, now in rows
    }


def _subject(job: Job, about: Import | ModelVersion | Sweep | Dataset | Subject | None) -> Subject:
    if isinstance(about, Subject):
        return about
    if isinstance(about, Import):
        return Subject(about.file_name, f"imports/{about.id}")
    if isinstance(about, ModelVersion):
        there = f"segments?v={about.number}" if about.status != VersionStatus.REMOVED else f"models/{about.number}"
        return Subject(f"version {about.number}", there, about.seed)
    if isinstance(about, Sweep):
        return Subject(f"sweep {about.number}", f"lab/{about.number}", about.seed)
    if isinstance(about, Dataset):
        return Subject(about.name, "")
    return Subject(job.kind.replace("_", " "), "jobs")
