"""Sweeps: algorithms and numbers of segments tried on the current snapshot, without a version; and the fit of one that was tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, defer

from segmentation.clustering import ALGORITHMS
from segmentation.codec import from_json
from segmentation.roles import Role, Schema
from webapp.models import Dataset, Snapshot, Sweep, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import Conflict, Invalid, NotFound
from webapp.services.filtering.coarse_fits import coarse_candidate, coarse_clustergram, coarse_features, coarse_guidance
from webapp.services.modelling import versions
from webapp.services.modelling.fit_requests import FeatureWish, check_algorithm, check_seed, checked_features
from webapp.services.modelling.sweep_results import SweepReport, Tried
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.services.work.subjects import RECLUSTER, SWEEP
from webapp.store import Store

NEWEST = 20
"""Sweeps that a list holds; older ones keep their address."""


@dataclass(frozen=True)
class SweepSummary:
    """One sweep. `snapshot` is a number, `verdict` is there once it is ready.

    `features` is what was asked for (None: the default recipe), `outcome` the column that was to choose them.
    """

    number: int
    status: str
    status_message: str | None
    algorithms: tuple[str, ...]
    features: dict[str, float] | list[str] | str | None
    outcome: str | None
    seed: int
    snapshot: int
    verdict: str | None
    created_at: datetime
    created_by: str
    ready_at: datetime | None


def list_sweeps(session: Session, actor: Actor, dataset: str) -> tuple[SweepSummary, ...]:
    """The dataset's newest sweeps, newest first."""
    rows = session.execute(_listed(session, actor, dataset).order_by(Sweep.number.desc()).limit(NEWEST)).all()
    return tuple(_summary(sweep, snapshot, verdict) for sweep, snapshot, verdict in rows)


def show_sweep(session: Session, actor: Actor, dataset: str, number: int) -> SweepSummary:
    """One sweep by its number."""
    row = session.execute(_listed(session, actor, dataset).where(Sweep.number == number)).one_or_none()
    if row is None:
        raise _missing(number)
    return _summary(*row)


def show_sweep_report(session: Session, actor: Actor, dataset: str, number: int) -> SweepReport:
    """What a ready sweep found; for viewers in coarse figures. Conflict while it is not ready."""
    sweep = _numbered(session, actor, dataset, number)
    if sweep.status == VersionStatus.PENDING:
        raise Conflict(f"Sweep {number} is not ready yet. Wait for its job to end.", code="not_ready")
    if sweep.status != VersionStatus.READY:
        raise Conflict(f"Sweep {number} found nothing: {sweep.status_message or sweep.status}", code="not_ready")
    report = from_json(SweepReport, sweep.report)
    return report if actor.may(Permission.VIEW_CUSTOMERS) else _coarse(report)


def version_sweep(session: Session, actor: Actor, dataset: str, number: int) -> SweepReport:
    """The sweep that stands behind a ready version, as if it had been one of its own; Conflict while the version is not ready."""
    version = versions.show_version(session, actor, dataset, number)
    report = versions.show_report(session, actor, dataset, number)
    assert version.k is not None
    found = Tried(report.sweep, (version.algorithm, version.k), report.verdict, report.features)
    customers = session.scalars(
        team_rows(actor, Snapshot)
        .where(Snapshot.dataset_id == team_dataset(session, actor, dataset).id, Snapshot.number == version.snapshot)
        .with_only_columns(Snapshot.customers)
    ).one()
    return SweepReport(found, customers, report.seconds)


def request_sweep(
    session: Session,
    actor: Actor,
    dataset: str,
    *,
    algorithms: Sequence[str] = (),
    features: FeatureWish = None,
    outcome: str | None = None,
    seed: int = 0,
) -> JobSummary:
    """A pending sweep and its job, in one transaction; while one is active, that job and no second sweep.

    No `algorithms`: all. With an `outcome`, that column chooses the features, and `features` must be open.
    """
    require(actor, Permission.RECLUSTER)
    requested = _checked(session, actor, dataset, algorithms, features, outcome)
    check_seed(seed)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    exclusive = f"{SWEEP}:{row.id}"
    if (active := versions.active_job(session, actor, exclusive)) is not None:
        return jobs.show_job(session, actor, active.id)
    snapshot = latest_snapshot(session, row)
    if snapshot is None:
        raise Conflict("This dataset has no customers yet. Import a customer file first.", code="no_snapshot")
    sweep = _add(session, actor, row, snapshot, requested, seed)
    job, _ = jobs.enqueue_job(session, actor, kind=SWEEP, dataset_id=row.id, subject_id=sweep.id, exclusive_key=exclusive)
    record_event(session, actor, "sweep.requested", f"{row.slug}/{sweep.number}", seed=seed, **requested)
    session.flush()
    return jobs.show_job(session, actor, job.id)


def fit_candidate(
    session: Session,
    actor: Actor,
    dataset: str,
    algorithm: str,
    k: int,
    *,
    sweep: int | None = None,
    version: int | None = None,
    store: Store | None = None,
) -> JobSummary:
    """Fit a version as tried in a `sweep`, or in the sweep behind a `version`: same algorithm, k, features and seed.

    It goes by the newest snapshot. Conflict while another fit is active; Invalid for what was not tried.
    """
    require(actor, Permission.RECLUSTER)
    row = team_dataset(session, actor, dataset)
    if sweep is not None:
        report, summary = show_sweep_report(session, actor, dataset, sweep), show_sweep(session, actor, dataset, sweep)
        features = dict(report.guidance.features) if report.guidance else summary.features
        seed = summary.seed
    elif version is not None:
        report, behind = version_sweep(session, actor, dataset, version), versions.show_version(session, actor, dataset, version)
        features, seed = behind.requested["features"], behind.seed
    else:
        raise NotFound("There is no such sweep.")
    if not any((each.algorithm, each.k) == (algorithm, k) for each in report.found.candidates):
        raise Invalid("That was not tried. Choose one of the rows of the table.", details={"field": "k"})
    lock_dataset(session, row)
    if versions.active_job(session, actor, f"{RECLUSTER}:{row.id}") is not None:
        raise Conflict("Segments are being found already. Wait until that has ended, or cancel it; then fit this one.", code="busy")
    return versions.request_recluster(
        session, actor, dataset, algorithm=algorithm, k=k, seed=seed, features=features, unless_there=True, store=store
    )


def list_outcomes(session: Session, actor: Actor, dataset: str) -> dict[str, str]:
    """Outcome columns of the current snapshot: name to label."""
    snapshot = latest_snapshot(session, team_dataset(session, actor, dataset))
    schema = from_json(Schema, snapshot.column_schema) if snapshot else Schema(())
    return {column.name: column.label for column in schema.of(Role.OUTCOME)}


def sweep_of_job(session: Session, actor: Actor, job_id: str) -> int:
    """The number of the sweep that a job works on; NotFound for a job of another kind."""
    job = jobs.show_job(session, actor, job_id)
    if job.kind != SWEEP:
        raise NotFound("There is no such sweep.")
    return int(job.url_part.rpartition("/")[2])


def _checked(
    session: Session, actor: Actor, dataset: str, algorithms: Sequence[str], features: FeatureWish, outcome: str | None
) -> dict[str, Any]:
    """The request as it is stored; Invalid names the field that cannot be."""
    for algorithm in algorithms:
        check_algorithm(algorithm)
    if outcome is not None and features is not None:
        raise Invalid("Either an outcome chooses the features, or you do.", details={"field": "features"})
    if outcome is not None and outcome not in list_outcomes(session, actor, dataset):
        raise Invalid("The customers have no such outcome. Choose one of the outcome columns.", details={"field": "outcome"})
    chosen = [name for name in ALGORITHMS if name in algorithms] or list(ALGORITHMS)
    return {"algorithms": chosen, "features": checked_features(features), "outcome": outcome}


def _add(session: Session, actor: Actor, dataset: Dataset, snapshot: Snapshot, requested: dict[str, Any], seed: int) -> Sweep:
    latest = session.scalar(select(func.max(Sweep.number)).where(Sweep.dataset_id == dataset.id)) or 0
    sweep = Sweep(
        team_id=actor.team_id,
        dataset_id=dataset.id,
        snapshot_id=snapshot.id,
        number=latest + 1,
        status=VersionStatus.PENDING,
        requested=requested,
        seed=seed,
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )
    session.add(sweep)
    session.flush()
    return sweep


def _listed(session: Session, actor: Actor, dataset: str) -> Select[Sweep, int, str | None]:
    """Sweeps with the number of their snapshot and the word of their verdict, but without their reports, which are long."""
    verdict = Sweep.report[("found", "verdict", "word")].as_string()
    statement = team_rows(actor, Sweep).where(Sweep.dataset_id == team_dataset(session, actor, dataset).id)
    with_snapshot = statement.join(Snapshot, Snapshot.id == Sweep.snapshot_id).add_columns(Snapshot.number, verdict)
    return with_snapshot.options(defer(Sweep.report))


def _numbered(session: Session, actor: Actor, dataset: str, number: int) -> Sweep:
    row = team_dataset(session, actor, dataset)
    sweep = session.scalars(team_rows(actor, Sweep).where(Sweep.dataset_id == row.id, Sweep.number == number)).one_or_none()
    if sweep is None:
        raise _missing(number)
    return sweep


def _missing(number: int) -> NotFound:
    return NotFound(f"There is no sweep {number}.")


def _coarse(report: SweepReport) -> SweepReport:
    return replace(
        report,
        found=_coarse_tried(report.found),
        default=_coarse_tried(report.default) if report.default else None,
        clustergrams={method: coarse_clustergram(drawn) for method, drawn in report.clustergrams.items()},
        guidance=coarse_guidance(report.guidance) if report.guidance else None,
    )


def _coarse_tried(tried: Tried) -> Tried:
    candidates = tuple(map(coarse_candidate, tried.candidates))
    return replace(tried, candidates=candidates, features=coarse_features(tried.features))


def _summary(sweep: Sweep, snapshot: int, verdict: str | None) -> SweepSummary:
    return SweepSummary(
        number=sweep.number,
        status=str(sweep.status),
        status_message=sweep.status_message,
        algorithms=tuple(sweep.requested["algorithms"]),
        features=sweep.requested["features"],
        outcome=sweep.requested["outcome"],
        seed=sweep.seed,
        snapshot=snapshot,
        verdict=verdict,
        created_at=sweep.created_at,
        created_by=sweep.created_by,
        ready_at=sweep.ready_at,
    )
