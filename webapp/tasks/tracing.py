"""The job "trace": how the champion divides the customers of each of the latest snapshots, and who moved from one to the next.

An earlier snapshot is placed by the champion with the customers' own attributes of that day. Customers go by in blocks; of everybody
only key and label are kept, in a DuckDB that spills to disk.
"""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from segmentation.artifact import unpack_assignments, unpack_model
from segmentation.describing.outcomes import yes_values
from segmentation.describing.worth import Worth
from segmentation.drift import measure_drift
from segmentation.errors import SegmentationError
from segmentation.explaining.explanation import explain
from segmentation.movement import Labels, Moves, Tally, moves_of
from segmentation.pipeline import SegmentModel
from segmentation.roles import CUSTOMER_KEY, Role, Schema
from webapp import bulk
from webapp.edge import Resources, unit_of_work
from webapp.services.data.reports import ColumnDrift
from webapp.services.data.trace_requests import request_trace
from webapp.services.modelling.tracing import Counted, SinceFit, Step, TracePlan, lock_traced, plan_trace, record_counts
from webapp.services.work import jobs
from webapp.services.work.subjects import TRACE
from webapp.store import Store
from webapp.tasks import ClaimedJob, Progress, Task
from webapp.tasks.blocks import snapshot_blocks, used_columns

SAMPLED = 20_000
"""Customers by whom drift is measured; an estimate of a share is then within one in a hundred."""

_LABEL = "label"


def trace(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Count what is missing for the dataset `job.subject_id`; whatever changed meanwhile gets a job of its own."""
    with unit_of_work(resources, read_only=True) as session:
        plan = plan_trace(session, job.actor, job.subject_id)
    counted = count_all(resources.store, plan, progress) if plan is not None else {}
    with unit_of_work(resources) as session:
        if plan is None:
            jobs.finish_job(session, job.fence)
            return
        dataset = lock_traced(session, job.actor, plan)
        jobs.finish_job(session, job.fence)
        record_counts(session, job.actor, plan, counted)
        later = plan_trace(session, job.actor, job.subject_id)
        if later is not None and later.missing:
            request_trace(session, job.actor, dataset)


def count_all(store: Store, plan: TracePlan, progress: Progress) -> dict[str, Counted]:
    """The counts of every snapshot that is missing, by snapshot id."""
    counter = _Counter(store, plan, unpack_model(store.read_bytes(plan.team_id, "model", plan.model_digest)))
    wanted = set(plan.missing)
    numbered = list(enumerate(zip(plan.steps, plan.schemas, strict=True)))
    needed = [pair for place, pair in numbered if pair[0].snapshot_id in wanted or _next_is_wanted(plan.steps, place, wanted)]
    found: dict[str, Counted] = {}
    with bulk.column_engine() as connection:
        for place, (step, schema) in enumerate(needed):
            progress(f"Counting the customers of {step.as_of.day} {step.as_of:%b %Y}", place / len(needed))
            counted = counter.count(connection, step, schema)
            if step.snapshot_id in wanted:
                found[step.snapshot_id] = counted
    return _with_drift(counter, plan, found)


def _with_drift(counter: _Counter, plan: TracePlan, found: dict[str, Counted]) -> dict[str, Counted]:
    """The same, the latest snapshot with how far its customers are from those of the fit."""
    last, schema = plan.steps[-1], plan.schemas[-1]
    if last.snapshot_id not in found or found[last.snapshot_id].problem:
        return found
    return found | {last.snapshot_id: replace(found[last.snapshot_id], since_fit=counter.since_fit(last, schema))}


def _next_is_wanted(steps: Sequence[Step], place: int, wanted: set[str]) -> bool:
    """Whether the labels of this step are needed to see who moved in the next one."""
    return place + 1 < len(steps) and steps[place + 1].snapshot_id in wanted


@dataclass(eq=False)
class _Counter:
    """Places the customers of one snapshot after the other; the labels of the one before stay in the table `before`."""

    store: Store
    plan: TracePlan
    model: SegmentModel
    placed: str | None = None

    def count(self, connection: duckdb.DuckDBPyConnection, step: Step, schema: Schema) -> Counted:
        """Counts of this snapshot, with the moves where the snapshot before it was counted just now."""
        connection.execute(f"CREATE OR REPLACE TABLE now ({CUSTOMER_KEY} VARCHAR, {_LABEL} SMALLINT)")
        try:
            tally = self._place(connection, step, schema)
        except SegmentationError as error:
            return Counted(step.before, None, error.message)
        moves = self._moves(connection) if self.placed is not None and self.placed == step.before else None
        connection.execute("DROP TABLE IF EXISTS before")
        connection.execute("ALTER TABLE now RENAME TO before")
        self.placed = step.snapshot_id
        return Counted(step.before, tally.division(step.as_of, moves))

    def _place(self, connection: duckdb.DuckDBPyConnection, step: Step, schema: Schema) -> Tally:
        tally, used = Tally(self.plan.segments), used_columns(self.model, schema)
        fitted = self._fitted_labels() if step.snapshot_id == self.plan.fitted_on else None
        path = self._path(step.digest)
        for rows, numbers in snapshot_blocks(connection, path, used):
            table = self.model.measure(rows, used, step.as_of)
            labels = fitted[numbers] if fitted is not None else self.model.clusterer.assign(self.model.builder.transform(table)).label
            outcomes = {(column.name, column.label): yes_values(rows[column.name]) for column in used.of(Role.OUTCOME)}
            tally.add(labels, Worth.of(rows, used, table).spend, outcomes)
            connection.register("block", pd.DataFrame({CUSTOMER_KEY: rows[CUSTOMER_KEY], _LABEL: labels}))
            connection.execute("INSERT INTO now SELECT * FROM block")
            connection.unregister("block")
        return tally

    def since_fit(self, step: Step, schema: Schema) -> SinceFit:
        """How far a sample of this snapshot's customers is from a sample of those whom the model was fitted on."""
        fitted = self.plan.fitted
        before, _ = self._sampled(fitted.digest, fitted.schema, fitted.as_of)
        now, rows = self._sampled(step.digest, schema, step.as_of)
        explained = explain(self.model, rows, used_columns(self.model, schema), step.as_of)
        unlike = explained.unlike
        named = zip(self.model.recipe.features, explained.labels, strict=True)
        measures = [_measure_drift(spec.measure, label, before, now) for spec, label in named]
        joined, left = bulk.count_turnover(*(self._path(digest) for digest in (fitted.digest, step.digest)))
        return SinceFit(
            placed=len(rows),
            unlike=None if unlike is None else int(unlike.sum()),
            measures=tuple(sorted(measures, key=lambda each: -each.psi)),
            joined=joined,
            left=left,
        )

    def _path(self, digest: str) -> Path:
        return self.store.verified_path(self.plan.team_id, "snapshot", digest)

    def _sampled(self, digest: str, schema: Schema, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Measures of a sample of a snapshot's customers as of its day, and their rows."""
        path, used = self._path(digest), used_columns(self.model, schema)
        rows, _ = bulk.sample_rows(path, used, max(1, math.ceil(bulk.count_rows(path) / SAMPLED)))
        return self.model.measure(rows, used, as_of), rows

    def _fitted_labels(self) -> Labels:
        """Those of the fit itself: a later assigner of some algorithms places a few customers elsewhere."""
        return unpack_assignments(self.store.read_bytes(self.plan.team_id, "labels", self.plan.labels_digest)).label

    def _moves(self, connection: duckdb.DuckDBPyConnection) -> Moves:
        size = self.plan.segments + 2
        group = "CASE WHEN {0}.label IS NULL THEN {1} WHEN {0}.label < 0 THEN {2} ELSE {0}.label END"
        was, is_now = (group.format(name, size - 1, size - 2) for name in ("before", "now"))
        counted = connection.execute(
            f"SELECT {was}, {is_now}, count(*) FROM before FULL JOIN now USING ({CUSTOMER_KEY}) GROUP BY 1, 2"
        ).fetchall()
        table = np.zeros((size, size), dtype=np.int64)
        for row, column, customers in counted:
            table[row, column] = customers
        return moves_of(table)


def _measure_drift(name: str, label: str, before: pd.DataFrame, now: pd.DataFrame) -> ColumnDrift:
    drift = measure_drift(before[name], now[name])
    return ColumnDrift(name, label, round(drift.psi, 4), round(drift.chance, 4), drift.word)


TASKS = (Task(TRACE, trace),)
