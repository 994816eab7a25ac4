"""The job "sweep": a snapshot in, the figures of every algorithm and number of segments out; no version is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from segmentation.choosing.clustergram import Clustergram, clustergram
from segmentation.choosing.selection import AUTO, Key, Sweep, evaluation_sample
from segmentation.choosing.verdict import judge, recommend
from segmentation.clustering import ALGORITHMS, Clusterer, Features
from segmentation.errors import NotEnoughData
from segmentation.feature_offer import every_feature
from segmentation.features import FeatureBuilder, Recipe
from segmentation.guiding.guidance import Guidance, guide
from segmentation.pipeline import AUTOMATIC_KS, CUSTOMERS_PER_SEGMENT, sweep_features
from segmentation.recipe import measured_with_recipe
from webapp import bulk
from webapp.edge import Resources, unit_of_work
from webapp.services.modelling.fit_requests import EVERY_FEATURE, FeatureWish
from webapp.services.modelling.sweep_results import SweepPlan, SweepReport, Tried, plan_sweep, record_sweep
from webapp.services.work import jobs
from webapp.services.work.subjects import SWEEP
from webapp.tasks import ClaimedJob, Progress, Task

SWEPT = 0.97
"""Part of the job's progress that the work takes; the rest is storing."""

GUIDE, CHOSEN, DEFAULT = "Guided by the outcome", "Your features", "Default features"
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class _Swept:
    """What one choice of features gave, with the models that the clustergrams are drawn from."""

    tried: Tried
    sample: Features
    models: Mapping[Key, Clusterer]
    silent: tuple[str, ...]


def sweep(resources: Resources, job: ClaimedJob, progress: Progress) -> None:
    """Work out the pending sweep `job.subject_id`, and store what was found in one short transaction at the end."""
    with unit_of_work(resources, read_only=True) as session:
        plan = plan_sweep(session, job.actor, job.subject_id)
    progress("Reading customers", 0.0)
    path = resources.store.verified_path(job.actor.team_id, "snapshot", plan.snapshot_digest)
    report = sweep_customers(bulk.read_snapshot(path, plan.schema), plan, progress)
    progress("Storing what was found", SWEPT)
    with unit_of_work(resources) as session:
        jobs.finish_job(session, job.fence)
        record_sweep(session, job.actor, plan.sweep_id, report)


def sweep_customers(customers: pd.DataFrame, plan: SweepPlan, progress: Progress) -> SweepReport:
    """The report of `plan` on `customers`.

    Where an outcome guides or features were chosen, the default recipe is swept too, to compare with.
    """
    needed = AUTOMATIC_KS[0] * CUSTOMERS_PER_SEGMENT
    if len(customers) < needed:
        raise NotEnoughData(f"Segments need at least {needed} customers; there are {len(customers)}. Import more, then try again.")
    run = _Run(progress, _stages(plan))
    guidance = run.stage(GUIDE, lambda report: _guided(customers, plan, report)) if plan.outcome is not None else None
    wish = guidance.features if guidance else _resolved(plan, customers)
    swept = run.stage(
        DEFAULT if wish is None else CHOSEN, lambda report: _swept(customers, plan, wish, report, k=guidance.k if guidance else None)
    )
    default = None if wish is None else run.stage(DEFAULT, lambda report: _swept(customers, plan, None, report)).tried
    return SweepReport(swept.tried, len(customers), run.seconds, default, _clustergrams(swept), swept.silent, guidance)


def _guided(customers: pd.DataFrame, plan: SweepPlan, progress: Progress) -> Guidance:
    assert plan.outcome is not None
    return guide(customers, plan.schema, plan.outcome, as_of=plan.as_of, seed=plan.seed, progress=progress)


def _stages(plan: SweepPlan) -> dict[str, float]:
    """What there is to do, with the share of the time that each takes."""
    if plan.outcome is not None:
        return {GUIDE: 0.8, CHOSEN: 0.1, DEFAULT: 0.1}
    return {DEFAULT: 1.0} if plan.features is None else {CHOSEN: 0.5, DEFAULT: 0.5}


def _resolved(plan: SweepPlan, customers: pd.DataFrame) -> FeatureWish:
    return every_feature(customers, plan.schema, plan.as_of) if plan.features == EVERY_FEATURE else plan.features


class _Run:
    """Stages one after the other: each reports into its own part of the whole, and its time is kept."""

    def __init__(self, progress: Progress, shares: Mapping[str, float]) -> None:
        self.progress, self.shares = progress, shares
        self.seconds: dict[str, float] = {}

    def stage(self, name: str, work: Callable[[Progress], Result]) -> Result:
        low = sum(self.shares[done] for done in self.seconds)
        started = time.perf_counter()
        result = work(_part(self.progress, SWEPT * low, SWEPT * (low + self.shares[name]), name if len(self.shares) > 1 else ""))
        self.seconds[name] = time.perf_counter() - started
        return result


def _swept(customers: pd.DataFrame, plan: SweepPlan, wish: FeatureWish, progress: Progress, *, k: int | None = None) -> _Swept:
    """All algorithms of `plan` on the features of `wish`, and what is recommended of everything that they gave (with `k` segments)."""
    progress("Building features", 0.0)
    measured, recipe = measured_with_recipe(customers, plan.schema, plan.as_of, wish)
    builder = FeatureBuilder(recipe).fit(measured.table)
    matrix = builder.transform(measured.table)
    parts = _parts(matrix, recipe, plan, progress)
    # An algorithm may bring candidates of another one that is tried beside it: each counts once, in the order of the registry.
    found = {(each.algorithm, each.k): each for part in parts for each in part.candidates}
    candidates = tuple(found[key] for key in sorted(found, key=lambda key: (list(ALGORITHMS).index(key[0]), key[1])))
    models = {key: model for part in parts for key, model in part.models.items()}
    best, _ = recommend([each for each in candidates if each.k == k] or candidates)
    tried = Tried(candidates, (best.algorithm, best.k), judge(candidates, best), builder.summaries())
    silent = tuple(name for name in plan.algorithms if name not in {name for name, _ in found})
    return _Swept(tried, evaluation_sample(matrix, plan.seed), models, silent)


def _parts(matrix: Features, recipe: Recipe, plan: SweepPlan, progress: Progress) -> list[Sweep]:
    """One sweep for all algorithms, or one for each of those chosen; a refusal only where none of them finds any segments."""
    names = [AUTO] if set(plan.algorithms) == set(ALGORITHMS) else list(plan.algorithms)
    parts: list[Sweep] = []
    refusals: list[NotEnoughData] = []
    for place, name in enumerate(names):
        label = ALGORITHMS[name].label if len(names) > 1 else ""
        report = _part(progress, place / len(names), (place + 1) / len(names), label)
        try:
            parts.append(sweep_features(matrix, recipe, algorithm=name, seed=plan.seed, progress=report))
        except NotEnoughData as refusal:
            refusals.append(refusal)
    if not parts:
        raise refusals[0]
    return parts


def _clustergrams(swept: _Swept) -> dict[str, Clustergram]:
    """One for each algorithm, over the numbers of segments that it found."""
    by_name: dict[str, dict[int, Clusterer]] = {}
    for (name, k), model in swept.models.items():
        by_name.setdefault(name, {})[k] = model
    return {name: clustergram(swept.sample, models) for name, models in by_name.items()}


def _part(progress: Progress, low: float, high: float, prefix: str) -> Progress:
    """A listener whose 0 to 1 is `low` to `high` of `progress`."""
    return lambda stage, share: progress(f"{prefix}: {stage[:1].lower()}{stage[1:]}" if prefix else stage, low + (high - low) * share)


TASKS = (Task(SWEEP, sweep),)
