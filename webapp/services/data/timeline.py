"""Snapshots on a time line: what each changed against the one before, which import made it, which models were fitted on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Dataset, Import, ImportStatus, ModelVersion, Snapshot, VersionStatus
from webapp.services.access import Actor, team_dataset, team_rows
from webapp.services.data.snapshots import latest_snapshot


@dataclass(frozen=True)
class TimelineEntry:
    """One snapshot.

    `new`, `changed` and `removed` count customers against the snapshot that its import started from; None where no report is kept.
    `import_id`, `file_name`, `made_by` and `made_at` are of the import that made it. `versions` are the numbers of the ready model
    versions that were fitted on it, ascending. `current` says that the dataset is in this state now.
    """

    number: int
    as_of: date
    customers: int
    columns: int
    new: int | None
    changed: int | None
    removed: int | None
    import_id: str | None
    file_name: str | None
    made_by: str | None
    made_at: datetime
    versions: tuple[int, ...]
    current: bool


def show_timeline(session: Session, actor: Actor, dataset: str) -> tuple[TimelineEntry, ...]:
    """The dataset's snapshots, newest first."""
    row = team_dataset(session, actor, dataset)
    snapshots = session.scalars(team_rows(actor, Snapshot).where(Snapshot.dataset_id == row.id).order_by(Snapshot.number)).all()
    held = {snapshot.id: snapshot.customers for snapshot in snapshots}
    made: dict[str, tuple[Import, int]] = {}
    before = 0
    for brought in _finished(session, actor, row):
        if brought.snapshot_id is not None and brought.snapshot_id in held:
            made.setdefault(brought.snapshot_id, (brought, before))
            before = held[brought.snapshot_id]
    versions = _versions(session, actor, row)
    current = latest_snapshot(session, row)
    entries = [
        _entry(snapshot, made.get(snapshot.id), versions.get(snapshot.id, ()), current=current is not None and current.id == snapshot.id)
        for snapshot in snapshots
    ]
    return tuple(reversed(entries))


def _finished(session: Session, actor: Actor, dataset: Dataset) -> list[Import]:
    """Imports that were stored, in the order in which they were."""
    rows = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
    return list(session.scalars(rows.order_by(Import.finished_at)))


def _versions(session: Session, actor: Actor, dataset: Dataset) -> dict[str, tuple[int, ...]]:
    ready = select(ModelVersion.snapshot_id, ModelVersion.number).where(
        ModelVersion.team_id == actor.team_id, ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY
    )
    found: dict[str, tuple[int, ...]] = {}
    for snapshot_id, number in session.execute(ready.order_by(ModelVersion.number)):
        found[snapshot_id] = (*found.get(snapshot_id, ()), number)
    return found


def _entry(snapshot: Snapshot, made: tuple[Import, int] | None, versions: tuple[int, ...], *, current: bool) -> TimelineEntry:
    brought, before = made if made else (None, 0)
    report = brought.report if brought else None
    new = None if report is None else int(report["new"])
    return TimelineEntry(
        number=snapshot.number,
        as_of=snapshot.as_of,
        customers=snapshot.customers,
        columns=len(snapshot.column_schema["columns"]),
        new=new,
        changed=None if report is None else int(report["changed"]),
        removed=None if new is None else max(0, before + new - snapshot.customers),
        import_id=brought.id if brought else None,
        file_name=brought.file_name if brought else None,
        made_by=brought.created_by if brought else None,
        made_at=snapshot.created_at,
        versions=versions,
        current=current,
    )
