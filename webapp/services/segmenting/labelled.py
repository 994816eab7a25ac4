"""A snapshot beside the version that labels its customers: what pages, files and filters of customers all start from. For services only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from segmentation.artifact import unpack_assignments
from segmentation.clustering import Assignments
from segmentation.codec import from_json
from segmentation.palette import SegmentStyle
from segmentation.roles import Schema
from webapp.models import Dataset, ModelVersion, Snapshot
from webapp.services.access import Actor, team_dataset, team_row
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import NotFound
from webapp.services.modelling.versions import find_version
from webapp.services.segmenting.audience_filters import OpenAudience, open_audiences
from webapp.services.segmenting.flows import OpenMovement, open_movements
from webapp.services.segmenting.segments import version_styles
from webapp.store import State, Store


@dataclass(frozen=True)
class Labelled:
    """A snapshot, its columns, and the version that labels it (None: nobody has a segment yet) with its segments in cluster order.

    `movements` are those that the filters of the address name, `audiences` those that they may.
    """

    dataset: Dataset
    snapshot: Snapshot
    schema: Schema
    version: ModelVersion | None
    styles: tuple[SegmentStyle, ...]
    movements: tuple[OpenMovement, ...] = ()
    audiences: tuple[OpenAudience, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The key of each cluster's segment."""
        return tuple(style.key for style in self.styles)

    @property
    def names(self) -> dict[str, str] | None:
        """Segment key to name; None without a version."""
        return {style.key: style.name for style in self.styles} if self.version else None

    def cluster(self, key: str) -> int:
        """The cluster of that segment; NotFound where the version has none such."""
        if key not in self.keys:
            raise NotFound("There is no such segment.")
        return self.keys.index(key)

    def path(self, store: Store) -> Path:
        """Where the snapshot lies, verified."""
        return store.verified_path(self.snapshot.team_id, "snapshot", self.snapshot.digest)

    def state(self, store: Store) -> State:
        return store.state(self.snapshot.team_id, "snapshot", self.snapshot.digest)

    def labels(self, store: Store) -> Assignments | None:
        """Everybody's segment in the order of the snapshot's rows; None without a version."""
        if self.version is None:
            return None
        team_id, digest = self.version.team_id, self.version.labels_digest
        assert digest is not None
        return read_labels(store, team_id, digest)


def open_labelled(session: Session, actor: Actor, dataset: str, number: int | None, query: Mapping[str, str] | None = None) -> Labelled:
    """The snapshot of the ready version `number` or of the champion; before the first promotion the latest snapshot.

    NotFound before the first import. `query` is what customers are selected by, where they are.
    """
    row = team_dataset(session, actor, dataset)
    version = find_version(session, actor, row, number)
    snapshot = team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id) if version else latest_snapshot(session, row)
    if snapshot is None:
        raise NotFound("This dataset has no customers yet. Import a customer file first.")
    styles = version_styles(session, version) if version else ()
    asked = query or {}
    movements, audiences = open_movements(session, actor, row, asked), open_audiences(session, actor, row, asked)
    return Labelled(row, snapshot, from_json(Schema, snapshot.column_schema), version, styles, movements, audiences)


def read_labels(store: Store, team_id: str, digest: str) -> Assignments:
    """The stored labels of a version, kept for a while. For services only: the version was reached through the team."""
    return _read_labels(store, team_id, digest, store.state(team_id, "labels", digest))


@lru_cache(maxsize=24)
def _read_labels(store: Store, team_id: str, digest: str, _state: State) -> Assignments:
    return unpack_assignments(store.read_bytes(team_id, "labels", digest))
