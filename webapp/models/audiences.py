"""Frozen lists of customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import JSON, ForeignKey, Index, String, Text, event, inspect, text
from sqlalchemy.orm import InstanceState, Mapped, Mapper, mapped_column

from webapp.db import Base
from webapp.models.keys import new_id

LIVE_AUDIENCE = text("archived_at IS NULL")
"""Of audiences that are not archived, no two of a dataset have one name."""


class Audience(Base):
    """A frozen list of customers: their keys lie in the store under `keys_digest`, `size` of them, and never change.

    `origin` says where they came from in words that hold without version and snapshot, which may lose their files. `version_id` is the
    version that labelled them (None: nobody had a segment yet).
    """

    __tablename__ = "audiences"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    size: Mapped[int]
    keys_digest: Mapped[str] = mapped_column(String(64))
    origin: Mapped[dict[str, Any]] = mapped_column(JSON)
    snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshots.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    __table_args__ = (
        Index("uq_audiences_live_name", "dataset_id", "name", unique=True, sqlite_where=LIVE_AUDIENCE, postgresql_where=LIVE_AUDIENCE),
    )


STILL_CHANGES = frozenset({"name", "note", "archived_at"})
"""What may be said about an audience later; who is in it and where they came from is frozen."""


class AlteredAudience(RuntimeError):
    """Something tried to change who is in an audience; a defect of the program, so nobody is told how to do it better."""


@event.listens_for(Audience, "before_update")
def _refuse_change(_mapper: Mapper[Any], _connection: object, audience: Audience) -> None:
    state = cast("InstanceState[Any]", inspect(audience))
    if altered := {each.key for each in state.attrs if each.history.has_changes()} - STILL_CHANGES:
        raise AlteredAudience(f"An audience is frozen; {', '.join(sorted(altered))} cannot change any more.")
