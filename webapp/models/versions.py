"""Model versions and sweeps, which version a dataset works with, and how its segments grew."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, event, false, inspect
from sqlalchemy.orm import InstanceState, Mapped, Mapper, ORMExecuteState, Session, mapped_column

from webapp.db import Base
from webapp.models.keys import new_id


class VersionStatus(StrEnum):
    """Where a model version or a sweep stands. A ready one never changes."""

    PENDING = "pending"  # its job is queued or running
    READY = "ready"  # fitted, stored, immutable
    FAILED = "failed"  # the fit ended with the reason in `status_message`
    CANCELLED = "cancelled"  # somebody stopped the fit
    REMOVED = "removed"  # it was ready; its files are gone, its row stays


class _Fit:
    """What a model version and a sweep have in common; either is immutable once ready."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshots.id"))
    number: Mapped[int]
    status: Mapped[VersionStatus] = mapped_column(String(16))
    status_message: Mapped[str | None] = mapped_column(Text)
    requested: Mapped[dict[str, Any]] = mapped_column(JSON)
    seed: Mapped[int]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]


class ModelVersion(_Fit, Base):
    """One fitted clustering. Model, labels and measures lie in the store under their digests (no measures: made before they were kept).

    `lineage` says how its clusters follow those of the version that it was compared to ("reference"); None: there was none.
    `recipe`, `parameters` and `libraries` say what fitted it (None: an earlier release did, which did not write them down). `note` is the
    author's. `pinned` keeps it from being removed.
    """

    __tablename__ = "model_versions"
    algorithm: Mapped[str] = mapped_column(String(32))
    k: Mapped[int | None]
    verdict: Mapped[str | None] = mapped_column(String(16))
    profiles: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    model_digest: Mapped[str | None] = mapped_column(String(64))
    labels_digest: Mapped[str | None] = mapped_column(String(64))
    measures_digest: Mapped[str | None] = mapped_column(String(64))
    lineage: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    recipe: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    libraries: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    removed_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)


class Sweep(_Fit, Base):
    """Algorithms and numbers of segments tried on a snapshot; nothing of it is kept but the figures in `report`."""

    __tablename__ = "sweeps"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)


class Champion(Base):
    """Which version a dataset works with now. A pointer: promotion and rollback move it."""

    __tablename__ = "champions"
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))


class Challenger(Base):
    """Which version stands beside the champion to be compared with it. A pointer: people and schedules set it."""

    __tablename__ = "challengers"
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    set_by: Mapped[str] = mapped_column(String(254))
    set_at: Mapped[datetime]


class Promotion(Base):
    """One move of the champion pointer, so that any date's champion can be told. `rollback` says that it led back to an earlier one."""

    __tablename__ = "promotions"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    rollback: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]


class SegmentTrace(Base):
    """How a version divides the customers of a snapshot, its own or another. `counts`: sizes, spend, who came, went and moved."""

    __tablename__ = "segment_traces"
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"), primary_key=True)
    snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshots.id"), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]


class Movement(Base):
    """Who moved from a version's division of one snapshot to a version's division of another. Never changes once it is counted.

    `counts` are the sums by fate (None: not counted yet). Everybody's labels lie in the store under `rows_digest`, in the order of the
    new snapshot's rows.
    """

    __tablename__ = "movements"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    old_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    old_snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshots.id"))
    new_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    new_snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshots.id"))
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rows_digest: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("old_version_id", "old_snapshot_id", "new_version_id", "new_snapshot_id"),)


FINAL = frozenset({VersionStatus.READY, VersionStatus.REMOVED})
STILL_MOVES = frozenset({"status", "pinned", "removed_at", "lineage"})
"""What may still change of a version that is ready: whether it is kept, and which segments it continues, where a person corrects that.

All that was fitted stays as it is.
"""


class AlteredVersion(RuntimeError):
    """Something tried to change what a ready version was fitted to; a defect of the program, so nobody is told how to do it better."""


@event.listens_for(ModelVersion, "before_update")
@event.listens_for(Sweep, "before_update")
def _refuse_change(_mapper: Mapper[Any], _connection: object, fit: ModelVersion | Sweep) -> None:
    state = cast("InstanceState[Any]", inspect(fit))
    status = state.attrs.status.history
    before = status.deleted[0] if status.deleted else fit.status
    changed = {each.key for each in state.attrs if each.history.has_changes()}
    if before not in FINAL or not changed:
        return
    if altered := changed - STILL_MOVES:
        raise AlteredVersion(f"{type(fit).__name__} {fit.number} is ready; {', '.join(sorted(altered))} cannot change any more.")
    if "status" in changed and (before, fit.status) != (VersionStatus.READY, VersionStatus.REMOVED):
        raise AlteredVersion(f"{type(fit).__name__} {fit.number} is {before} and cannot become {fit.status}.")


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk_change(statement: ORMExecuteState) -> None:
    """A statement that changes many rows at once passes the rows by, and with them the check above."""
    if (statement.is_update or statement.is_delete) and statement.bind_mapper in {inspect(ModelVersion), inspect(Sweep)}:
        raise AlteredVersion("Versions are changed one by one, so that a ready one is never altered.")


@event.listens_for(ModelVersion, "before_delete")
def _refuse_removal(_mapper: Mapper[Any], _connection: object, version: ModelVersion) -> None:
    """The row of a removed one goes with its whole dataset alone."""
    if version.status == VersionStatus.READY:
        raise AlteredVersion(f"Version {version.number} is ready; its row stays.")
