"""Segments, which live across versions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.keys import new_id


class Segment(Base):
    """A group that lives across versions. `slot` picks colour and symbol; `chosen_name` overrides the evidence's name."""

    __tablename__ = "segments"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    slot: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str] = mapped_column(String(40))
    chosen_name: Mapped[str | None] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    @property
    def shown_name(self) -> str:
        """The name that the team chose, else that from evidence."""
        return self.chosen_name or self.name


class VersionSegment(Base):
    """Which cluster of a version a segment is; its profile lies in the version's `profiles` at that index.

    `own_segment_id` is the segment that the cluster was before a person said that it continues another one, kept to return to.
    """

    __tablename__ = "version_segments"
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"), primary_key=True)
    cluster: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id"), index=True)
    own_segment_id: Mapped[str | None] = mapped_column(ForeignKey("segments.id"))
    size: Mapped[int]
    __table_args__ = (UniqueConstraint("version_id", "segment_id"),)


class LineageCorrection(Base):
    """What a person said about a cluster of a version: that it continues a cluster of the version's reference, or (None) no one."""

    __tablename__ = "lineage_corrections"
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"), primary_key=True)
    cluster: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    reference_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"), index=True)
    continues: Mapped[int | None]
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]


class SegmentNote(Base):
    """What somebody of the team wrote down about a segment. Kept with the segment across versions."""

    __tablename__ = "segment_notes"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
