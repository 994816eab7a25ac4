"""Who moved between two versions or two days: asked for, counted in the background, and read by whoever may see customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from segmentation.movement import Cell, Split, split_moves
from segmentation.palette import SegmentStyle
from webapp.models import Dataset, Job, ModelVersion, Movement, Promotion, Snapshot, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.data.chosen import chosen_snapshot
from webapp.services.data.timeline import show_timeline
from webapp.services.errors import Conflict, NotFound
from webapp.services.modelling.moving import read_counts
from webapp.services.modelling.tracing import series
from webapp.services.modelling.versions import champion_id, find_version
from webapp.services.segmenting.segments import version_styles
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.services.work.subjects import MOVE


@dataclass(frozen=True)
class Asked:
    """One side of a movement: a version (None: the champion) and the snapshot that it divides (None: the one it was fitted on)."""

    version: int | None = None
    snapshot: int | None = None


@dataclass(frozen=True)
class Moment:
    """The same, found: by numbers, with the snapshot's day. `fitted` says that the version was fitted on this snapshot."""

    version: int
    snapshot: int
    as_of: date
    champion: bool
    fitted: bool


@dataclass(frozen=True)
class MovementReport:
    """Who moved from `before` to `after`, over `groups`: all segments of either version, those of the new one first.

    A group of `customers` and `spend` (hundredths; None: no amounts are known) is a place in `groups`, the one after these "no segment".
    `old` and `new` lead from the clusters of both versions to their groups. `problem` says why the old version could not place the
    customers of the new snapshot, so that both are totals alone. `id` names the movement in filters; `watched` counts valuable
    customers on the way down. `listed` is a version that labels the customers of the new snapshot, so that lists and files can show them;
    None where none was fitted on it.
    """

    id: str
    before: Moment
    after: Moment
    groups: tuple[SegmentStyle, ...]
    old: tuple[int, ...]
    new: tuple[int, ...]
    cells: tuple[Cell, ...]
    customers: Split
    spend: Split | None
    problem: str
    watched: int
    listed: int | None
    currency: str | None

    @property
    def shared(self) -> int:
        """Customers who were there both times."""
        return self.customers.total.stayed_customers


@dataclass(frozen=True)
class Uncounted:
    """A movement that is not counted: by `job` where one is at work; `failed` says why the last one came to nothing."""

    before: Moment
    after: Moment
    job: JobSummary | None
    failed: str | None


@dataclass(frozen=True, eq=False)
class _Side:
    version: ModelVersion
    snapshot: Snapshot


def show_movement(session: Session, actor: Actor, dataset: str, before: Asked, after: Asked) -> MovementReport | Uncounted:
    """What is counted between the two; NotFound where a version or snapshot is missing, Conflict where a version is not ready."""
    require(actor, Permission.VIEW_CUSTOMERS)
    row = team_dataset(session, actor, dataset)
    sides = _side(session, actor, row, before), _side(session, actor, row, after)
    then, now = (_moment(session, row, side) for side in sides)
    found = _row(session, actor, row, *sides)
    if found is None or found.counts is None:
        return Uncounted(then, now, *_work(session, actor, found))
    counts = read_counts(found)
    groups, old, new = united_groups(*(version_styles(session, side.version) for side in sides))
    known = not counts.problem
    return MovementReport(
        id=found.id,
        before=then,
        after=now,
        groups=groups,
        old=old,
        new=new,
        cells=counts.cells,
        customers=split_moves(counts.cells, old, new, len(groups), known=known),
        spend=split_moves(counts.cells, old, new, len(groups), spend=True, known=known) if counts.spend else None,
        problem=counts.problem,
        watched=counts.watched,
        listed=_listed(session, actor, sides[1]),
        currency=row.currency,
    )


def count_movement(session: Session, actor: Actor, dataset: str, before: Asked, after: Asked) -> JobSummary | None:
    """Have it counted; None where it is counted already. While somebody else has asked for the same, that job."""
    require(actor, Permission.VIEW_CUSTOMERS)
    row = team_dataset(session, actor, dataset)
    sides = _side(session, actor, row, before), _side(session, actor, row, after)
    found = _row(session, actor, row, *sides) or _add(session, actor, row, *sides)
    if found.counts is not None:
        return None
    job, _ = jobs.enqueue_job(session, actor, kind=MOVE, dataset_id=row.id, subject_id=found.id, exclusive_key=f"{MOVE}:{found.id}")
    session.flush()
    return jobs.show_job(session, actor, job.id)


def movement_sides(session: Session, actor: Actor, dataset: str, movement_id: str) -> tuple[Asked, Asked]:
    """What a movement was asked by; NotFound where the dataset has none such."""
    require(actor, Permission.VIEW_CUSTOMERS)
    row = team_row(session, actor, Movement, "movement", id=movement_id, dataset_id=team_dataset(session, actor, dataset).id)
    versions = [session.get_one(ModelVersion, each).number for each in (row.old_version_id, row.new_version_id)]
    snapshots = [session.get_one(Snapshot, each).number for each in (row.old_snapshot_id, row.new_snapshot_id)]
    return Asked(versions[0], snapshots[0]), Asked(versions[1], snapshots[1])


def usual_sides(session: Session, actor: Actor, dataset: str) -> tuple[Asked, Asked] | None:
    """What to look at where nobody says: the champion's last two days; on one day the champion before it and itself, else its last two
    snapshots. None where there is no champion or nothing else. A version that never was champion is asked for by name alone.
    """
    require(actor, Permission.VIEW_CUSTOMERS)
    row = team_dataset(session, actor, dataset)
    champion, days = find_version(session, actor, row, None), series(session, actor, row)
    if champion is None:
        return None
    if len(days) > 1:
        first, last = (session.get_one(Snapshot, day.snapshot_id).number for day in days[-2:])
        return Asked(champion.number, first), Asked(champion.number, last)
    former = _former_champion(session, actor, champion)
    if former is not None:
        return Asked(former), Asked(champion.number)
    snapshots = sorted(show_timeline(session, actor, dataset), key=lambda entry: entry.current, reverse=True)[:2]  # else newest first
    if len(snapshots) < 2:
        return None
    return Asked(champion.number, snapshots[1].number), Asked(champion.number, snapshots[0].number)


def _former_champion(session: Session, actor: Actor, champion: ModelVersion) -> int | None:
    """The number of the version that was champion last before this one; None where none was, or it cannot be used any more."""
    replaced = (
        team_rows(actor, ModelVersion)
        .join(Promotion, Promotion.previous_id == ModelVersion.id)
        .where(Promotion.dataset_id == champion.dataset_id, ModelVersion.id != champion.id, ModelVersion.status == VersionStatus.READY)
    )
    return session.scalars(
        replaced.order_by(Promotion.created_at.desc(), Promotion.id).limit(1).with_only_columns(ModelVersion.number)
    ).first()


def united_groups(
    before: tuple[SegmentStyle, ...], after: tuple[SegmentStyle, ...]
) -> tuple[tuple[SegmentStyle, ...], tuple[int, ...], tuple[int, ...]]:
    """All segments of two versions, the later one's first, and the places of each version's clusters among them."""
    kept = {style.key for style in after}
    groups = (*after, *(style for style in before if style.key not in kept))
    place = {style.key: at for at, style in enumerate(groups)}
    return groups, tuple(place[style.key] for style in before), tuple(place[style.key] for style in after)


def _side(session: Session, actor: Actor, dataset: Dataset, asked: Asked) -> _Side:
    version = find_version(session, actor, dataset, asked.version)
    if version is None:
        raise Conflict("There are no segments yet, so nobody can have moved. Find segments first.", code="no_champion")
    if asked.snapshot is None:
        return _Side(version, team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id))
    snapshot = chosen_snapshot(session, actor, dataset.slug, asked.snapshot)
    if snapshot is None:
        raise NotFound(f"There is no snapshot {asked.snapshot}.")
    return _Side(version, snapshot)


def _moment(session: Session, dataset: Dataset, side: _Side) -> Moment:
    version, snapshot = side.version, side.snapshot
    champion = champion_id(session, dataset) == version.id
    return Moment(version.number, snapshot.number, snapshot.as_of, champion, version.snapshot_id == snapshot.id)


def _listed(session: Session, actor: Actor, after: _Side) -> int | None:
    """The version itself where it was fitted on that snapshot, else the newest that was."""
    if after.version.snapshot_id == after.snapshot.id:
        return after.version.number
    fitted = team_rows(actor, ModelVersion).where(ModelVersion.snapshot_id == after.snapshot.id, ModelVersion.status == VersionStatus.READY)
    return session.scalars(fitted.order_by(ModelVersion.number.desc()).limit(1).with_only_columns(ModelVersion.number)).one_or_none()


def _row(session: Session, actor: Actor, dataset: Dataset, before: _Side, after: _Side) -> Movement | None:
    found = team_rows(actor, Movement).where(
        Movement.dataset_id == dataset.id,
        Movement.old_version_id == before.version.id,
        Movement.old_snapshot_id == before.snapshot.id,
        Movement.new_version_id == after.version.id,
        Movement.new_snapshot_id == after.snapshot.id,
    )
    return session.scalars(found).one_or_none()


def _add(session: Session, actor: Actor, dataset: Dataset, before: _Side, after: _Side) -> Movement:
    """The row, or that of whoever was quicker."""
    row = Movement(
        team_id=actor.team_id,
        dataset_id=dataset.id,
        old_version_id=before.version.id,
        old_snapshot_id=before.snapshot.id,
        new_version_id=after.version.id,
        new_snapshot_id=after.snapshot.id,
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = _row(session, actor, dataset, before, after)
        if found is None:
            raise
        return found
    return row


def _work(session: Session, actor: Actor, row: Movement | None) -> tuple[JobSummary | None, str | None]:
    """The job at work on it, and how the last one ended."""
    if row is None:
        return None, None
    latest = team_rows(actor, Job).where(Job.kind == MOVE, Job.subject_id == row.id).order_by(Job.created_at.desc(), Job.id).limit(1)
    job = session.scalars(latest).one_or_none()
    if job is None:
        return None, None
    shown = jobs.show_job(session, actor, job.id)
    return (shown, None) if job.status in jobs.ACTIVE else (None, shown.message or shown.status)
