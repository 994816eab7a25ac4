"""Models of versions as they lie in the store, proven whenever they are read. For services only: versions were reached through the team."""

from __future__ import annotations

import functools

from segmentation.artifact import unpack_model
from segmentation.errors import ArtifactError
from segmentation.pipeline import SegmentModel
from webapp.models import ModelVersion
from webapp.services.errors import Conflict
from webapp.store import State, Store, StoreError

CACHED_MODELS = 32


def read_model(store: Store, team_id: str, digest: str) -> SegmentModel:
    """The model, kept for a while.

    StoreError or ArtifactError where it is missing or damaged, or answers otherwise than when it was stored; also where its file was
    damaged since: what another process would refuse is not served here from memory.
    """
    store.verified_path(team_id, "model", digest)
    return _model(store, team_id, digest, store.state(team_id, "model", digest))


def is_usable(store: Store, version: ModelVersion) -> bool:
    """Whether the version's model can place customers, and it is known whom it placed where."""
    try:
        refuse_unusable(store, version)
        store.verified_path(version.team_id, "labels", version.labels_digest or "0")
    except (Conflict, StoreError):
        return False
    return True


def refuse_unusable(store: Store, version: ModelVersion) -> None:
    """Conflict where the version's model cannot place customers, so that it never becomes champion."""
    try:
        read_model(store, version.team_id, version.model_digest or "0")
    except (StoreError, ArtifactError) as damage:
        raise Conflict(
            f"Version {version.number} cannot place customers, so it was not promoted. {damage}", code="unusable_model"
        ) from None


@functools.lru_cache(maxsize=CACHED_MODELS)
def _model(store: Store, team_id: str, digest: str, _state: State) -> SegmentModel:
    return unpack_model(store.read_bytes(team_id, "model", digest))
