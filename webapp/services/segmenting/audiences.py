"""Audiences: customers frozen under a name, whatever they were chosen by; their keys lie in the store, where nothing changes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from segmentation.codec import from_json, to_json
from webapp import bulk
from webapp.db import names_what_is_gone
from webapp.models import Audience, Dataset, ModelVersion, Snapshot, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.names import LONGEST_NAME, clean_name
from webapp.services.errors import Invalid
from webapp.services.filtering.coarse import count_of
from webapp.services.modelling.versions import find_version
from webapp.services.planning.campaigns import clean_note
from webapp.services.segmenting.audience_choices import Choice, Origin, choose_customers
from webapp.services.segmenting.audience_filters import KEYS, audience_filter
from webapp.store import Store


@dataclass(frozen=True)
class AudienceSummary:
    """One audience. `listed` is the version (None: the champion) in whose lists and files its customers are found.

    For viewers `size` is rounded, None under ten, and there is no `origin`: a filter's words may tell who somebody is.
    """

    id: str
    dataset: str
    name: str
    note: str
    size: int | None
    origin: Origin | None
    created_by: str
    created_at: datetime
    archived: bool
    listed: int | None = None

    @property
    def query(self) -> str:
        """The text of `?f=` that leaves its customers."""
        return audience_filter(self.id)


@dataclass(frozen=True)
class Proposal:
    """What saving would freeze: so many customers, chosen by `words`, under a name that is free."""

    name: str
    customers: int
    origin: Origin


def propose_audience(session: Session, actor: Actor, store: Store, dataset: str, choice: Choice) -> Proposal:
    """What saving the choice would come to; Invalid where it leaves nobody or cannot be read. Nothing is stored."""
    require(actor, Permission.TAG)
    chosen = choose_customers(session, actor, store, dataset, choice)
    return Proposal(_free_name(session, actor, chosen.base.dataset, chosen.name), chosen.selection.count, chosen.origin)


def save_audience(
    session: Session, actor: Actor, store: Store, dataset: str, choice: Choice, *, name: str = "", note: str = ""
) -> AudienceSummary:
    """Freeze the customers that the choice leaves now; without a `name` under one made from what they are.

    Invalid where it leaves nobody or cannot be read, or where the dataset has an audience of that name.
    """
    require(actor, Permission.TAG)
    wanted, text = clean_name(name, "name") if name.strip() else "", clean_note(note)
    chosen = choose_customers(session, actor, store, dataset, choice)
    base, rows = chosen.base, chosen.selection.rows
    wanted = wanted or _free_name(session, actor, base.dataset, chosen.name)
    _refuse_taken(session, base.dataset, wanted)  # before the file is written
    path = base.path(store)
    row = Audience(
        team_id=actor.team_id,
        dataset_id=base.dataset.id,
        name=wanted,
        note=text,
        size=chosen.selection.count,
        keys_digest=store.put_written(actor.team_id, KEYS, lambda target: bulk.copy_keys(path, rows, target)),
        origin=to_json(chosen.origin),
        snapshot_id=base.snapshot.id,
        version_id=base.version.id if base.version else None,
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )
    _write(session, row)
    words = list(chosen.words)
    record_event(session, actor, "audience.saved", row.id, dataset=base.dataset.slug, name=row.name, customers=row.size, chosen=words)
    session.flush()
    return _summary(actor, base.dataset, row, _standing(session, actor, base.dataset))


def list_audiences(session: Session, actor: Actor, dataset: str, *, archived: bool = False) -> tuple[AudienceSummary, ...]:
    """The dataset's audiences that are live, or those that are `archived`, newest first."""
    require(actor, Permission.VIEW)
    row = team_dataset(session, actor, dataset)
    state = Audience.archived_at.is_not(None) if archived else Audience.archived_at.is_(None)
    found = team_rows(actor, Audience).where(Audience.dataset_id == row.id, state).order_by(Audience.created_at.desc(), Audience.id)
    standing = _standing(session, actor, row)
    return tuple(_summary(actor, row, each, standing) for each in session.scalars(found))


def show_audience(session: Session, actor: Actor, dataset: str, audience_id: str) -> AudienceSummary:
    """One audience of the dataset."""
    require(actor, Permission.VIEW)
    row = team_dataset(session, actor, dataset)
    return _summary(actor, row, find_audience(session, actor, row, audience_id), _standing(session, actor, row))


def locate_audience(session: Session, actor: Actor, audience_id: str) -> str:
    """The slug of the dataset that an audience of the team belongs to."""
    audience = team_row(session, actor, Audience, "audience", id=audience_id)
    return team_row(session, actor, Dataset, "dataset", id=audience.dataset_id).slug


def change_audience(session: Session, actor: Actor, dataset: str, audience_id: str, *, name: str, note: str) -> AudienceSummary:
    """Another name or note; who is in it stays frozen."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    audience = find_audience(session, actor, row, audience_id)
    before, was = audience.name, audience.note
    wanted, text = clean_name(name, "name"), clean_note(note)
    if wanted != before and audience.archived_at is None:
        _refuse_taken(session, row, wanted)
    _write(session, audience, name=wanted, note=text)
    if before != wanted:
        record_event(session, actor, "audience.renamed", audience.id, dataset=row.slug, before=before, after=wanted)
    if was != text:
        record_event(session, actor, "audience.noted", audience.id, dataset=row.slug, name=wanted)
    session.flush()
    return _summary(actor, row, audience, _standing(session, actor, row))


def archive_audience(session: Session, actor: Actor, dataset: str, audience_id: str, *, archived: bool = True) -> AudienceSummary:
    """Set it aside, or bring it back (`archived=False`): its customers stay as they are, and links to them go on to work.

    Invalid where another one has taken its name meanwhile.
    """
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    audience = find_audience(session, actor, row, audience_id)
    if (audience.archived_at is not None) != archived:
        if not archived:
            _refuse_taken(session, row, audience.name)
        _write(session, audience, archived_at=datetime.now(UTC) if archived else None)
        action = "audience.archived" if archived else "audience.restored"
        record_event(session, actor, action, audience.id, dataset=row.slug, name=audience.name)
        session.flush()
    return _summary(actor, row, audience, _standing(session, actor, row))


def find_audience(session: Session, actor: Actor, dataset: Dataset, audience_id: str) -> Audience:
    """The row of one audience of the dataset. For services only."""
    return team_row(session, actor, Audience, "audience", dataset_id=dataset.id, id=audience_id)


def _free_name(session: Session, actor: Actor, dataset: Dataset, name: str) -> str:
    """`name`, else `name (2)`: the first that is free, cut where it would be too long."""
    printable = "".join(char if char.isprintable() else " " for char in name)
    live = team_rows(actor, Audience).where(Audience.dataset_id == dataset.id, Audience.archived_at.is_(None))
    taken = set(session.scalars(live.with_only_columns(Audience.name)))
    number = 1
    while True:
        ending = "" if number == 1 else f" ({number})"
        room = LONGEST_NAME - len(ending)
        free = (printable if len(printable) <= room else printable[: room - 1].rstrip() + "…") + ending
        if free not in taken:
            return free
        number += 1


def _refuse_taken(session: Session, dataset: Dataset, name: str) -> None:
    same = select(Audience.id).where(Audience.dataset_id == dataset.id, Audience.name == name, Audience.archived_at.is_(None))
    if session.scalars(same).first() is not None:
        raise _taken()


def _write(session: Session, row: Audience, **changes: Any) -> None:
    """Within a savepoint, so that a name that somebody took at the same moment undoes nothing else."""
    try:
        with session.begin_nested():
            for name, value in changes.items():
                setattr(row, name, value)
            session.add(row)
    except IntegrityError as refusal:
        if names_what_is_gone(refusal):
            raise
        raise _taken() from None


def _taken() -> Invalid:
    return Invalid("This dataset has an audience of that name already. Choose another name.", details={"field": "name"})


@dataclass(frozen=True)
class _Standing:
    """The snapshot (its number) of the dataset's champion (None: there is none), and the versions that are ready."""

    snapshot: int | None
    ready: frozenset[int]


def _standing(session: Session, actor: Actor, dataset: Dataset) -> _Standing:
    champion = find_version(session, actor, dataset, None)
    ready = team_rows(actor, ModelVersion).where(ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
    numbers = frozenset(session.scalars(ready.with_only_columns(ModelVersion.number)))
    return _Standing(session.get_one(Snapshot, champion.snapshot_id).number if champion else None, numbers)


def _summary(actor: Actor, dataset: Dataset, row: Audience, standing: _Standing) -> AudienceSummary:
    exact, origin = actor.may(Permission.VIEW_CUSTOMERS), from_json(Origin, row.origin)
    # Whoever joined after the champion's snapshot is found by the version that the audience was saved with alone.
    later = standing.snapshot is not None and origin.snapshot > standing.snapshot and origin.version in standing.ready
    return AudienceSummary(
        id=row.id,
        dataset=dataset.slug,
        name=row.name,
        note=row.note,
        size=row.size if exact else count_of(row.size),
        origin=origin if exact else None,
        created_by=row.created_by,
        created_at=row.created_at,
        archived=row.archived_at is not None,
        listed=origin.version if later else None,
    )
