"""What stays behind of imports that are no more: their files in the store, and datasets that nothing ever came into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import Campaign, Dataset, Import, ImportStatus, Job, JobStatus, Schedule, Snapshot
from webapp.services.access import Actor, team_rows
from webapp.services.audit import record_event
from webapp.store import Store

AREAS: Mapping[str, Any] = {
    "upload": Import.file_digest,
    "rejects": Import.rejects_digest,
    "orders": Import.part_digest,
    "past": Import.before["past_digest"].as_string(),
}
"""Areas of the store that hold files of imports alone, and which file of it an import refers to."""


def sweep_files(session: Session, store: Store, seconds: float) -> int:
    """Remove files of imports that no import refers to and that were written more than `seconds` ago; how many that were. For workers.

    Whoever stores a file anew makes it young again, so that none goes between being written and being referred to.
    """
    swept = 0
    for area, digest in AREAS.items():
        used = select(Import.team_id, digest).where(Import.status != ImportStatus.DISCARDED, digest.is_not(None)).distinct()
        swept += store.sweep_unused(area, {(team, name) for team, name in session.execute(used)}, seconds)
    return swept


def remove_files(session: Session, actor: Actor, store: Store, row: Import) -> None:
    """Remove the upload and the rejected rows of an import that was never stored, unless another import has the same."""
    for area, digest in (("upload", row.file_digest), ("rejects", row.rejects_digest)):
        others = team_rows(actor, Import).where(AREAS[area] == digest, Import.status != ImportStatus.DISCARDED, Import.id != row.id)
        if digest is not None and session.scalars(others.limit(1)).first() is None:
            store.remove(actor.team_id, area, digest)


def remove_if_empty(session: Session, actor: Actor, dataset: Dataset) -> bool:
    """Remove a locked dataset of which there are discarded imports alone; whether it was one."""
    standing = (
        team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status != ImportStatus.DISCARDED),
        team_rows(actor, Snapshot).where(Snapshot.dataset_id == dataset.id),
        team_rows(actor, Schedule).where(Schedule.dataset_id == dataset.id),
        team_rows(actor, Campaign).where(Campaign.dataset_id == dataset.id),
        team_rows(actor, Job).where(Job.dataset_id == dataset.id, Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING))),
    )
    if any(session.scalars(rows.limit(1)).first() is not None for rows in standing):
        return False
    for model in (Job, Import):
        session.execute(delete(model).where(model.team_id == actor.team_id, model.dataset_id == dataset.id))
    record_event(session, actor, "dataset.removed", dataset.slug, name=dataset.name)
    session.delete(dataset)
    session.flush()
    return True
