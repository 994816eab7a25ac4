"""What stays behind: files in the store that nothing refers to any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.models import Audience, Import, ImportStatus, ModelVersion, Movement, Snapshot, VersionStatus
from webapp.services.access import Actor, team_rows
from webapp.store import Store

AREAS: Mapping[str, Any] = {
    "upload": Import.file_digest,
    "rejects": Import.rejects_digest,
    "orders": Import.part_digest,
    "past": Import.before["past_digest"].as_string(),
}
"""Areas of the store that hold files of imports alone, and which file of it an import refers to."""
_STANDING = Import.status != ImportStatus.DISCARDED
_KEPT = ModelVersion.status != VersionStatus.REMOVED  # a removed version still names the files that it had
USED: Mapping[str, Select[str, Any]] = {
    **{area: select(Import.team_id, digest).where(_STANDING, digest.is_not(None)) for area, digest in AREAS.items()},
    "snapshot": select(Snapshot.team_id, Snapshot.digest),
    "model": select(ModelVersion.team_id, ModelVersion.model_digest).where(_KEPT, ModelVersion.model_digest.is_not(None)),
    "labels": select(ModelVersion.team_id, ModelVersion.labels_digest).where(_KEPT, ModelVersion.labels_digest.is_not(None)),
    "measures": select(ModelVersion.team_id, ModelVersion.measures_digest).where(_KEPT, ModelVersion.measures_digest.is_not(None)),
    "moved": select(Movement.team_id, Movement.rows_digest).where(Movement.rows_digest.is_not(None)),
    "audience": select(Audience.team_id, Audience.keys_digest),
}
"""Areas of the store that are swept, and team and digest of every file that something refers to."""


def sweep_files(session: Session, store: Store, seconds: float) -> int:
    """Remove files of imports, snapshots, versions, movements and audiences that none of them refers to and that were written more than
    `seconds` ago; how many that were. For workers.

    Whoever stores a file anew makes it young again, so that none goes between being written and being referred to.
    """
    return sum(
        store.sweep_unused(area, {(team, name) for team, name in session.execute(used.distinct())}, seconds) for area, used in USED.items()
    )


def remove_files(session: Session, actor: Actor, store: Store, row: Import) -> None:
    """Remove the upload and the rejected rows of an import that was never stored, unless another import has the same, or is about to.

    An upload is in the store before its import's row is: one that was stored again since the row of this import was made is somebody
    else's. Rows are rejected by the job of a row that is there.
    """
    others = team_rows(actor, Import).where(Import.file_digest == row.file_digest, _STANDING, Import.id != row.id)
    if session.scalars(others.limit(1)).first() is not None:
        return
    since = (datetime.now(UTC) - row.created_at).total_seconds()
    store.remove(actor.team_id, "upload", row.file_digest, unused_for=since)
    alike = team_rows(actor, Import).where(Import.rejects_digest == row.rejects_digest, _STANDING, Import.id != row.id)
    if row.rejects_digest is not None and session.scalars(alike.limit(1)).first() is None:
        store.remove(actor.team_id, "rejects", row.rejects_digest)
