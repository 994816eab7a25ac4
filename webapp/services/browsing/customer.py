"""One customer: what is known of them beside what is usual in their segment, why they are there, and where each version puts them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session, defer

from segmentation.clustering import Assignments
from segmentation.codec import from_json
from segmentation.errors import SegmentationError
from segmentation.explaining.explanation import Explanation, explain
from segmentation.explaining.moves import Change, nearest_move
from segmentation.palette import SegmentStyle
from segmentation.roles import Kind, Schema
from webapp import bulk
from webapp.models import Customer, Import, ModelVersion, Snapshot, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.browsing.customers import MASK
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import NotFound
from webapp.services.filtering.columns import attributes, masked_columns, outward, shown_schema, value_sql
from webapp.services.filtering.filtering import row_of
from webapp.services.modelling.scoring import find_scorer
from webapp.services.modelling.versions import champion_id
from webapp.services.planning.campaigns import CampaignSummary, list_campaigns
from webapp.services.segmenting.labelled import Labelled, open_labelled, read_labels
from webapp.services.segmenting.segments import version_styles
from webapp.services.segmenting.typical import Typical, typical_values
from webapp.store import Store

MOST_VERSIONS = 20
"""Versions that a customer's segment is told of, the newest."""


@dataclass(frozen=True)
class Attribute:
    """One column of one customer. `value` is a number, a date, a word, or None; `segment` and `everybody` are what is usual.

    `masked` ones have a value that the reader's role does not show.
    """

    name: str
    label: str
    role: str
    kind: str
    value: float | date | str | None
    segment: Typical | None
    everybody: Typical | None
    masked: bool = False


@dataclass(frozen=True)
class Placement:
    """Where a version puts a customer; `segment` None with `known` is "no segment", without it the customer is not in its snapshot."""

    version: int
    champion: bool
    made_at: datetime
    known: bool
    segment: SegmentStyle | None
    confidence: float | None


@dataclass(frozen=True)
class Brought:
    """An import that had this customer in its file."""

    import_id: str
    file_name: str
    at: datetime | None


@dataclass(frozen=True)
class CustomerDetail:
    """One customer beside the version `version` (None: nothing was promoted yet).

    `later` says that they came after its snapshot, so that they were placed by the model just now. `explanation` and `move` are None and
    empty where the model cannot say (`why_not` tells in a sentence).
    """

    key: str
    consent: str
    first: Brought
    last: Brought
    version: int | None
    segment: SegmentStyle | None
    runner_up: SegmentStyle | None
    confidence: float | None
    later: bool
    attributes: tuple[Attribute, ...]
    explanation: Explanation | None
    move: tuple[Change, ...]
    why_not: str
    placements: tuple[Placement, ...]
    campaigns: tuple[CampaignSummary, ...]
    currency: str | None
    legal_basis_confirmed: bool


@dataclass(frozen=True)
class _Place:
    """The customer's row in a snapshot, and where a version puts them: numbers of clusters, -1 for none."""

    path: Path
    schema: Schema
    row: int
    label: int = -1
    runner_up: int = -1
    confidence: float | None = None
    later: bool = False


def show_customer(session: Session, actor: Actor, store: Store, dataset: str, key: str, *, version: int | None = None) -> CustomerDetail:
    """The customer with that key, as the champion or the ready `version` sees them; NotFound where the dataset has none such."""
    require(actor, Permission.VIEW_CUSTOMERS)
    row = team_dataset(session, actor, dataset)
    if "\x00" in key:  # which PostgreSQL would choke on
        raise NotFound("There is no such customer.")
    record = session.get(Customer, (row.ref, key))  # of the team's own dataset
    if record is None:
        raise NotFound("There is no such customer.")
    base = open_labelled(session, actor, dataset, version)
    place = _place(session, store, base, key)
    explanation: Explanation | None = None
    move: tuple[Change, ...] = ()
    why_not = "No version is champion yet, so there are no segments to place anybody in."
    frame = _row_frame(place) if place is not None else None
    if base.version is not None and place is not None and frame is not None:
        place, explanation, move, why_not = _explained(session, actor, store, base, place, frame)
    label = place.label if place else -1
    segment = base.styles[label] if label >= 0 else None
    return CustomerDetail(
        key=key,
        consent=record.consent,
        first=_brought(session, actor, record.first_import_ref),
        last=_brought(session, actor, record.last_import_ref),
        version=base.version.number if base.version else None,
        segment=segment,
        runner_up=base.styles[place.runner_up] if place and place.runner_up >= 0 else None,
        confidence=place.confidence if place else None,
        later=bool(place and place.later),
        attributes=_attributes(actor, store, base, place, frame, label),
        explanation=explanation,
        move=move,
        why_not=why_not,
        placements=_placements(session, actor, store, base, place, key),
        campaigns=list_campaigns(session, actor, dataset, segment=segment.key) if segment else (),
        currency=row.currency,
        legal_basis_confirmed=row.legal_basis_confirmed,
    )


def _place(session: Session, store: Store, base: Labelled, key: str) -> _Place | None:
    """The customer's row in the version's snapshot; in the latest one where they came later. None where neither has them."""
    path = base.path(store)
    if (row := row_of(path, key)) is not None:
        labels = base.labels(store)
        if labels is None:
            return _Place(path, base.schema, row)
        label, runner_up, sure = _labelled(labels, row)
        return _Place(path, base.schema, row, label, runner_up, sure)
    latest = latest_snapshot(session, base.dataset)
    if latest is None or latest.id == base.snapshot.id:
        return None
    path = store.verified_path(latest.team_id, "snapshot", latest.digest)
    row = row_of(path, key)
    return None if row is None else _Place(path, from_json(Schema, latest.column_schema), row, later=True)


def _labelled(labels: Assignments, row: int) -> tuple[int, int, float | None]:
    sure = float(labels.confidence[row])
    label = int(labels.label[row])
    return label, int(labels.runner_up[row]), sure if label >= 0 and np.isfinite(sure) else None


def _explained(
    session: Session, actor: Actor, store: Store, base: Labelled, place: _Place, frame: pd.DataFrame
) -> tuple[_Place, Explanation | None, tuple[Change, ...], str]:
    """Why the customer is where they are, by the model itself; one who came later is placed by it on the way."""
    assert base.version is not None
    scorer = find_scorer(session, actor, store, base.dataset.slug, version=base.version.number)
    as_of = scorer.wanted.as_of if place.later else None  # customers of the fit are seen as on its day
    try:
        found = explain(scorer.model, frame, place.schema, as_of)
        move = nearest_move(scorer.model, frame, place.schema, as_of)
    except SegmentationError as error:
        return place, None, (), error.message
    if place.later:
        label, runner_up, sure = _labelled(found.assignments, 0)
        place = _Place(place.path, place.schema, place.row, label, runner_up, sure, later=True)
    if place.label < 0:
        return place, found.of(0), (), "They are in no segment: nobody like them was close enough."
    return place, found.of(0), move, ""


def _row_frame(place: _Place) -> pd.DataFrame:
    """The customer's row with every column that people see, the total of spend too."""
    shown = shown_schema(place.schema)
    values = [f"{value_sql(column, place.schema)} AS {bulk.quoted(column.name)}" for column in shown]
    return bulk.typed_frame(bulk.rows_at(place.path, values, np.array([place.row])), shown)


def _attributes(
    actor: Actor, store: Store, base: Labelled, place: _Place | None, frame: pd.DataFrame | None, label: int
) -> tuple[Attribute, ...]:
    """Every column of the snapshot that the customer is in, beside what is usual in the version's snapshot."""
    if place is None or frame is None:
        return ()
    masked = masked_columns(actor, place.schema)
    usual = typical_values(base, store, label)
    found = []
    for column in attributes(shown_schema(place.schema)):
        hidden = column.name in masked
        value = _plain(frame[column.name].iloc[0], column.kind)
        segment, everybody = usual.get(column.name, (None, None)) if not hidden else (None, None)
        shown = MASK if hidden and value is not None else None if hidden else value
        found.append(
            Attribute(outward(column.name), column.label, column.role.value, column.kind.value, shown, segment, everybody, masked=hidden)
        )
    return tuple(found)


def _plain(value: Any, kind: Kind) -> float | date | str | None:
    if pd.isna(value):
        return None
    if kind is Kind.DATE:
        return pd.Timestamp(value).date()
    return str(value) if kind is Kind.TEXT else float(value)


def _brought(session: Session, actor: Actor, ref: int) -> Brought:
    found = team_row(session, actor, Import, "import", ref=ref)
    return Brought(found.id, found.file_name, found.finished_at)


def _placements(session: Session, actor: Actor, store: Store, base: Labelled, place: _Place | None, key: str) -> tuple[Placement, ...]:
    """The newest ready versions, newest first; each says where it put the customer when it was fitted."""
    versions = session.scalars(
        team_rows(actor, ModelVersion)
        .where(ModelVersion.dataset_id == base.dataset.id, ModelVersion.status == VersionStatus.READY)
        .order_by(ModelVersion.number.desc())
        .limit(MOST_VERSIONS)
        .options(defer(ModelVersion.profiles))
    ).all()
    known = {base.snapshot.id: place.row if place and not place.later else None}
    ids = {version.snapshot_id for version in versions} - set(known)
    snapshots = session.scalars(team_rows(actor, Snapshot).where(Snapshot.id.in_(ids))).all()
    rows = known | {each.id: row_of(store.verified_path(each.team_id, "snapshot", each.digest), key) for each in snapshots}
    champion = champion_id(session, base.dataset)
    return tuple(_placement(session, store, version, rows.get(version.snapshot_id), version.id == champion) for version in versions)


def _placement(session: Session, store: Store, version: ModelVersion, row: int | None, champion: bool) -> Placement:
    made_at = version.ready_at or version.created_at
    if row is None or version.labels_digest is None:
        return Placement(version.number, champion, made_at, False, None, None)
    label, _, sure = _labelled(read_labels(store, version.team_id, version.labels_digest), row)
    styles = version_styles(session, version)
    return Placement(version.number, champion, made_at, True, styles[label] if label >= 0 else None, sure)
