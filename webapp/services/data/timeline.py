"""Snapshots on a time line: what each changed against the one before, which import made it, which models were fitted on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models import Dataset, Import, ImportStatus, ModelVersion, Snapshot, VersionStatus
from webapp.services.access import Actor, team_dataset
from webapp.services.data.snapshots import ends_an_import, latest_snapshot


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
    made_at: datetime
    versions: tuple[int, ...]
    current: bool
    new: int | None = None
    changed: int | None = None
    removed: int | None = None
    import_id: str | None = None
    file_name: str | None = None
    made_by: str | None = None


@dataclass(frozen=True)
class _Made:
    """The import that made a snapshot, and how many customers there were before."""

    id: str
    file_name: str
    created_by: str
    new: int | None
    changed: int | None
    before: int


def show_timeline(session: Session, actor: Actor, dataset: str) -> tuple[TimelineEntry, ...]:
    """The dataset's snapshots, newest first, but for those whose import was undone.

    What they hold is not read, and of an import's report its counts alone.
    """
    row = team_dataset(session, actor, dataset)
    width = func.json_array_length(Snapshot.column_schema["columns"])
    wanted = select(Snapshot.id, Snapshot.number, Snapshot.as_of, Snapshot.customers, Snapshot.created_at, width)
    own = wanted.where(Snapshot.team_id == actor.team_id, Snapshot.dataset_id == row.id, ends_an_import())
    snapshots = session.execute(own.order_by(Snapshot.number.desc())).all()
    made = _made(session, actor, row, {each.id: each.customers for each in snapshots})
    versions = _versions(session, actor, row)
    current = latest_snapshot(session, row)
    return tuple(
        _entry(
            TimelineEntry(
                number=number,
                as_of=as_of,
                customers=customers,
                columns=columns,
                made_at=at,
                versions=versions.get(key, ()),
                current=current is not None and current.id == key,
            ),
            made.get(key),
        )
        for key, number, as_of, customers, at, columns in snapshots
    )


def _made(session: Session, actor: Actor, dataset: Dataset, held: Mapping[str, int]) -> dict[str, _Made]:
    """By snapshot, the first of the imports that ended in it."""
    counts = [Import.report[name].as_integer() for name in ("new", "changed")]
    stored = select(Import.snapshot_id, Import.id, Import.file_name, Import.created_by, *counts).where(
        Import.team_id == actor.team_id, Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE
    )
    made: dict[str, _Made] = {}
    before = 0
    for snapshot, key, name, who, new, changed in session.execute(stored.order_by(Import.finished_at)):
        if snapshot in held:
            made.setdefault(snapshot, _Made(key, name, who, new, changed, before))
            before = held[snapshot]
    return made


def _versions(session: Session, actor: Actor, dataset: Dataset) -> dict[str, tuple[int, ...]]:
    ready = select(ModelVersion.snapshot_id, ModelVersion.number).where(
        ModelVersion.team_id == actor.team_id, ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY
    )
    found: dict[str, tuple[int, ...]] = {}
    for snapshot_id, number in session.execute(ready.order_by(ModelVersion.number)):
        found[snapshot_id] = (*found.get(snapshot_id, ()), number)
    return found


def _entry(plain: TimelineEntry, made: _Made | None) -> TimelineEntry:
    """The entry with what made it."""
    if made is None:
        return plain
    removed = None if made.new is None else max(0, made.before + made.new - plain.customers)
    return replace(
        plain,
        new=made.new,
        changed=made.changed,
        removed=removed,
        import_id=made.id,
        file_name=made.file_name,
        made_by=made.created_by,
    )
