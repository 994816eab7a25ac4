"""What is wrong with a workspace, and what to do about it: its files, what they should add up to, its database, its jobs.

Looks and never mends: a tool that repairs on its own guess could take away what a backup still has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.describing.profile_types import Profiles
from segmentation.errors import ArtifactError, SegmentationError
from segmentation.explaining.needs import needed_columns
from segmentation.pipeline import SegmentModel
from segmentation.roles import CUSTOMER_KEY, Schema
from webapp import bulk
from webapp.db import database_time
from webapp.models import (
    Audience,
    Challenger,
    Champion,
    Customer,
    Dataset,
    Import,
    ImportStatus,
    Job,
    JobStatus,
    Layout,
    ModelVersion,
    Movement,
    Promotion,
    Snapshot,
    VersionSegment,
    VersionStatus,
)
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.data.lineage_records import read_lineage
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.data.undoing import Before
from webapp.services.modelling.moving import MovementCounts
from webapp.services.modelling.stored_models import read_model
from webapp.services.modelling.versions import VersionReport
from webapp.services.segmenting.audience_choices import Origin
from webapp.services.segmenting.audience_filters import KEYS as AUDIENCE_KEYS
from webapp.services.segmenting.labelled import read_labels
from webapp.services.work.jobs import workers_alive
from webapp.store import Store, StoreError

Severity = Literal["error", "warning"]
ASKED = 2_000
"""Customers whom a model is asked to place again."""
AGREEING = 0.9
"""Least share of them whom it puts where its version has them; a stand-in for an algorithm that cannot place may differ in a few."""
_RESTORE = "Restore the store from a backup."
_ANOTHER_VERSION = "Or re-cluster; where this is the champion, roll back first, for new segments are matched with its customers."
_RESTORE_ROW = "Restore database and store from the same backup."
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


def examine_workspace(session: Session) -> Iterator[Problem]:
    """What is wrong with the database itself, and with the work that it holds."""
    if session.get_bind().dialect.name == "sqlite":
        yield from _sqlite(session)
    datasetless = select(func.count()).select_from(Customer).where(Customer.dataset_ref.not_in(select(Dataset.ref)))
    if strange := session.scalar(datasetless):
        message = f"{_of_the_record(strange)} to a dataset that is gone."
        yield Problem("customers_of_nobody", "error", "database", message, "Restore it from a backup.")
    now = database_time(session)
    waiting = session.scalar(select(func.count()).select_from(Job).where(Job.status == JobStatus.QUEUED, Job.created_at < now - _WAITED))
    if waiting and not workers_alive(session):
        yield Problem("no_worker", "warning", "jobs", f"{waiting} jobs wait and no worker is alive.", "Start `smartcart worker`.")


def examine_team(session: Session, actor: Actor, store: Store) -> Iterator[Problem]:
    """What is wrong with a team's versions, snapshots, imports, movements and audiences, row by row and file by file."""
    kinds: tuple[tuple[type[Any], str, Callable[[_Examined, Any], Iterator[Problem]]], ...] = (
        (Snapshot, "snapshot", _snapshot),
        (ModelVersion, "version", _version),
        (Import, "import", _import),
        (Movement, "movement", _movement),
        (Audience, "audience", _audience),
    )
    for dataset_id, slug in session.execute(team_rows(actor, Dataset).order_by(Dataset.slug).with_only_columns(Dataset.id, Dataset.slug)):
        where = f"{actor.team_slug}/{slug}"
        for kind, what, examine in kinds:
            for row_id in session.scalars(team_rows(actor, kind).where(kind.dataset_id == dataset_id).with_only_columns(kind.id)).all():
                yield from _row(_Examined(session, actor, store, f"{where} {what} {row_id}"), kind, row_id, examine)
        yield from _row(_Examined(session, actor, store, where), Dataset, dataset_id, _standing)


@dataclass(frozen=True)
class _Examined:
    """What is looked at, and with what."""

    session: Session
    actor: Actor
    store: Store
    subject: str

    def called(self, name: object) -> _Examined:
        """The same under a name that people know it by."""
        return _Examined(self.session, self.actor, self.store, f"{self.subject.rpartition(' ')[0]} {name}")

    def file(self, area: str, digest: str) -> Iterator[Problem]:
        try:
            self.store.verified_path(self.actor.team_id, area, digest)
        except StoreError as damage:
            yield self.error(f"damaged_{area}", damage.message)

    def error(self, id: str, message: str, what_to_do: str = _RESTORE) -> Problem:
        return Problem(id, "error", self.subject, message, what_to_do)


def _row(at: _Examined, kind: type[Any], row_id: str, examine: Callable[[_Examined, Any], Iterator[Problem]]) -> Iterator[Problem]:
    """Problems of one row; one that cannot even be read is a problem itself, and the others are looked at all the same."""
    try:
        yield from examine(at, team_row(at.session, at.actor, kind, "row", id=row_id))
    except (ValueError, KeyError, TypeError, AttributeError) as damage:
        yield at.error("unreadable_row", f"What the database holds of it cannot be read ({type(damage).__name__}).", _RESTORE_ROW)


def _snapshot(at: _Examined, snapshot: Snapshot) -> Iterator[Problem]:
    at = at.called(snapshot.number)
    from_json(Schema, snapshot.column_schema)
    yield from at.file("snapshot", snapshot.digest)


def _import(at: _Examined, row: Import) -> Iterator[Problem]:
    """Order lines, from which customers are summed up anew, what undoing needs, and the rejected rows."""
    if row.status != ImportStatus.DONE:
        return
    at = at.called(f"of {row.file_name}")
    past = from_json(Before, row.before).past_digest if row.before is not None else None
    for area, digest in (("orders", row.part_digest), ("past", past), ("rejects", row.rejects_digest)):
        if digest is not None:
            yield from at.file(area, digest)


def _movement(at: _Examined, movement: Movement) -> Iterator[Problem]:
    if movement.counts is not None:
        from_json(MovementCounts, movement.counts)
    if movement.rows_digest is not None:
        yield from at.file("moved", movement.rows_digest)


def _audience(at: _Examined, audience: Audience) -> Iterator[Problem]:
    """Its keys, as many as its row says, and where they came from."""
    at = at.called(audience.name)
    from_json(Origin, audience.origin)
    damage = list(at.file(AUDIENCE_KEYS, audience.keys_digest))
    yield from damage
    if not damage and (held := bulk.count_rows(at.store.path(audience.team_id, AUDIENCE_KEYS, audience.keys_digest))) != audience.size:
        yield at.error("audience_differs", f"Its file holds {held:,} customers, its row says {audience.size:,}.", _RESTORE_ROW)


def _version(at: _Examined, version: ModelVersion) -> Iterator[Problem]:
    if version.status != VersionStatus.READY:
        return
    at = at.called(version.number)
    from_json(VersionReport, version.report)
    from_json(Profiles, version.profiles)
    read_lineage(version)
    model = yield from _model(at, version)
    labels = yield from _labels(at, version)
    if version.measures_digest is not None:
        yield from at.file("measures", version.measures_digest)
    if model is not None and labels is not None:
        yield from _belong_together(at, version, model, labels)


def _model(at: _Examined, version: ModelVersion) -> Generator[Problem, None, SegmentModel | None]:
    """The model, read and asked to place the customers of its proof."""
    advice = f"{_RESTORE} Until then this version places nobody, and the champion before it serves in its place; or re-cluster."
    try:
        return read_model(at.store, version.team_id, version.model_digest or "0")
    except (StoreError, ArtifactError) as damage:
        yield at.error(damage.code if damage.code == "model_changed" else "damaged_model", damage.message, advice)
        return None


def _labels(at: _Examined, version: ModelVersion) -> Generator[Problem, None, NDArray[np.int16] | None]:
    """The labels, one for each customer of the snapshot, as many in each segment as its row says."""
    try:
        labels = read_labels(at.store, version.team_id, version.labels_digest or "0").label
    except (StoreError, ArtifactError) as damage:
        yield at.error("damaged_labels", damage.message, f"{_RESTORE} {_ANOTHER_VERSION}")
        return None
    customers = at.session.scalars(select(Snapshot.customers).where(Snapshot.id == version.snapshot_id)).one()
    rows = select(VersionSegment.cluster, VersionSegment.size).where(VersionSegment.version_id == version.id)
    sizes = dict(at.session.execute(rows).all())
    counted = {cluster: int((labels == cluster).sum()) for cluster in sizes}
    if len(labels) != customers or counted != sizes or sum(sizes.values()) + int((labels < 0).sum()) != len(labels):
        message = f"Its segments hold {sum(sizes.values()):,} customers and its labels {len(labels):,}; the snapshot has {customers:,}."
        yield at.error("sizes_differ", message, f"{_RESTORE} {_ANOTHER_VERSION}")
        return None
    return labels


def _belong_together(at: _Examined, version: ModelVersion, model: SegmentModel, labels: NDArray[np.int16]) -> Iterator[Problem]:
    """The model puts the customers of its snapshot where the version has them: a sound model may be that of another version."""
    snapshot = team_row(at.session, at.actor, Snapshot, "snapshot", id=version.snapshot_id)
    known = from_json(Schema, snapshot.column_schema)
    names = {column.name for column in needed_columns(model.recipe, known)} | {CUSTOMER_KEY}
    needed = Schema(tuple(column for column in known if column.name in names))
    try:
        path = at.store.verified_path(version.team_id, "snapshot", snapshot.digest)
        rows, numbers = bulk.sample_rows(path, needed, math.ceil(len(labels) / ASKED) or 1)
        agreeing = float((model.assign(rows, needed, snapshot.as_of).label == labels[numbers]).mean()) if len(rows) else 1.0
    except StoreError:
        return  # told of the snapshot
    except SegmentationError:
        agreeing = 0.0
    if agreeing < AGREEING:
        message = f"Its model puts {agreeing:.0%} of its customers where the version has them: it seems to be that of another version."
        yield at.error("model_of_another", message, f"{_RESTORE_ROW} Or re-cluster.")


def _standing(at: _Examined, dataset: Dataset) -> Iterator[Problem]:
    """The pointers lead to ready versions of this dataset, and the record holds whom the current snapshot holds."""
    pointers = {kind: _pointed_to(at, dataset, kind) for kind in (Champion, Challenger)}
    for kind, what in ((Champion, "champion"), (Challenger, "challenger")):
        found = pointers[kind]
        if found is not None and (found.dataset_id != dataset.id or found.status != VersionStatus.READY):
            why = "a version of another dataset" if found.dataset_id != dataset.id else str(found.status)
            yield at.error(f"{what}_not_ready", f"The {what} is {why}.", "Promote a ready version." if kind is Champion else _RESTORE_ROW)
    if pointers[Champion] is None and _was_promoted(at, dataset):
        yield at.error("champion_missing", "Versions were promoted, and none is champion.", "Promote a ready version.")
    elif pointers[Champion] is not None and pointers[Champion] is pointers[Challenger]:
        yield Problem("challenger_is_champion", "warning", at.subject, "The champion is its own challenger.", "Set another challenger.")
    snapshot = latest_snapshot(at.session, dataset)
    stored = at.session.scalar(select(func.count()).select_from(Customer).where(Customer.dataset_ref == dataset.ref)) or 0
    if stored != (snapshot.customers if snapshot else 0):
        message = f"The record has {stored:,} customers, the current snapshot {snapshot.customers if snapshot else 0:,}."
        yield at.error("record_differs", message, _RESTORE_ROW)
    yield from _owners(at, dataset)


def _owners(at: _Examined, dataset: Dataset) -> Iterator[Problem]:
    """Imports and layouts of the customers are those of their dataset, which the database does not look up row by row."""
    imports = select(Import.ref).where(Import.dataset_id == dataset.id)
    layouts = select(Layout.id).where(Layout.dataset_id == dataset.id)
    strays = or_(
        *(each.not_in(imports) for each in (Customer.first_import_ref, Customer.last_import_ref)),
        Customer.layout_id.not_in(layouts),
    )
    if strange := at.session.scalar(select(func.count()).select_from(Customer).where(Customer.dataset_ref == dataset.ref, strays)):
        message = f"{_of_the_record(strange)} to an import or a layout that the dataset does not have."
        yield at.error("customers_of_others", message, _RESTORE_ROW)


def _of_the_record(customers: int) -> str:
    return "1 customer of the record belongs" if customers == 1 else f"{customers:,} customers of the record belong"


def _pointed_to(at: _Examined, dataset: Dataset, kind: type[Champion] | type[Challenger]) -> ModelVersion | None:
    rows = team_rows(at.actor, ModelVersion).join(kind, kind.version_id == ModelVersion.id).where(kind.dataset_id == dataset.id)
    return at.session.scalars(rows).one_or_none()


def _was_promoted(at: _Examined, dataset: Dataset) -> bool:
    return at.session.scalars(team_rows(at.actor, Promotion).where(Promotion.dataset_id == dataset.id).limit(1)).first() is not None


def _sqlite(session: Session) -> Iterator[Problem]:
    found = session.execute(text("PRAGMA quick_check(1)")).scalar()
    if found != "ok":
        yield Problem("damaged_database", "error", "database", f"The database is damaged: {found}", "Restore it from a backup.")
    if (row := session.execute(text("PRAGMA foreign_key_check")).first()) is not None:
        message = f"A row of {row[0]} points to one of {row[2]} that is gone."
        yield Problem("dangling_row", "error", "database", message, "Restore it from a backup.")
