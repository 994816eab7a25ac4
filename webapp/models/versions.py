"""Model versions and sweeps, which version a dataset works with, and how its segments grew."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.keys import new_id


class VersionStatus(StrEnum):
    """Where a model version or a sweep stands. A ready one never changes."""

    PENDING = "pending"  # its job is queued or running
    READY = "ready"  # fitted, stored, immutable
    FAILED = "failed"  # the fit ended with the reason in `status_message`
    CANCELLED = "cancelled"  # somebody stopped the fit


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


class Promotion(Base):
    """One move of the champion pointer, so that any date's champion can be told."""

    __tablename__ = "promotions"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    note: Mapped[str] = mapped_column(Text, default="")
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
