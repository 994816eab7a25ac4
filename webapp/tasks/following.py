"""How the clusters of a fit follow those of the version before it, and of earlier champions: read what is stored of them, and trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from segmentation.artifact import unpack_assignments
from segmentation.codec import from_json
from segmentation.describing.profiles import Profiles
from segmentation.lineage import Lineage, Return, Side, shared_means, trace_lineage, trace_returns
from segmentation.roles import CUSTOMER_KEY, Schema
from webapp import bulk
from webapp.models import Dataset, ModelVersion, Snapshot, VersionSegment, VersionStatus
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.data.lineage_records import Returns
from webapp.services.modelling.identities import segments_of
from webapp.services.modelling.lineages import carry_answers, list_answers
from webapp.services.modelling.promotions import moves_of
from webapp.services.modelling.versions import find_version
from webapp.store import Store

Keys = NDArray[np.object_]
Labels = NDArray[np.int16]
Means = tuple[NDArray[np.float64], NDArray[np.float64]]
LOOKED_BACK = 12
"""Champions whose customers are looked at for a segment that comes back: those of a year, where one a month loses a segment."""


@dataclass(frozen=True)
class StoredLabels:
    """Where a version's labels lie, and the keys of the customers whom they are about."""

    version_id: str
    labels_digest: str
    snapshot_digest: str
    schema: Schema


@dataclass(frozen=True)
class Earlier:
    """A version whose segments (their ids by cluster) a new one may have; of an earlier champion, those `gone` since may come back."""

    labels: StoredLabels
    profiles: dict[str, Any]
    segments: dict[int, str]
    gone: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Reference:
    """The `version` that a new one is compared to, and earlier champions, the last one first.

    `answers` are what people said about others that were compared to it.
    """

    version: Earlier
    answers: tuple[tuple[StoredLabels, dict[int, int | None]], ...]
    champions: tuple[Earlier, ...]


@dataclass(frozen=True, eq=False)
class Followed:
    """A lineage, the id of the version that it begins with, and what came back that this version had not."""

    reference: str
    lineage: Lineage
    returns: Returns


def find_reference(session: Session, actor: Actor, dataset: Dataset) -> Reference | None:
    """The champion, else the latest ready version; None where there is none."""
    latest = (
        team_rows(actor, ModelVersion)
        .where(ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
        .order_by(ModelVersion.number.desc())
        .limit(1)
    )
    version = find_version(session, actor, dataset, None) or session.scalars(latest).one_or_none()
    labels = None if version is None else _stored(session, actor, version)
    if version is None or labels is None:
        return None
    answers = []
    for each in list_answers(session, actor, version.id):
        stored = _stored(session, actor, team_row(session, actor, ModelVersion, "version", id=each.version_id))
        if stored is not None:
            answers.append((stored, each.said))
    segments = {cluster: segment.id for cluster, segment in segments_of(session, actor, version.id).items()}
    reference = Earlier(labels, dict(version.profiles or {}), segments)
    return Reference(reference, tuple(answers), tuple(islice(_champions(session, actor, dataset, reference), LOOKED_BACK)))


def _champions(session: Session, actor: Actor, dataset: Dataset, reference: Earlier) -> Iterator[Earlier]:
    """The champions that were the last with a segment which `reference` does not have, the last one first."""
    known = set(reference.segments.values())
    order = list(dict.fromkeys(move.version_id for move in reversed(moves_of(session, actor, dataset.id))))
    had: dict[str, dict[int, str]] = {version_id: {} for version_id in order}
    for row in session.scalars(team_rows(actor, VersionSegment).where(VersionSegment.version_id.in_(order))):
        had[row.version_id][row.cluster] = row.segment_id
    for version_id, segments in had.items():
        gone = frozenset(cluster for cluster, segment in segments.items() if segment not in known)
        if not gone:
            continue
        version = team_row(session, actor, ModelVersion, "version", id=version_id)
        labels = _stored(session, actor, version)
        if labels is not None:
            known |= set(segments.values())
            yield Earlier(labels, dict(version.profiles or {}), segments, gone)


def follow(store: Store, team_id: str, reference: Reference, keys: Keys, labels: Labels, profiles: Profiles) -> Followed:
    """Trace the clusters `labels` (n,) of the customers `keys` (n,) from those of the reference, with what people said of the same.

    Clusters that continue none of its may be a segment again that an earlier champion had.
    """
    version = reference.version
    before, now = _sides(store, team_id, version.labels, keys, labels, _means(version, profiles))
    said: dict[int, int | None] = {}
    for stored, answers in reference.answers:
        said = carry_answers(answers, trace_lineage(*_sides(store, team_id, stored, keys, labels, None)), said)
    lineage = trace_lineage(before, now, said)
    known = {new: None if old is None else version.segments[old] for new, old in lineage.pairs.items() if old is not None or new in said}
    returns: dict[str, tuple[Return, ...]] = {}
    for champion in reference.champions:
        if len(known) == len(lineage.pairs):
            break
        found = _returned(champion, known, *_sides(store, team_id, champion.labels, keys, labels, _means(champion, profiles)))
        known |= {each.current: champion.segments[each.previous] for each in found}
        returns |= {champion.labels.version_id: found} if found else {}
    return Followed(version.labels.version_id, lineage, returns)


def _returned(champion: Earlier, known: Mapping[int, str | None], before: Side, now: Side) -> tuple[Return, ...]:
    """What came back that this champion had; `known` are the segments of the clusters of which that is known, None for one of its own."""
    clusters = {segment: cluster for cluster, segment in champion.segments.items()}
    goes_on = {new: None if segment is None else clusters.get(segment) for new, segment in known.items()}
    return trace_returns(before, now, goes_on, champion.gone)


def _means(earlier: Earlier, profiles: Profiles) -> Means | None:
    return shared_means(from_json(Profiles, earlier.profiles), profiles)


def _stored(session: Session, actor: Actor, version: ModelVersion) -> StoredLabels | None:
    if version.labels_digest is None or version.status != VersionStatus.READY:  # the labels of a removed one are gone
        return None
    snapshot = team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id)
    return StoredLabels(version.id, version.labels_digest, snapshot.digest, from_json(Schema, snapshot.column_schema))


def _sides(store: Store, team_id: str, stored: StoredLabels, keys: Keys, labels: Labels, means: Means | None) -> tuple[Side, Side]:
    """Both versions on the customers whom both know."""
    before = unpack_assignments(store.read_bytes(team_id, "labels", stored.labels_digest)).label
    key_column = Schema((stored.schema.named(CUSTOMER_KEY),))
    known = bulk.read_snapshot(store.verified_path(team_id, "snapshot", stored.snapshot_digest), key_column)[CUSTOMER_KEY]
    place = pd.Index(known).get_indexer(pd.Index(keys))
    shared = place >= 0
    old, new = means or (None, None)
    return Side(before[place[shared]], _sizes(before), old), Side(labels[shared], _sizes(labels), new)


def _sizes(labels: Labels) -> NDArray[np.int64]:
    return np.bincount(labels[labels >= 0])
