"""The job "recluster": a snapshot in, a ready version with its segments out."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import metadata
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from segmentation.artifact import library_versions, pack_assignments, pack_model, unpack_model
from segmentation.clustering import settings_of
from segmentation.codec import from_json, to_json
from segmentation.errors import ArtifactError
from segmentation.feature_offer import every_feature
from segmentation.pipeline import Segmentation, segment_customers
from segmentation.roles import CUSTOMER_KEY, Schema
from webapp import bulk
from webapp.edge import Resources, unit_of_work
from webapp.models import Dataset, ModelVersion, Snapshot, VersionStatus
from webapp.services.access import Actor, team_row
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.lineage_records import as_record
from webapp.services.modelling import kept_measures
from webapp.services.modelling.challengers import move_challenger, offer_challenger
from webapp.services.modelling.fit_requests import EVERY_FEATURE, FeatureWish
from webapp.services.modelling.identities import Continuation, store_identities
from webapp.services.modelling.promotions import AS_ASKED, move_champion
from webapp.services.modelling.retention import request_tidying
from webapp.services.modelling.versions import VersionReport, lock_champion
from webapp.services.work import jobs
from webapp.services.work.subjects import RECLUSTER
from webapp.store import Store
from webapp.tasks import ClaimedJob, Progress, Task
from webapp.tasks.following import Followed, Reference, find_reference, follow

PRODUCT = "smartcart-segments"
FIT_SHARE = 0.95
"""Part of the job's progress that the fit takes; the rest is storing."""


@dataclass(frozen=True)
class _Work:
    """What a fit needs, read at once so that no transaction stays open."""

    version_id: str
    dataset_id: str
    snapshot_digest: str
    schema: Schema
    as_of: date
    algorithm: str
    seed: int
    requested: dict[str, Any]


@dataclass(frozen=True)
class _Fitted:
    """What a fit ended in, its files already in the store."""

    result: Segmentation
    followed: Followed | None
    model_digest: str
    labels_digest: str
    measures_digest: str
    libraries: dict[str, str]


def recluster(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Fit the pending version `job.subject_id` and publish it; all of it in one short transaction at the end."""
    with unit_of_work(resources, read_only=True) as session:
        work = _plan(session, job.actor, job.subject_id)
    progress("Reading customers", 0.0)
    path = resources.store.verified_path(job.actor.team_id, "snapshot", work.snapshot_digest)
    customers = bulk.read_snapshot(path, work.schema)
    result = segment_customers(
        customers,
        work.schema,
        as_of=work.as_of,
        k=work.requested["k"],
        algorithm=work.algorithm,
        features=resolved_features(work.requested["features"], customers, work.schema, work.as_of),
        seed=work.seed,
        progress=lambda stage, share: progress(stage, share * FIT_SHARE),
    )
    progress("Storing the version", FIT_SHARE)
    with unit_of_work(resources, read_only=True) as session:  # after the fit: what was promoted or corrected meanwhile counts
        dataset = team_row(session, job.actor, Dataset, "dataset", id=work.dataset_id)
        reference = find_reference(session, job.actor, dataset)
    fitted = _store(resources.store, job.actor.team_id, work, reference, customers, result)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        _publish(session, job.actor, work.version_id, fitted)


def resolved_features(wish: FeatureWish, customers: pd.DataFrame, schema: Schema, as_of: date) -> FeatureWish:
    """`wish`, with "all" as the names that it stands for in these customers."""
    return every_feature(customers, schema, as_of) if wish == EVERY_FEATURE else wish


def _plan(session: Session, actor: Actor, version_id: str) -> _Work:
    version = team_row(session, actor, ModelVersion, "version", id=version_id)
    snapshot = team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id)
    return _Work(
        version_id=version.id,
        dataset_id=version.dataset_id,
        snapshot_digest=snapshot.digest,
        schema=from_json(Schema, snapshot.column_schema),
        as_of=snapshot.as_of,
        # Versions of 0.1 asked for what stands beside the request only.
        algorithm=version.requested.get("algorithm", version.algorithm),
        seed=version.seed,
        requested=dict(version.requested),
    )


def _store(store: Store, team_id: str, work: _Work, reference: Reference | None, customers: pd.DataFrame, result: Segmentation) -> _Fitted:
    """Put model, labels and measures into the store; harmless should the job be lost, since their addresses are their content."""
    keys = customers[CUSTOMER_KEY].to_numpy()
    model = _read_back(pack_model(result.model))
    return _Fitted(
        result=result,
        followed=follow(store, team_id, reference, keys, result.assignments.label, result.profiles) if reference else None,
        model_digest=store.put_bytes(team_id, "model", model),
        labels_digest=store.put_bytes(team_id, "labels", pack_assignments(result.assignments)),
        measures_digest=kept_measures.store_measures(store, team_id, kept_measures.kept_columns(result, customers, work.schema)),
        libraries={PRODUCT: metadata.version(PRODUCT), "python": platform.python_version(), **library_versions(model)},
    )


def _read_back(model: bytes) -> bytes:
    """The stored form of a model, once it has given the model back bit for bit; ArtifactError where it does not."""
    if pack_model(unpack_model(model)) != model:
        raise ArtifactError("The fitted model cannot be stored so that it comes back the same. Re-cluster with another method.")
    return model


def _publish(session: Session, actor: Actor, version_id: str, fitted: _Fitted) -> None:
    """Make the version ready, with its segments, and point to it as asked for."""
    version = team_row(session, actor, ModelVersion, "version", id=version_id)
    dataset = team_row(session, actor, Dataset, "dataset", id=version.dataset_id)
    # Before the champion's row, as everybody does who moves a pointer; and before segments are read, which a person may be correcting.
    lock_dataset(session, dataset)
    result, now = fitted.result, datetime.now(UTC)
    version.status, version.ready_at = VersionStatus.READY, now
    version.algorithm, version.k, version.verdict = result.algorithm, result.k, result.verdict.word
    version.report = to_json(VersionReport(result.verdict, result.sweep, result.seconds, result.figures, result.features))
    version.profiles = to_json(result.profiles)
    version.model_digest, version.labels_digest = fitted.model_digest, fitted.labels_digest
    version.measures_digest = fitted.measures_digest
    version.recipe, version.parameters = to_json(result.model.recipe), settings_of(result.model.clusterer)
    version.libraries = fitted.libraries
    continuation = Continuation(None, {})
    if fitted.followed is not None:
        reference, lineage, returns = fitted.followed.reference, fitted.followed.lineage, fitted.followed.returns
        version.lineage, continuation = as_record(reference, lineage, returns), Continuation(reference, lineage.pairs, returns)
    session.flush()
    store_identities(session, actor, version, result.profiles.segments, continuation, now)
    facts = {"algorithm": result.algorithm, "k": result.k, "verdict": result.verdict.word}
    record_event(session, actor, "version.ready", f"{dataset.slug}/{version.number}", **facts)
    _point(session, actor, dataset, version)


def _point(session: Session, actor: Actor, dataset: Dataset, version: ModelVersion) -> None:
    """Champion or challenger, as asked for; the first champion by itself, unless there is nothing to be found in the data.

    What a schedule asked for challenges, also where there is no champion yet: nobody was there to look. It displaces no choice of a person.
    """
    champion = lock_champion(session, actor, dataset)
    if version.requested.get("schedule"):
        offer_challenger(session, actor, dataset, version)
    elif version.requested["promote"]:
        move_champion(session, actor, dataset, version, previous=champion, note=AS_ASKED)
    elif champion is None and version.verdict != "none":
        move_champion(session, actor, dataset, version, previous=None, note="The first version with segments in it.")
    elif champion is not None and version.requested.get("challenge"):
        move_challenger(session, actor, dataset, version)
    request_tidying(session, actor, dataset)


TASKS = (Task(RECLUSTER, recluster),)
