"""Snapshots: the dated states of a dataset, and how complete their columns are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.models import Dataset, Import, ImportStatus, Snapshot
from webapp.services.filtering.coarse import two_digits
from webapp.services.filtering.filtering import SMALLEST_GROUP


@dataclass(frozen=True)
class ColumnQuality:
    """How complete and how spread one column is.

    `filled` is the share of customers with a value, `distinct` counts values. `low` and `high` are the extremes of numbers and dates
    (ISO text), None for words; `typical` is the median of numbers and dates, the commonest word of texts.
    """

    name: str
    label: str
    role: str
    kind: str
    filled: float
    distinct: int
    low: float | str | None
    high: float | str | None
    typical: float | str | None


@dataclass(frozen=True)
class Quality:
    """The quality of every column of a snapshot, in the order of its schema."""

    columns: tuple[ColumnQuality, ...]


def latest_snapshot(session: Session, dataset: Dataset) -> Snapshot | None:
    """The dataset's present state: what its last finished import ended in that is not undone (it may be an earlier snapshot again)."""
    return session.scalars(
        select(Snapshot)
        .join(Import, Import.snapshot_id == Snapshot.id)
        .where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
        .order_by(Import.finished_at.desc())
        .limit(1)
    ).one_or_none()


def ends_an_import() -> ColumnElement[bool]:
    """Whether a snapshot is a state that the dataset was in: some import that ended in it is not undone."""
    return select(Import.id).where(Import.snapshot_id == Snapshot.id, Import.status == ImportStatus.DONE).exists()


def without_people(column: ColumnQuality, customers: int) -> ColumnQuality:
    """A column without its extremes, its median rounded, and its commonest word only where at least ten customers must have it."""
    typical = column.typical
    if isinstance(typical, str) and column.kind != "date":
        typical = typical if column.filled * customers >= SMALLEST_GROUP * column.distinct else None
    elif isinstance(typical, float | int) and column.role != "birth_year":
        typical = two_digits(float(typical))
    return replace(column, low=None, high=None, typical=typical)
