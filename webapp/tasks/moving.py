"""The job "move": who moved between two versions or two days, customer by customer, split into what customers and what the model did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.artifact import pack_moved, unpack_assignments, unpack_model
from segmentation.clustering import Assignments
from segmentation.describing.worth import Worth
from segmentation.errors import SegmentationError
from segmentation.movement import ABSENT, NOBODY, NOWHERE, Cell, Labels, MovedRows, count_cells
from segmentation.watching import Watch, watch_customers
from webapp import bulk
from webapp.edge import Resources, unit_of_work
from webapp.services.modelling.moving import MovedModel, MovedSnapshot, MovementCounts, MovePlan, plan_movement, record_movement
from webapp.services.work import jobs
from webapp.services.work.subjects import MOVE
from webapp.store import Store
from webapp.tasks import ClaimedJob, Progress, Task
from webapp.tasks.blocks import snapshot_blocks, used_columns

Rows = NDArray[np.int64]


def move(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Count the movement `job.subject_id`."""
    with unit_of_work(resources, read_only=True) as session:
        plan = plan_movement(session, job.actor, job.subject_id)
    counted = count_movement(resources.store, plan, progress) if plan is not None else None
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        if plan is not None and counted is not None:
            counts, rows = counted
            record_movement(
                session, job.actor, plan.movement_id, counts, resources.store.put_bytes(plan.team_id, "moved", pack_moved(rows))
            )


def count_movement(store: Store, plan: MovePlan, progress: Progress) -> tuple[MovementCounts, MovedRows]:
    """The sums by fate, and where everybody of the new snapshot was and is."""
    progress("Reading the customers before", 0.0)
    before = _place(store, plan.team_id, plan.old, plan.before)
    progress("Reading the customers now", 0.3)
    now = _place(store, plan.team_id, plan.new, plan.after)
    progress("Placing them by the version before", 0.6)
    old, problem = _place_by_old(store, plan, before, now)
    progress("Counting who moved", 0.9)
    place = _shared(store, plan, len(now.there))
    watch = watch_customers(before.assigned, old.assigned, before.spent, place)
    rows = _rows(before, old.assigned.label, now, place, watch)
    spend = bool(np.isfinite(before.spent).any() and np.isfinite(now.spent).any())
    counts = MovementCounts(_cells(before, rows, now, place), spend, int(np.count_nonzero(rows.watch)), problem)
    return counts, rows


@dataclass(frozen=True, eq=False)
class _Placed:
    """The rows (n,) of a snapshot as a model divides them; `there` is False for rows without a customer."""

    assigned: Assignments
    spent: NDArray[np.float64]
    there: NDArray[np.bool_]


def _place(store: Store, team_id: str, model: MovedModel, snapshot: MovedSnapshot) -> _Placed:
    """SegmentationError where the snapshot lacks a column that the model needs."""
    fitted = unpack_model(store.read_bytes(team_id, "model", model.model_digest))
    used, path = used_columns(fitted, snapshot.schema), store.verified_path(team_id, "snapshot", snapshot.digest)
    known = unpack_assignments(store.read_bytes(team_id, "labels", model.labels_digest)) if snapshot.id == model.fitted_on else None
    with bulk.column_engine() as connection:
        rows = int(connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()[0][0])
        assigned, spent, there = known or _nowhere(rows), np.full(rows, np.nan), np.zeros(rows, dtype=bool)
        for block, numbers in snapshot_blocks(connection, path, used):
            table = fitted.measure(block, used, snapshot.as_of)
            if known is None:
                found = fitted.clusterer.assign(fitted.builder.transform(table))
                assigned.label[numbers], assigned.confidence[numbers] = found.label, found.confidence
                assigned.runner_up[numbers] = found.runner_up
            amounts = Worth.of(block, used, table).spend
            spent[numbers] = np.nan if amounts is None else amounts
            there[numbers] = True
    return _Placed(assigned, spent, there)


def _place_by_old(store: Store, plan: MovePlan, before: _Placed, now: _Placed) -> tuple[_Placed, str]:
    """The customers of the new snapshot by the old model, or in no segment and why."""
    if plan.before.id == plan.after.id:
        return before, ""
    if plan.old == plan.new:
        return now, ""
    try:
        return _place(store, plan.team_id, plan.old, plan.after), ""
    except SegmentationError as error:
        nowhere = _nowhere(len(now.there))
        return _Placed(nowhere, now.spent, now.there), error.message


def _nowhere(rows: int) -> Assignments:
    return Assignments(np.full(rows, NOWHERE, np.int16), np.zeros(rows, np.float32), np.full(rows, NOWHERE, np.int16))


def _shared(store: Store, plan: MovePlan, rows: int) -> Rows:
    """Where each of the `rows` of the new snapshot stands in the old one, -1 for customers who joined."""
    if plan.before.id == plan.after.id:
        return np.arange(rows)
    return bulk.row_places(*(store.verified_path(plan.team_id, "snapshot", side.digest) for side in (plan.after, plan.before)))


def _rows(before: _Placed, by_old: Labels, now: _Placed, place: Rows, watch: NDArray[np.int8]) -> MovedRows:
    was = np.full(len(place), ABSENT, dtype=np.int16)
    was[place >= 0] = before.assigned.label[place[place >= 0]]
    was, old, new = (np.where(now.there, labels, NOBODY).astype(np.int16) for labels in (was, by_old, now.assigned.label))
    return MovedRows(was, old, new, np.where(now.there, watch, Watch.NO).astype(np.int8))


def _cells(before: _Placed, rows: MovedRows, now: _Placed, place: Rows) -> tuple[Cell, ...]:
    """Customers of the new snapshot, and after them those who left."""
    there, gone = now.there, before.there.copy()
    gone[place[there & (place >= 0)]] = False
    absent = np.full(np.count_nonzero(gone), ABSENT, dtype=np.int16)
    unknown = np.full(len(absent), np.nan)
    earlier = np.full(len(place), np.nan)
    earlier[place >= 0] = before.spent[place[place >= 0]]
    return count_cells(
        np.concatenate([rows.was[there], before.assigned.label[gone]]),
        np.concatenate([rows.by_old[there], absent]),
        np.concatenate([rows.now[there], absent]),
        np.concatenate([earlier[there], before.spent[gone]]),
        np.concatenate([now.spent[there], unknown]),
    )


TASKS = (Task(MOVE, move),)
