"""How the clusters of a fit follow those of the version before it: read what is stored of that, and trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from segmentation.artifact import unpack_assignments
from segmentation.codec import from_json
from segmentation.describing.profiles import Profiles
from segmentation.lineage import Lineage, Side, shared_means, trace_lineage
from segmentation.roles import CUSTOMER_KEY, Schema
from webapp import bulk
from webapp.models import Dataset, ModelVersion, Snapshot, VersionStatus
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.modelling.lineages import carry_answers, list_answers
from webapp.services.modelling.versions import find_version
from webapp.store import Store

Keys = NDArray[np.object_]
Labels = NDArray[np.int16]


@dataclass(frozen=True)
class StoredLabels:
    """Where a version's labels lie, and the keys of the customers whom they are about."""

    version_id: str
    labels_digest: str
    snapshot_digest: str
    schema: Schema


@dataclass(frozen=True)
class Reference:
    """The version whose segments a new one may continue; `answers` are what people said about others that were compared to it."""

    labels: StoredLabels
    profiles: dict[str, Any]
    answers: tuple[tuple[StoredLabels, dict[int, int | None]], ...]


@dataclass(frozen=True, eq=False)
class Followed:
    """A lineage, and the id of the version that it begins with."""

    reference: str
    lineage: Lineage


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
    return Reference(labels, dict(version.profiles or {}), tuple(answers))


def follow(store: Store, team_id: str, reference: Reference, keys: Keys, labels: Labels, profiles: Profiles) -> Followed:
    """Trace the clusters `labels` (n,) of the customers `keys` (n,) from those of the reference, with what people said of the same."""
    means = shared_means(from_json(Profiles, reference.profiles), profiles)
    before, now = _sides(store, team_id, reference.labels, keys, labels, means)
    said: dict[int, int | None] = {}
    for stored, answers in reference.answers:
        said = carry_answers(answers, trace_lineage(*_sides(store, team_id, stored, keys, labels, None)), said)
    return Followed(reference.labels.version_id, trace_lineage(before, now, said))


def _stored(session: Session, actor: Actor, version: ModelVersion) -> StoredLabels | None:
    if version.labels_digest is None or version.status != VersionStatus.READY:  # the labels of a removed one are gone
        return None
    snapshot = team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id)
    return StoredLabels(version.id, version.labels_digest, snapshot.digest, from_json(Schema, snapshot.column_schema))


def _sides(
    store: Store, team_id: str, stored: StoredLabels, keys: Keys, labels: Labels, means: tuple[NDArray[np.float64], ...] | None
) -> tuple[Side, Side]:
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
