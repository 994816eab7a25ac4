"""How sound each column of a snapshot is: what is missing, far out, impossible, new, or always the same."""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.exploring.outliers import far_out
from segmentation.intake import Finding
from segmentation.roles import Column, Kind, Role, Schema
from webapp import bulk
from webapp.models import Import, ImportStatus, Snapshot
from webapp.services.access import Actor, Permission, team_rows
from webapp.services.data.chosen import chosen_snapshot, snapshot_file
from webapp.services.data.comparing import coarse_words, new_words
from webapp.services.data.imports import EMPTIED, KNOWN_KEPT, ImportReport
from webapp.services.data.snapshot_changes import WordChanges
from webapp.services.data.snapshots import ColumnQuality, Quality, without_people
from webapp.services.filtering.filtering import SMALLEST_GROUP
from webapp.store import State, Store

KEPT = 32
AT_ONCE = 12
"""Columns whose quartiles are found at once; each holds its values in memory."""
Sign = Literal["missing", "outliers", "implausible", "new_words", "constant"]
SIGNS: tuple[Sign, ...] = ("missing", "outliers", "implausible", "new_words", "constant")
Degree = Literal["none", "some", "much", "hidden", "unknown"]

MUCH: Mapping[Sign, float] = {"missing": 0.2, "outliers": 0.02, "implausible": 0.01}
"""Shares of customers from which a sign is much."""
NO_OUTLIERS = frozenset({Role.FLAG, Role.OUTCOME, Role.BIRTH_YEAR})


@dataclass(frozen=True)
class Mark:
    """One sign of one column. `count` customers (words, for new words) show it; `degree` "hidden" is a group too small for the reader,
    "unknown" what is not looked for in this column."""

    degree: Degree
    count: int = 0
    share: float = 0.0


@dataclass(frozen=True)
class ColumnHealth:
    """One column with its signs; `words` came and went, `findings` are what its import noticed."""

    quality: ColumnQuality
    sensitive: bool
    marks: Mapping[Sign, Mark]
    words: WordChanges | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Health:
    """All columns of a snapshot, those with most trouble first. `before` is the snapshot that new words are against (None: none)."""

    snapshot: int
    customers: int
    before: int | None
    columns: tuple[ColumnHealth, ...]

    @property
    def troubled(self) -> int:
        """How many columns have any sign."""
        return sum(any(mark.degree in ("some", "much") for mark in column.marks.values()) for column in self.columns)


def show_health(
    session: Session, actor: Actor, store: Store, dataset: str, number: int | None = None, *, before: int | None = None
) -> Health | None:
    """The columns of a snapshot (None: the current one), new words against snapshot `before`; None before the first import.

    Viewers read no extreme, no finding of an import and no group under ten.
    """
    snapshot = chosen_snapshot(session, actor, dataset, number)
    if snapshot is None:
        return None
    schema = from_json(Schema, snapshot.column_schema)
    path, state = snapshot_file(actor, store, snapshot)
    outliers = _outliers(path, state, json.dumps(snapshot.column_schema))
    findings = _findings(session, actor, snapshot)
    words = new_words(session, actor, store, dataset, snapshot.number, before) if before is not None else {}
    columns = [
        _health(each, schema.named(each.name), outliers, words.get(each.name), findings, snapshot.customers)
        for each in from_json(Quality, snapshot.quality).columns
        if each.role != Role.CUSTOMER_ID
    ]
    if not actor.may(Permission.VIEW_CUSTOMERS):
        columns = [_coarse(each, snapshot.customers) for each in columns]
    return Health(snapshot.number, snapshot.customers, before, tuple(sorted(columns, key=_trouble)))


def _health(
    quality: ColumnQuality,
    column: Column,
    outliers: Mapping[str, int],
    words: WordChanges | None,
    findings: Sequence[Finding],
    customers: int,
) -> ColumnHealth:
    own = tuple(finding for finding in findings if finding.column == column.source)
    counts: dict[Sign, int | None] = {
        "missing": round((1 - quality.filled) * customers),
        "outliers": outliers.get(column.name),
        "implausible": sum(finding.count for finding in own if finding.severity == "flag"),
    }
    marks: dict[Sign, Mark] = {sign: _mark(sign, count, customers) for sign, count in counts.items()}
    marks["new_words"] = Mark("unknown") if words is None else Mark("some" if words.new else "none", words.new)
    constant = customers > 1 and quality.distinct <= 1
    marks["constant"] = Mark("much" if constant else "none", customers if constant else 0)
    return ColumnHealth(quality, column.sensitive, marks, words, own)


def _mark(sign: Sign, count: int | None, customers: int) -> Mark:
    if count is None:
        return Mark("unknown")
    share = count / customers if customers else 0.0
    return Mark("none" if not count else "much" if share >= MUCH[sign] else "some", count, share)


def _trouble(column: ColumnHealth) -> tuple[float, ...]:
    degrees = [mark.degree for mark in column.marks.values()]
    return -degrees.count("much"), -degrees.count("some"), -sum(column.marks[sign].share for sign in MUCH)


def _coarse(column: ColumnHealth, customers: int) -> ColumnHealth:
    words = None if column.words is None else coarse_words(column.words)
    marks = dict(column.marks)
    for sign in ("missing", "outliers", "implausible"):
        if 0 < marks[sign].count < SMALLEST_GROUP:
            marks[sign] = Mark("hidden")
    if words is not None:
        marks["new_words"] = Mark("some" if words.new else "none", words.new)
    return replace(column, quality=without_people(column.quality, customers), marks=marks, words=words, findings=())


def _findings(session: Session, actor: Actor, snapshot: Snapshot) -> tuple[Finding, ...]:
    """What was noticed in the file that made the snapshot."""
    made = team_rows(actor, Import).where(Import.snapshot_id == snapshot.id, Import.status == ImportStatus.DONE)
    first = session.scalars(made.order_by(Import.finished_at).limit(1)).one_or_none()
    found = from_json(ImportReport, first.report).findings if first is not None and first.report else ()
    return tuple(finding for finding in found if finding.code not in (EMPTIED, KNOWN_KEPT))  # those tell of the snapshot before


@lru_cache(maxsize=KEPT)
def _outliers(path: Path, _state: State, column_schema: str) -> dict[str, int]:
    """How many customers are far out in each column of numbers whose values spread."""
    schema = from_json(Schema, json.loads(column_schema))
    numeric = [column for column in schema if column.kind in (Kind.INTEGER, Kind.DECIMAL) and column.role not in NO_OUTLIERS]
    found: dict[str, int] = {}
    with bulk.column_engine() as connection:
        for start in range(0, len(numeric), AT_ONCE):
            part = numeric[start : start + AT_ONCE]
            row = connection.execute(f"SELECT {', '.join(_quartiles(part))} FROM read_parquet(?)", [str(path)]).fetchone() or ()
            counted = [counting for place, column in enumerate(part) for counting in _counting(column, *row[3 * place : 3 * place + 3])]
            if counted:
                names, queries = zip(*counted, strict=True)
                counts = connection.execute(f"SELECT {', '.join(queries)} FROM read_parquet(?)", [str(path)]).fetchone() or ()
                found.update(zip(names, counts, strict=True))
    return found


def _quartiles(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        name = f"CAST({bulk.quoted(column.name)} AS DOUBLE)"
        yield f"quantile_cont({name}, 0.25), quantile_cont({name}, 0.75), min({name})"


def _counting(column: Column, lower: float | None, upper: float | None, lowest: float | None) -> Iterator[tuple[str, str]]:
    """The column and what counts its outliers; nothing where it cannot have any."""
    if lower is None or upper is None or lowest is None:
        return
    if (bounds := far_out(lower, upper, negative=lowest < 0)) is not None:
        name = bulk.quoted(column.name)
        yield column.name, f"count(*) FILTER ({name} < CAST('{bounds[0]!r}' AS DOUBLE) OR {name} > CAST('{bounds[1]!r}' AS DOUBLE))"
