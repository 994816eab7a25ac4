"""What the segments of a dataset could be found by, as its current snapshot has it."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache

import numpy as np
from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.feature_offer import FeatureChoice, feature_choices
from segmentation.recipe import LOOKED_AT
from segmentation.roles import Schema
from webapp import bulk
from webapp.services.access import Actor, team_dataset
from webapp.services.data.snapshots import latest_snapshot
from webapp.store import State, Store


def list_feature_choices(session: Session, actor: Actor, store: Store, dataset: str) -> tuple[FeatureChoice, ...]:
    """Every measure and column, with its place in the default recipe; empty before the first import.

    Judged by an even sample of the customers, so that opening a form costs the same however many there are.
    """
    snapshot = latest_snapshot(session, team_dataset(session, actor, dataset))
    if snapshot is None:
        return ()
    state = store.state(actor.team_id, "snapshot", snapshot.digest)
    schema = json.dumps(snapshot.column_schema)
    return _choices(store, actor.team_id, snapshot.digest, state, snapshot.customers, schema, snapshot.as_of)


@lru_cache(maxsize=16)
def _choices(
    store: Store, team_id: str, digest: str, _state: State, customers: int, column_schema: str, as_of: date
) -> tuple[FeatureChoice, ...]:
    schema = from_json(Schema, json.loads(column_schema))
    numbers = np.arange(0, customers, max(1, customers // LOOKED_AT), dtype=np.int64)
    path = store.verified_path(team_id, "snapshot", digest)
    sample = bulk.rows_at(path, [bulk.quoted(column.name) for column in schema], numbers)
    return feature_choices(bulk.typed_frame(sample, schema), schema, as_of)
