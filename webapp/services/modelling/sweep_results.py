"""A sweep's side of the work: what its task reads at the start, and what it stores at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from segmentation.choosing.clustergram import Clustergram
from segmentation.choosing.selection import Candidate, Verdict
from segmentation.codec import from_json, to_json
from segmentation.features import FeatureSummary
from segmentation.guiding.guidance import Guidance
from segmentation.roles import Schema
from webapp.models import Dataset, Snapshot, Sweep, VersionStatus
from webapp.services.access import Actor, team_row
from webapp.services.audit import record_event


@dataclass(frozen=True)
class Tried:
    """What one choice of features gave: every candidate, the recommended one (algorithm and k), and the verdict on it."""

    candidates: tuple[Candidate, ...]
    recommended: tuple[str, int]
    verdict: Verdict
    features: tuple[FeatureSummary, ...] = ()

    @property
    def best(self) -> Candidate:
        """The recommended candidate."""
        return next(each for each in self.candidates if (each.algorithm, each.k) == self.recommended)


@dataclass(frozen=True)
class SweepReport:
    """What a sweep found. `default` is there for chosen features and guided ones: the same with the default recipe, to compare with.

    `clustergrams` are by algorithm; `silent` names algorithms that found no number of segments; `seconds` is by stage.
    """

    found: Tried
    customers: int
    seconds: dict[str, float]
    default: Tried | None = None
    clustergrams: dict[str, Clustergram] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    guidance: Guidance | None = None


@dataclass(frozen=True)
class SweepPlan:
    """What a sweep needs, read at once so that no transaction stays open."""

    sweep_id: str
    snapshot_digest: str
    schema: Schema
    as_of: date
    algorithms: tuple[str, ...]
    features: dict[str, float] | list[str] | str | None
    outcome: str | None
    seed: int


def plan_sweep(session: Session, actor: Actor, sweep_id: str) -> SweepPlan:
    """For the task that works on it."""
    sweep = team_row(session, actor, Sweep, "sweep", id=sweep_id)
    snapshot = team_row(session, actor, Snapshot, "snapshot", id=sweep.snapshot_id)
    return SweepPlan(
        sweep_id=sweep.id,
        snapshot_digest=snapshot.digest,
        schema=from_json(Schema, snapshot.column_schema),
        as_of=snapshot.as_of,
        algorithms=tuple(sweep.requested["algorithms"]),
        features=sweep.requested["features"],
        outcome=sweep.requested["outcome"],
        seed=sweep.seed,
    )


def record_sweep(session: Session, actor: Actor, sweep_id: str, report: SweepReport) -> None:
    """Make a sweep ready. For the task that worked on it."""
    sweep = team_row(session, actor, Sweep, "sweep", id=sweep_id)
    dataset = team_row(session, actor, Dataset, "dataset", id=sweep.dataset_id)
    sweep.status, sweep.ready_at, sweep.report = VersionStatus.READY, datetime.now(UTC), to_json(report)
    algorithm, k = report.found.recommended
    record_event(
        session, actor, "sweep.ready", f"{dataset.slug}/{sweep.number}", algorithm=algorithm, k=k, verdict=report.found.verdict.word
    )
    session.flush()
