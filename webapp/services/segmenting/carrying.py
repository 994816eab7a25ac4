"""The customers of one stored file in a snapshot, found by their keys. For services only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp import bulk
from webapp.models import Snapshot
from webapp.services.filtering.filtering import Rows
from webapp.store import State, Store


def places_in(store: Store, area: str, digest: str, snapshot: Snapshot) -> NDArray[np.int64]:
    """Where the customer of each row of the file stands in the snapshot; -1 where they are not in it."""
    files = ((area, digest), ("snapshot", snapshot.digest))
    paths = [store.verified_path(snapshot.team_id, *file) for file in files]
    return _places(*paths, *[store.state(snapshot.team_id, *file) for file in files])


def rows_of(places: NDArray[np.int64]) -> Rows:
    """The numbers of the rows that were found, ascending."""
    return np.sort(places[places >= 0])


def count_gone(store: Store, snapshot: Snapshot, rows: Rows | None, latest: Snapshot) -> int:
    """How many customers of these rows of a snapshot (None: of all) are not in the `latest` one any more."""
    if snapshot.id == latest.id:
        return 0
    places = places_in(store, "snapshot", snapshot.digest, latest)
    return int(((places if rows is None else places[rows]) < 0).sum())


@lru_cache(maxsize=8)
def _places(source: Path, target: Path, _source_state: State, _target_state: State) -> NDArray[np.int64]:
    return bulk.row_places(source, target)
