"""Model versions: asking for one, and reading what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from segmentation.choosing.selection import DEFAULT_ALGORITHM, Candidate, Verdict
from segmentation.choosing.verdict import lacks
from segmentation.codec import from_json
from segmentation.features import FeatureSummary, Recipe
from webapp.models import Challenger, Champion, Dataset, Job, JobStatus, ModelVersion, Snapshot, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.filtering.coarse_fits import coarse_candidate, coarse_features, coarse_figures
from webapp.services.modelling.fit_requests import FeatureWish, check_algorithm, check_k, check_seed, checked_features, same_wish
from webapp.services.modelling.stored_models import is_usable
from webapp.services.work import jobs
from webapp.services.work.jobs import JobSummary
from webapp.services.work.subjects import RECLUSTER
from webapp.store import Store

LONGEST_NOTE = 2_000
"""Characters of a note on a version or a promotion."""


@dataclass(frozen=True)
class VersionSummary:
    """One model version. `snapshot` is a number; `figures`, `k`, `verdict` and `ready_at` are there once it is ready.

    `algorithm` is the one that was fitted, once it is; `requested` holds what was asked for: algorithm, k, features, promote,
    and the id of the schedule that asked.
    `seconds` is how long the fit took. One that is `pinned` is never removed; of one that was, at `removed_at`, all this stays.
    """

    number: int
    status: str
    status_message: str | None
    champion: bool
    algorithm: str
    k: int | None
    seed: int
    verdict: str | None
    figures: dict[str, float]
    created_at: datetime
    created_by: str
    snapshot: int
    ready_at: datetime | None
    requested: dict[str, Any]
    challenger: bool = False
    note: str = ""
    seconds: float | None = None
    pinned: bool = False
    removed_at: datetime | None = None


@dataclass(frozen=True)
class Making:
    """What fitted a version: its recipe, the settings of its algorithm, and the releases of what ran; None where nobody wrote it down."""

    recipe: Recipe | None
    parameters: dict[str, float]
    libraries: dict[str, str]


@dataclass(frozen=True)
class VersionReport:
    """How a version came about: the verdict, every candidate, the seconds of each stage, the figures, and what became of each feature."""

    verdict: Verdict
    sweep: tuple[Candidate, ...]
    seconds: dict[str, float]
    figures: dict[str, float]
    features: tuple[FeatureSummary, ...] = ()

    def separated(self, algorithm: str, k: int | None) -> bool:
        """Whether the fit with `k` segments is better separated than shuffled columns are."""
        fit = next((each for each in self.sweep if (each.algorithm, each.k) == (algorithm, k)), None)
        return fit is not None and "separation" not in lacks(fit)


def list_versions(session: Session, actor: Actor, dataset: str) -> tuple[VersionSummary, ...]:
    """The dataset's versions, newest first; for viewers in coarse figures."""
    row = team_dataset(session, actor, dataset)
    versions = session.scalars(
        team_rows(actor, ModelVersion)
        .where(ModelVersion.dataset_id == row.id)
        .order_by(ModelVersion.number.desc())
        .options(defer(ModelVersion.profiles))
    )
    snapshots = dict(session.execute(select(Snapshot.id, Snapshot.number).where(Snapshot.dataset_id == row.id)).all())
    pointers = _pointers(session, row.id)
    return tuple(_summary(actor, version, snapshots[version.snapshot_id], pointers) for version in versions)


def show_version(session: Session, actor: Actor, dataset: str, number: int) -> VersionSummary:
    """One version by its number; for viewers in coarse figures."""
    return summarise_version(session, actor, _numbered(session, actor, team_dataset(session, actor, dataset), number))


def show_report(session: Session, actor: Actor, dataset: str, number: int) -> VersionReport:
    """The report of a version that was fitted, removed ones included; for viewers in coarse figures. Conflict while it is not ready."""
    report = from_json(VersionReport, fitted_version(session, actor, team_dataset(session, actor, dataset), number).report)
    if actor.may(Permission.VIEW_CUSTOMERS):
        return report
    return replace(
        report,
        sweep=tuple(map(coarse_candidate, report.sweep)),
        figures=coarse_figures(report.figures),
        features=coarse_features(report.features),
    )


def show_making(session: Session, actor: Actor, dataset: str, number: int) -> Making:
    """What fitted a version, removed ones included; Conflict while it is not ready."""
    version = fitted_version(session, actor, team_dataset(session, actor, dataset), number)
    recipe = from_json(Recipe, version.recipe) if version.recipe else None
    return Making(recipe, dict(version.parameters or {}), dict(version.libraries or {}))


def version_of_job(session: Session, actor: Actor, job_id: str) -> int:
    """The number of the version that a re-cluster job fits; NotFound for a job of another kind."""
    job = team_row(session, actor, Job, "job", id=job_id)
    return team_row(session, actor, ModelVersion, "version of that job", id=job.subject_id).number


def request_recluster(
    session: Session,
    actor: Actor,
    dataset: str,
    *,
    algorithm: str = DEFAULT_ALGORITHM,
    k: int | None = None,
    seed: int = 0,
    features: FeatureWish = None,
    promote: bool = False,
    challenge: bool = False,
    note: str = "",
    schedule: str | None = None,
    unless_there: bool = False,
    store: Store | None = None,
) -> JobSummary:
    """A pending version and its job, in one transaction; while one is active, that job and no second version.

    With `unless_there`, where a ready version has the same snapshot, settings and seed, the job that made it, which is done, and no twin;
    with the `store`, one whose model is missing or damaged does not count: the same fit brings its files back.
    `algorithm` "auto" is the best of all. Which measures can be features, and whether there are enough customers, the job finds out.
    Once fitted it is the champion (`promote`) or the challenger (`challenge`), or neither.
    `schedule` is the id of the one that asks: its version becomes the challenger and is never promoted by itself.
    """
    require(actor, Permission.RECLUSTER)
    requested = _checked_request(algorithm, k, seed, features) | {"promote": promote}
    requested |= ({"challenge": True} if challenge else {}) | ({"schedule": schedule} if schedule else {})
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    exclusive = f"{RECLUSTER}:{row.id}"
    if (active := active_job(session, actor, exclusive)) is not None:
        return jobs.show_job(session, actor, active.id)
    snapshot = latest_snapshot(session, row)
    if snapshot is None:
        raise Conflict("This dataset has no customers yet. Import a customer file first.", code="no_snapshot")
    if unless_there and (made := _twins_job(session, actor, snapshot, requested, seed, store)) is not None:
        return jobs.show_job(session, actor, made.id)
    version = ModelVersion(
        team_id=actor.team_id,
        dataset_id=row.id,
        snapshot_id=snapshot.id,
        number=_next_number(session, row),
        status=VersionStatus.PENDING,
        algorithm=algorithm,
        requested=requested,
        seed=seed,
        note=checked_note(note),
        created_by=actor.name,
        created_at=datetime.now(UTC),
    )
    session.add(version)
    session.flush()
    job, _ = jobs.enqueue_job(session, actor, kind=RECLUSTER, dataset_id=row.id, subject_id=version.id, exclusive_key=exclusive)
    record_event(session, actor, "version.requested", f"{row.slug}/{version.number}", seed=seed, **requested)
    session.flush()
    return jobs.show_job(session, actor, job.id)


def _checked_request(algorithm: str, k: int | None, seed: int, features: FeatureWish) -> dict[str, Any]:
    """What is asked of a fit, as a version keeps it; Invalid names what cannot be asked for."""
    check_algorithm(algorithm)
    check_k(k)
    check_seed(seed)
    return {"algorithm": algorithm, "k": k, "features": checked_features(features)}


def _twins_job(
    session: Session, actor: Actor, snapshot: Snapshot, requested: Mapping[str, Any], seed: int, store: Store | None
) -> Job | None:
    """The job that made the newest ready version of the snapshot with that seed for which the same was asked."""
    alike = team_rows(actor, ModelVersion).where(
        ModelVersion.snapshot_id == snapshot.id, ModelVersion.seed == seed, ModelVersion.status == VersionStatus.READY
    )
    for version in session.scalars(alike.order_by(ModelVersion.number.desc()).options(defer(ModelVersion.profiles))):
        asked = {"algorithm": version.algorithm, **version.requested}  # versions of 0.1 asked for what stands beside the request only
        same = all(asked[name] == requested[name] for name in ("algorithm", "k"))
        if same and same_wish(asked["features"], requested["features"]) and (store is None or is_usable(store, version)):
            made = team_rows(actor, Job).where(Job.subject_id == version.id, Job.kind == RECLUSTER)
            return session.scalars(made).one_or_none()
    return None


def find_version(session: Session, actor: Actor, dataset: Dataset, number: int | None) -> ModelVersion | None:
    """The ready version of that number, or the champion (None: nothing was promoted yet). For services and tasks only.

    Viewers read the champion: of two versions that differ in one customer, the difference is that customer. Forbidden for another one.
    """
    if number is not None:
        version = ready_version(session, actor, dataset, number)
        if not actor.may(Permission.VIEW_CUSTOMERS) and version.id != champion_id(session, dataset):
            raise Forbidden(
                f"Viewers see the champion's segments; other versions need the marketer role. Ask an admin of {actor.team_name}."
            )
        return version
    pointer = session.scalars(team_rows(actor, Champion).where(Champion.dataset_id == dataset.id)).one_or_none()
    if pointer is None:
        return None
    return session.scalars(
        team_rows(actor, ModelVersion).where(ModelVersion.id == pointer.version_id).options(defer(ModelVersion.profiles))
    ).one()


def ready_version(session: Session, actor: Actor, dataset: Dataset, number: int) -> ModelVersion:
    """The ready version of that number, whoever asks. For services only, which show nothing of its customers to viewers."""
    version = _numbered(session, actor, dataset, number)
    _demand_ready(version)
    return version


def fitted_version(session: Session, actor: Actor, dataset: Dataset, number: int) -> ModelVersion:
    """The version of that number, ready or removed since: of either, all that its row holds is there. For services only, as above."""
    version = _numbered(session, actor, dataset, number)
    if version.status != VersionStatus.REMOVED:
        _demand_ready(version)
    return version


def summarise_version(session: Session, actor: Actor, version: ModelVersion) -> VersionSummary:
    """The row as `actor` reads it. For services only: the row was reached through the team."""
    snapshot = session.scalars(select(Snapshot.number).where(Snapshot.id == version.snapshot_id)).one()
    return _summary(actor, version, snapshot, _pointers(session, version.dataset_id))


def lock_champion(session: Session, actor: Actor, dataset: Dataset) -> ModelVersion | None:
    """The champion, which nobody else moves until this transaction ends; None where there is none. For services and tasks only."""
    session.execute(team_rows(actor, Champion).where(Champion.dataset_id == dataset.id).with_for_update())
    return find_version(session, actor, dataset, None)


def champion_id(session: Session, dataset: Dataset) -> str | None:
    """Id of the dataset's champion. For services and tasks only."""
    return session.scalars(select(Champion.version_id).where(Champion.dataset_id == dataset.id)).one_or_none()


def _numbered(session: Session, actor: Actor, dataset: Dataset, number: int) -> ModelVersion:
    statement = team_rows(actor, ModelVersion).where(ModelVersion.dataset_id == dataset.id, ModelVersion.number == number)
    version = session.scalars(statement.options(defer(ModelVersion.profiles))).one_or_none()
    if version is None:
        raise NotFound(f"There is no version {number}.")
    return version


def _demand_ready(version: ModelVersion) -> None:
    if version.status == VersionStatus.PENDING:
        raise Conflict(f"Version {version.number} is not ready yet. Wait for its job to end.", code="not_ready")
    if version.status == VersionStatus.REMOVED:
        raise Conflict(
            f"Version {version.number} was removed. Its figures and its model card are there; to work with it, "
            "re-cluster with its settings and seed.",
            code="removed",
        )
    if version.status != VersionStatus.READY:
        raise Conflict(f"Version {version.number} was never fitted: {version.status_message or version.status}.", code="not_ready")


def active_job(session: Session, actor: Actor, exclusive_key: str) -> Job | None:
    """The job with that key that waits or runs. For services only."""
    active = (JobStatus.QUEUED, JobStatus.RUNNING)
    return session.scalars(team_rows(actor, Job).where(Job.exclusive_key == exclusive_key, Job.status.in_(active))).one_or_none()


def _next_number(session: Session, dataset: Dataset) -> int:
    return (session.scalar(select(func.max(ModelVersion.number)).where(ModelVersion.dataset_id == dataset.id)) or 0) + 1


def checked_note(note: str) -> str:
    """`note` without blanks around it; Invalid where it is too long."""
    cleaned = note.strip()
    if len(cleaned) > LONGEST_NOTE:
        raise Invalid(f"A note has at most {LONGEST_NOTE:,} characters. Shorten it.", details={"field": "note"})
    return cleaned


@dataclass(frozen=True)
class _Pointers:
    """Ids of the versions that a dataset points to."""

    champion: str | None
    challenger: str | None


def _pointers(session: Session, dataset_id: str) -> _Pointers:
    kinds = (Champion, Challenger)
    return _Pointers(*(session.scalars(select(kind.version_id).where(kind.dataset_id == dataset_id)).one_or_none() for kind in kinds))


def _summary(actor: Actor, version: ModelVersion, snapshot: int, pointers: _Pointers) -> VersionSummary:
    report = version.report or {}
    figures = dict(report.get("figures", {}))
    return VersionSummary(
        number=version.number,
        status=str(version.status),
        status_message=version.status_message,
        champion=version.id == pointers.champion,
        algorithm=version.algorithm,
        k=version.k,
        seed=version.seed,
        verdict=version.verdict,
        figures=figures if actor.may(Permission.VIEW_CUSTOMERS) else coarse_figures(figures),
        created_at=version.created_at,
        created_by=version.created_by,
        snapshot=snapshot,
        ready_at=version.ready_at,
        requested=dict(version.requested),
        challenger=version.id == pointers.challenger,
        note=version.note,
        seconds=sum(report["seconds"].values()) if "seconds" in report else None,
        pinned=version.pinned,
        removed_at=version.removed_at,
    )
