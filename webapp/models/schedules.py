"""Work that comes again, and each time that it came."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.keys import new_id


class ScheduleKind(StrEnum):
    """What a schedule has done."""

    RECLUSTER = "recluster"  # fit a version on the newest snapshot; it waits as challenger
    IMPORT_FOLDER = "import_folder"  # import the files that lie in the dataset's folder


class TickOutcome(StrEnum):
    """What became of one due moment."""

    STARTED = "started"  # its job was asked for
    SKIPPED = "skipped"  # the work of the former one was not done yet
    IDLE = "idle"  # there was nothing to do
    REFUSED = "refused"  # the reason is in `message`
    PAUSED = "paused"  # whoever made the schedule may no longer; it waits for somebody who may


class Schedule(Base):
    """Work that comes again by a cron expression, read in the team's time zone.

    `next_due` is the first moment that nobody has fired (None while paused); `paused_because` says why it pauses where no person paused it.
    It acts as `user_id` or `token_id`, in whose name it was made (neither: the command line).
    """

    __tablename__ = "schedules"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    kind: Mapped[ScheduleKind] = mapped_column(String(16))
    cron: Mapped[str] = mapped_column(String(120))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    enabled: Mapped[bool] = mapped_column(default=True)
    paused_because: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    token_id: Mapped[str | None] = mapped_column(ForeignKey("api_tokens.id"))
    created_at: Mapped[datetime]
    last_due: Mapped[datetime | None]
    next_due: Mapped[datetime | None]
    __table_args__ = (Index("ix_schedules_enabled_next_due", "enabled", "next_due"),)


class ScheduleTick(Base):
    """One due moment of a schedule, fired by whoever was first; or one that a person asked for in between."""

    __tablename__ = "schedule_ticks"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id"))
    due: Mapped[datetime]
    fired_at: Mapped[datetime]
    outcome: Mapped[TickOutcome] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(Text, default="")
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id"))
    __table_args__ = (UniqueConstraint("schedule_id", "due"),)
