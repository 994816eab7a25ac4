"""Jobs and those who do them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.keys import new_id


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # a worker holds its lease
    DONE = "done"  # its result is stored
    FAILED = "failed"  # it ended with the reason in `message`
    CANCELLED = "cancelled"  # somebody stopped it; nothing of it was stored


ACTIVE_JOB = text("status IN ('queued', 'running') AND exclusive_key IS NOT NULL")


class Job(Base):
    """Background work. A worker holds it by `owner`, `attempt` and a lease; every write of its result checks all three.

    `exclusive_key` ("recluster:<dataset>") makes "one active job of this kind" a fact of the database.
    """

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    exclusive_key: Mapped[str | None] = mapped_column(String(80))
    subject_id: Mapped[str] = mapped_column(String(32))
    status: Mapped[JobStatus] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(120), default="")
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        Index("uq_jobs_active_exclusive_key", "exclusive_key", unique=True, sqlite_where=ACTIVE_JOB, postgresql_where=ACTIVE_JOB),
        Index("ix_jobs_status_created_at", "status", "created_at"),
    )


class Worker(Base):
    """A worker that is alive, as its heartbeat says."""

    __tablename__ = "workers"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
