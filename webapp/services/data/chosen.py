"""Which snapshot is looked at, and its file."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from webapp.models import Snapshot
from webapp.services.access import Actor, team_dataset, team_rows
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import NotFound
from webapp.store import State, Store


def chosen_snapshot(session: Session, actor: Actor, dataset: str, number: int | None = None) -> Snapshot | None:
    """The snapshot with that number (NotFound where there is none), or the current one; None before the first import."""
    row = team_dataset(session, actor, dataset)
    if number is None:
        return latest_snapshot(session, row)
    found = session.scalars(team_rows(actor, Snapshot).where(Snapshot.dataset_id == row.id, Snapshot.number == number)).one_or_none()
    if found is None:
        raise NotFound(f"There is no snapshot {number}.")
    return found


def snapshot_file(actor: Actor, store: Store, snapshot: Snapshot) -> tuple[Path, State]:
    """The snapshot's file, and the state by which a process knows whether it is still the one it has read."""
    path = store.verified_path(actor.team_id, "snapshot", snapshot.digest)
    return path, store.state(actor.team_id, "snapshot", snapshot.digest)
