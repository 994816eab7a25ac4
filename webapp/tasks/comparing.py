"""What a dry run says beside its counts: who would change segment under the champion, and how far each column has drifted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.artifact import unpack_assignments, unpack_model
from segmentation.drift import measure_drift
from segmentation.errors import SegmentationError
from segmentation.explaining.needs import needed_columns
from segmentation.pipeline import SegmentModel
from segmentation.roles import CUSTOMER_KEY, Column, Role, Schema
from webapp import bulk
from webapp.merging import Counts, Staging
from webapp.services.data.champions import ChampionModel
from webapp.services.data.reports import ColumnDrift, ImportReport, SegmentFlow, SegmentMoves
from webapp.services.data.storing import Base, ImportPlan
from webapp.store import Store
from webapp.tasks import Progress

MOST_PLACED = 200_000
"""Customers who are placed; of more an even sample is."""
BLOCK = 32_768
NOT_COMPARED = (Role.CUSTOMER_ID, Role.CONTACT, Role.IGNORE)

Labels = NDArray[np.int64]


class MergedFile(Protocol):
    """What an import has made of a file so far."""

    @property
    def staging(self) -> Staging: ...

    @property
    def counts(self) -> Counts: ...

    @property
    def as_of(self) -> date: ...

    @property
    def customers(self) -> pd.DataFrame: ...


def compared_report(store: Store, plan: ImportPlan, merged: MergedFile, report: ImportReport, progress: Progress) -> ImportReport:
    """`report` with moves (where there is a champion) and drift (where there were customers before)."""
    if plan.base is None:
        return report
    progress("Comparing columns", 0.6)
    drift = _drift(store, plan, plan.base, merged)
    if plan.champion is None:
        return replace(report, drift=drift)
    progress("Placing customers in segments", 0.75)
    return replace(report, drift=drift, moves=_moves(store, plan, plan.base, plan.champion, merged))


def _drift(store: Store, plan: ImportPlan, base: Base, merged: MergedFile) -> tuple[ColumnDrift, ...]:
    """The file's customers against those of the snapshot before, column by column, the strongest first."""
    before = {column.name for column in base.schema}
    names = set(merged.customers.columns)
    columns = [column for column in merged.staging.schema if column.name in before & names and column.role not in NOT_COMPARED]
    if not columns or not len(merged.customers):
        return ()
    known = Schema(tuple(base.schema.named(column.name) for column in columns))
    path = store.verified_path(plan.team_id, "snapshot", base.digest)
    there, _ = bulk.sample_rows(path, known, _step(merged.counts.customers + merged.counts.removed))
    arriving = merged.customers.iloc[:: _step(len(merged.customers))]
    found = [_column_drift(column, there[column.name], arriving[column.name]) for column in columns]
    return tuple(sorted((each for each in found if math.isfinite(each.psi)), key=lambda each: -each.psi))


def _column_drift(column: Column, there: pd.Series, arriving: pd.Series) -> ColumnDrift:
    measured = measure_drift(there, arriving)
    return ColumnDrift(column.source, column.label, round(measured.psi, 4), round(measured.chance, 4), measured.word)


def _step(rows: int) -> int:
    return max(1, math.ceil(rows / MOST_PLACED))


def _moves(store: Store, plan: ImportPlan, base: Base, champion: ChampionModel, merged: MergedFile) -> SegmentMoves:
    everybody = merged.counts.customers
    names = dict(champion.segments)
    step = _step(everybody + merged.counts.removed)
    placing = _Placing(store, plan.team_id, champion, unpack_model(store.read_bytes(plan.team_id, "model", champion.model_digest)))
    try:
        before = placing.before(base, step)
        after = before if _nothing_moves(base, merged) else placing.after(merged, step)
    except SegmentationError as error:
        return SegmentMoves(champion.number, everybody, 0, names=names, problem=error.message)
    return _counted(champion, everybody, before, after)


def _nothing_moves(base: Base, merged: MergedFile) -> bool:
    counts = merged.counts
    return not (counts.new or counts.changed or counts.removed) and merged.as_of == base.as_of


@dataclass(frozen=True, eq=False)
class _Placing:
    """Places customers by the champion's model, a block at a time; answers their clusters by customer key."""

    store: Store
    team_id: str
    champion: ChampionModel
    model: SegmentModel

    def before(self, base: Base, step: int) -> pd.Series:
        """Where customers are: by the fit itself where it was on this snapshot, for a later assigner may place a few elsewhere."""
        path = self.store.verified_path(self.team_id, "snapshot", base.digest)
        used = self._used(base.schema)
        rows, numbers = bulk.sample_rows(path, used, step)
        if base.id == self.champion.fitted_on:
            fitted = unpack_assignments(self.store.read_bytes(self.team_id, "labels", self.champion.labels_digest)).label
            return pd.Series(fitted[numbers], index=rows[CUSTOMER_KEY])
        return self._placed(rows, used, base.as_of)

    def after(self, merged: MergedFile, step: int) -> pd.Series:
        used = self._used(merged.staging.schema)
        return self._placed(merged.staging.sample(used, step), used, merged.as_of)

    def _used(self, schema: Schema) -> Schema:
        needed = {column.name for column in needed_columns(self.model.recipe, schema)}
        return Schema(tuple(column for column in schema if column.name in needed or column.role is Role.CUSTOMER_ID))

    def _placed(self, rows: pd.DataFrame, used: Schema, as_of: date) -> pd.Series:
        labels: list[Labels] = [np.zeros(0, dtype=np.int64)]
        for start in range(0, len(rows), BLOCK):
            table = self.model.measure(rows.iloc[start : start + BLOCK].reset_index(drop=True), used, as_of)
            labels.append(np.asarray(self.model.clusterer.assign(self.model.builder.transform(table)).label, dtype=np.int64))
        return pd.Series(np.concatenate(labels), index=rows[CUSTOMER_KEY])


def _counted(champion: ChampionModel, everybody: int, before: pd.Series, after: pd.Series) -> SegmentMoves:
    nobody = -2  # -1 is "no segment"
    both = pd.concat([before.rename("before"), after.rename("after")], axis=1).fillna(nobody).astype(np.int64)
    pairs = Counter(zip(both["before"].tolist(), both["after"].tolist(), strict=True))
    keys = [key for key, _ in champion.segments]
    new, gone = both["before"] == nobody, both["after"] == nobody
    stayed = both["before"] == both["after"]
    return SegmentMoves(
        version=champion.number,
        customers=everybody,
        looked_at=len(after),
        stayed=int(stayed.sum()),
        moved=int((~stayed & ~new & ~gone).sum()),
        placed=int(new.sum()),
        gone=int(gone.sum()),
        flows=_flows(pairs, keys, nobody),
        names=dict(champion.segments),
    )


def _flows(pairs: Counter[tuple[int, int]], keys: Sequence[str], nobody: int) -> tuple[SegmentFlow, ...]:
    return tuple(
        SegmentFlow(
            before=keys[was] if was >= 0 else None,
            after=keys[now] if now >= 0 else None,
            customers=customers,
            new=was == nobody,
            gone=now == nobody,
        )
        for (was, now), customers in pairs.most_common()
    )
