"""Customers who are not stored, placed by a model version: where they belong, how sure that is, and why."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pandas as pd
from sqlalchemy import ColumnElement, Row, Select, Text, and_, bindparam, cast, select
from sqlalchemy.orm import Session, aliased

from segmentation.codec import from_json
from segmentation.engine import open_engine
from segmentation.errors import ArtifactError, SegmentationError
from segmentation.explaining.explanation import Explanation, Explanations, explain
from segmentation.explaining.needs import needed_columns
from segmentation.features import Recipe
from segmentation.intake.rows import RawRows, Wanted, read_records
from segmentation.intake.types import FileFormat, Flagged
from segmentation.pipeline import SegmentModel
from segmentation.roles import CUSTOMER_KEY, DateOrder, Schema
from webapp.models import Champion, Dataset, Import, ImportStatus, ModelVersion, Promotion, Segment, Snapshot, VersionSegment, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.errors import Conflict, Invalid
from webapp.services.modelling.stored_models import read_model
from webapp.services.modelling.versions import find_version
from webapp.store import Store, StoreError

REPORTED_ERRORS = 100
CACHED_MODELS = 32


@dataclass(frozen=True)
class SegmentName:
    """A segment as its team calls it now."""

    key: str
    name: str


@dataclass(frozen=True)
class CustomerScore:
    """Where one customer belongs: `segment` is None for "no segment", `runner_up` where there is no other.

    `row` counts from 0 in the order given; `customer_key` is the one that was sent. `confidence` is None where the algorithm has none.
    """

    row: int
    customer_key: str | None
    segment: SegmentName | None
    confidence: float | None
    runner_up: SegmentName | None
    explanation: Explanation


@dataclass(frozen=True)
class Scores:
    """The customers of one request, placed by one version. `unknown_columns` are headers that mean nothing to the dataset.

    `instead` says why it is another version than the champion, where that one cannot be used. `flags` are the values that cannot be
    true, which were not believed (their `place` is a row, from 0).
    """

    dataset: str
    version: int
    as_of: date
    customers: tuple[CustomerScore, ...]
    unknown_columns: tuple[str, ...]
    flags: tuple[Flagged, ...] = ()
    instead: str = ""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A ready version, its segments under their present names, and what it needs to know of a customer; it needs no database.

    `instead` says why it is not the champion, where that one cannot be used.
    """

    dataset: str
    version: int
    model: SegmentModel
    wanted: Wanted
    names: tuple[SegmentName, ...]
    ignored: frozenset[str]
    instead: str = ""

    def unknown(self, raw: RawRows) -> tuple[str, ...]:
        """Headers that mean nothing to the dataset; those that it ignores are known to it."""
        return tuple(header for header in raw.unknown if header not in self.ignored)

    def explain(self, customers: pd.DataFrame) -> Explanations:
        """Place `customers` (n, the needed columns under their canonical names) and say why, at the scorer's day."""
        return explain(self.model, customers, self.wanted.needed, self.wanted.as_of)

    def name(self, cluster: int) -> SegmentName | None:
        """The segment of that number; None for -1."""
        return self.names[cluster] if cluster >= 0 else None


def score_customers(
    session: Session,
    actor: Actor,
    store: Store,
    dataset: str,
    rows: Sequence[Mapping[str, Any]] | pd.DataFrame,
    *,
    version: int | None = None,
) -> Scores:
    """Place `rows` by the champion or a ready `version`: one record per customer, from the file's headers (or canonical names) to values.

    Every record names every column that the model needs; outcomes and everything else may be left out, the customer id too. Invalid names
    row and field where a value is missing or cannot be read, Conflict says that there is no champion; nothing is stored.
    """
    scorer = find_scorer(session, actor, store, dataset, version=version)
    raw = _read(scorer, _records(rows) if isinstance(rows, pd.DataFrame) else rows)
    found = scorer.explain(raw.customers)
    keys = raw.customers[CUSTOMER_KEY].tolist()
    scored = tuple(_score(scorer, found, place, key) for place, key in enumerate(keys))
    return Scores(scorer.dataset, scorer.version, scorer.wanted.as_of, scored, scorer.unknown(raw), raw.flags, scorer.instead)


def find_scorer(session: Session, actor: Actor, store: Store, dataset: str, *, version: int | None = None) -> Scorer:
    """The champion or a ready `version` as something that places customers; Conflict where nothing was promoted yet.

    Where the champion's model is missing, damaged or answers otherwise than it did, the champion before it goes on serving, and the
    scorer says so; a `version` that was asked for is refused (StoreError, ArtifactError).
    """
    require(actor, Permission.VIEW_CUSTOMERS)
    found, instead = _standing(session, actor, dataset, version), ""
    try:
        model = read_model(store, actor.team_id, found.model_digest)
    except (StoreError, ArtifactError) as damage:
        if version is not None:
            raise
        found, model = _champion_before(session, actor, store, dataset, found.id, damage)
        instead = f"The champion cannot be used. {damage} Until then version {found.number}, the champion before it, places customers."
    needed, known = _columns(model.recipe, found.fitted)
    names = session.execute(_NAMES, {"version": found.id})
    return Scorer(
        dataset=dataset,
        version=found.number,
        model=model,
        wanted=Wanted(needed, known, found.as_of or model.recipe.as_of, _date_order(found.format)),
        names=tuple(SegmentName(key, chosen or name) for key, chosen, name in names),
        ignored=_headers(found.current),
        instead=instead,
    )


def _champion_before(
    session: Session, actor: Actor, store: Store, dataset: str, champion: str, damage: Exception
) -> tuple[Row[Any], SegmentModel]:
    """The last champion before `champion` (id) whose model can be used; `damage` where there is none."""
    row = team_dataset(session, actor, dataset)
    numbers = session.scalars(
        team_rows(actor, Promotion)
        .join(ModelVersion, ModelVersion.id == Promotion.version_id)
        .where(Promotion.dataset_id == row.id, Promotion.version_id != champion, ModelVersion.status == VersionStatus.READY)
        .order_by(Promotion.created_at.desc(), Promotion.id)
        .with_only_columns(ModelVersion.number)
    )
    for number in dict.fromkeys(numbers):
        found = _standing(session, actor, dataset, number)
        with suppress(StoreError, ArtifactError):
            return found, read_model(store, actor.team_id, found.model_digest)
    raise damage


# Statements that are put together once: for a single customer, building them would take longer than running them.


def _standing_of(chosen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """A dataset of a team, the day of its latest snapshot, and the version that `chosen` picks (none: NULL) with what it was fitted on."""
    latest = aliased(Snapshot)
    as_of = (
        select(latest.as_of)
        .join(Import, Import.snapshot_id == latest.id)
        .where(Import.dataset_id == Dataset.id, Import.status == ImportStatus.DONE)
        .order_by(Import.finished_at.desc())
        .limit(1)
        .correlate(Dataset)
    )
    return (
        select(
            *(ModelVersion.id, ModelVersion.number, ModelVersion.status, ModelVersion.model_digest),
            cast(Snapshot.column_schema, Text).label("fitted"),
            cast(Dataset.column_schema, Text).label("current"),
            cast(Dataset.file_format, Text).label("format"),
            as_of.scalar_subquery().label("as_of"),
        )
        .select_from(Dataset)
        .outerjoin(ModelVersion, and_(ModelVersion.dataset_id == Dataset.id, chosen))
        .outerjoin(Snapshot, Snapshot.id == ModelVersion.snapshot_id)
        .where(Dataset.team_id == bindparam("team"), Dataset.slug == bindparam("dataset"))
    )


_CHAMPION = _standing_of(ModelVersion.id == select(Champion.version_id).where(Champion.dataset_id == Dataset.id).scalar_subquery())
_NUMBERED = _standing_of(ModelVersion.number == bindparam("number"))
_NAMES = (
    select(Segment.key, Segment.chosen_name, Segment.name)
    .join(VersionSegment, VersionSegment.segment_id == Segment.id)
    .where(VersionSegment.version_id == bindparam("version"))
    .order_by(VersionSegment.cluster)
)


def _standing(session: Session, actor: Actor, dataset: str, number: int | None) -> Row[Any]:
    if not actor.team_id:
        raise ValueError("An actor without a team reaches nothing.")
    statement = _CHAMPION if number is None else _NUMBERED
    found = session.execute(statement, {"team": actor.team_id, "dataset": dataset, "number": number}).one_or_none()
    if found is not None and found.status == VersionStatus.READY:
        return found
    find_version(session, actor, team_dataset(session, actor, dataset), number)  # says what is wrong with a dataset or a number
    raise Conflict(
        "No version is champion yet, so there is nothing to score by. Re-cluster this dataset, or promote a version of it.",
        code="no_champion",
    )


@functools.lru_cache(maxsize=CACHED_MODELS)
def _columns(recipe: Recipe, schema: str) -> tuple[Schema, Schema]:
    """The columns that a model needs, and all of the schema (JSON) that it was fitted on."""
    known = from_json(Schema, json.loads(schema))
    return needed_columns(recipe, known), known


@functools.lru_cache(maxsize=CACHED_MODELS)
def _headers(schema: str | None) -> frozenset[str]:
    """The headers of a dataset's files, those of ignored columns included."""
    return frozenset(column["source"] for column in json.loads(schema)["columns"]) if schema else frozenset()


@functools.lru_cache(maxsize=CACHED_MODELS)
def _date_order(file_format: str | None) -> DateOrder | None:
    stated = json.loads(file_format) if file_format else None
    return from_json(FileFormat, stated).date_order if stated else None


@functools.cache
def _memory() -> duckdb.DuckDBPyConnection:
    """A database in memory for cells that have to be looked at closely; opening one takes longer than scoring a customer."""
    return open_engine(threads=1)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(header): cell for header, cell in record.items()} for record in rows.to_dict("records")]


def _read(scorer: Scorer, records: Sequence[Mapping[str, Any]]) -> RawRows:
    try:
        raw = read_records(records, scorer.wanted, lambda: _memory().cursor())
    except SegmentationError as error:
        field = _field(error.details.get("row", 0), error.details["columns"][0]) if "columns" in error.details else "customers"
        raise Invalid(error.message, code=error.code, details={"field": field, **error.details}) from None
    if raw.rejects:
        raise _unreadable(raw)
    return raw


def _unreadable(raw: RawRows) -> Invalid:
    errors = [
        {"field": _field(reject.line, reject.column or ""), "value": reject.value, "reason": reject.reason}
        for reject in raw.rejects[:REPORTED_ERRORS]
    ]
    first, more = raw.rejects[0], len(raw.rejects) - 1
    others = f" {more:,} more value{'s' if more > 1 else ''} cannot be read either." if more else ""
    return Invalid(
        f"{errors[0]['field']}: “{first.value}” is {first.reason}. Correct it, or send null where it is not known.{others}",
        code="unreadable_value",
        details={"field": errors[0]["field"], "errors": errors},
    )


def _field(row: int, column: str) -> str:
    return f"customers[{row}].{column}"


def _score(scorer: Scorer, found: Explanations, row: int, key: str | None) -> CustomerScore:
    placed = found.assignments
    explanation = found.of(row)
    # Everybody of whom nothing is known lands on the medians: that is no confidence.
    known = len(explanation.missing) < len(scorer.model.recipe.features)
    confidence = float(placed.confidence[row]) if known else math.nan
    return CustomerScore(
        row=row,
        customer_key=key,
        segment=scorer.name(int(placed.label[row])),
        confidence=confidence if math.isfinite(confidence) else None,
        runner_up=scorer.name(int(placed.runner_up[row])),
        explanation=explanation,
    )
