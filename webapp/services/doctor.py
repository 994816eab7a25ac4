"""What is wrong with a workspace, and what to do about it: its files, what they should add up to, its database, its jobs.

Looks and never mends: a tool that repairs on its own guess could take away what a backup still has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, defer

from segmentation.codec import from_json
from segmentation.errors import ArtifactError
from webapp.db import database_time
from webapp.models import (
    Champion,
    Customer,
    Dataset,
    Import,
    ImportStatus,
    Job,
    JobStatus,
    ModelVersion,
    Snapshot,
    VersionSegment,
    VersionStatus,
)
from webapp.services.access import Actor, team_rows
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.data.undoing import Before
from webapp.services.modelling.scoring import read_model
from webapp.services.segmenting.labelled import read_labels
from webapp.services.work.jobs import workers_alive
from webapp.store import Store, StoreError

Severity = Literal["error", "warning"]
_RESTORE = "Restore the store from a backup."
_WAITED = timedelta(minutes=10)
"""A job that waits longer than this waits for a worker that is not there."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong: `id` is stable and meant for programs, `subject` names team, dataset and what it is about."""

    id: str
    severity: Severity
    subject: str
    message: str
    what_to_do: str


def examine_team(session: Session, actor: Actor, store: Store) -> Iterator[Problem]:
    """What is wrong with a team's versions, snapshots and imports, file by file."""
    for dataset in session.scalars(team_rows(actor, Dataset).order_by(Dataset.slug)):
        where = f"{actor.team_slug}/{dataset.slug}"
        yield from _snapshots(session, actor, store, dataset, where)
        yield from _versions(session, actor, store, dataset, where)
        yield from _imports(session, actor, store, dataset, where)
        yield from _standing(session, actor, dataset, where)


def examine_workspace(session: Session) -> Iterator[Problem]:
    """What is wrong with the database itself, and with the work that it holds."""
    if session.get_bind().dialect.name == "sqlite":
        yield from _sqlite(session)
    now = database_time(session)
    waiting = session.scalar(select(func.count()).select_from(Job).where(Job.status == JobStatus.QUEUED, Job.created_at < now - _WAITED))
    if waiting and not workers_alive(session):
        yield Problem("no_worker", "warning", "jobs", f"{waiting} jobs wait and no worker is alive.", "Start `smartcart worker`.")


def _sqlite(session: Session) -> Iterator[Problem]:
    found = session.execute(text("PRAGMA quick_check(1)")).scalar()
    if found != "ok":
        yield Problem("damaged_database", "error", "database", f"The database is damaged: {found}", "Restore it from a backup.")
    if (row := session.execute(text("PRAGMA foreign_key_check")).first()) is not None:
        yield Problem(
            "dangling_row", "error", "database", f"A row of {row[0]} points to one of {row[2]} that is gone.", "Restore it from a backup."
        )


def _snapshots(session: Session, actor: Actor, store: Store, dataset: Dataset, where: str) -> Iterator[Problem]:
    rows = team_rows(actor, Snapshot).where(Snapshot.dataset_id == dataset.id).order_by(Snapshot.number)
    for number, digest in session.execute(rows.with_only_columns(Snapshot.number, Snapshot.digest)):
        yield from _file(store, actor, "snapshot", digest, f"{where} snapshot {number}")


def _versions(session: Session, actor: Actor, store: Store, dataset: Dataset, where: str) -> Iterator[Problem]:
    rows = team_rows(actor, ModelVersion).where(ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
    for version in session.scalars(rows.order_by(ModelVersion.number).options(defer(ModelVersion.profiles), defer(ModelVersion.report))):
        subject = f"{where} version {version.number}"
        yield from _model(store, version, subject)
        yield from _labels(session, store, version, subject)
        if version.measures_digest is not None:
            yield from _file(store, actor, "measures", version.measures_digest, subject)


def _model(store: Store, version: ModelVersion, subject: str) -> Iterator[Problem]:
    """The model, read and asked to place the customers of its proof."""
    advice = f"{_RESTORE} Until then this version places nobody, and the champion before it serves in its place; or re-cluster."
    if version.model_digest is None:
        yield Problem("missing_model", "error", subject, "It is ready and has no model.", advice)
        return
    try:
        read_model(store, version.team_id, version.model_digest)
    except StoreError as damage:
        yield Problem("damaged_model", "error", subject, damage.message, advice)
    except ArtifactError as damage:
        yield Problem(damage.code if damage.code == "model_changed" else "damaged_model", "error", subject, damage.message, advice)


def _labels(session: Session, store: Store, version: ModelVersion, subject: str) -> Iterator[Problem]:
    """The labels, one for each customer of the snapshot, as many in each segment as its row says."""
    if version.labels_digest is None:
        yield Problem("missing_labels", "error", subject, "It is ready and has no labels.", _RESTORE)
        return
    try:
        labels = read_labels(store, version.team_id, version.labels_digest).label
    except (StoreError, ArtifactError) as damage:
        yield Problem("damaged_labels", "error", subject, damage.message, f"{_RESTORE} Or re-cluster.")
        return
    customers = session.scalars(select(Snapshot.customers).where(Snapshot.id == version.snapshot_id)).one()
    sizes = dict(session.execute(select(VersionSegment.cluster, VersionSegment.size).where(VersionSegment.version_id == version.id)).all())
    counted = {cluster: int((labels == cluster).sum()) for cluster in sizes}
    if len(labels) != customers or counted != sizes or sum(sizes.values()) + int((labels < 0).sum()) != len(labels):
        message = f"Its segments hold {sum(sizes.values()):,} customers and its labels {len(labels):,}; the snapshot has {customers:,}."
        yield Problem("sizes_differ", "error", subject, message, f"{_RESTORE} Or re-cluster.")


def _imports(session: Session, actor: Actor, store: Store, dataset: Dataset, where: str) -> Iterator[Problem]:
    """Order lines, from which customers are summed up anew, and what undoing needs."""
    rows = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
    for name, part, before in session.execute(rows.with_only_columns(Import.file_name, Import.part_digest, Import.before)):
        if part is not None:
            yield from _file(store, actor, "orders", part, f"{where} import of {name}")
        past = from_json(Before, before).past_digest if before else None
        if past is not None:
            yield from _file(store, actor, "past", past, f"{where} import of {name}")


def _standing(session: Session, actor: Actor, dataset: Dataset, where: str) -> Iterator[Problem]:
    """The champion is a ready version, and the record holds whom the current snapshot holds."""
    status = session.scalars(
        select(ModelVersion.status).join(Champion, Champion.version_id == ModelVersion.id).where(Champion.dataset_id == dataset.id)
    ).one_or_none()
    if status is not None and status != VersionStatus.READY:
        yield Problem("champion_not_ready", "error", where, f"The champion is {status}.", "Promote a ready version.")
    snapshot = latest_snapshot(session, dataset)
    stored = session.scalar(select(func.count()).select_from(Customer).where(Customer.dataset_id == dataset.id)) or 0
    if stored != (snapshot.customers if snapshot else 0):
        message = f"The record has {stored:,} customers, the current snapshot {snapshot.customers if snapshot else 0:,}."
        yield Problem("record_differs", "error", where, message, "Restore database and store from the same backup.")


def _file(store: Store, actor: Actor, area: str, digest: str, subject: str) -> Iterator[Problem]:
    try:
        store.verified_path(actor.team_id, area, digest)
    except StoreError as damage:
        yield Problem(f"damaged_{area}", "error", subject, damage.message, _RESTORE)
