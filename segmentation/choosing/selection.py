"""Which algorithm and how many segments: a sweep over both, each figure beside what shuffled columns give."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segmentation.choosing.figures import calinski_harabasz, davies_bouldin, explained, mean_silhouette, silhouette_samples, within_per_row
from segmentation.choosing.reference import Blocks, Reference, shuffled_reference
from segmentation.choosing.stability import Stability, bootstrap, prediction_strength
from segmentation.clustering import (
    ALGORITHMS,
    ONE_COLUMN_EACH,
    Algorithm,
    Clusterer,
    Features,
    Layout,
    algorithm_named,
    one_thread,
    widest_bridge,
)
from segmentation.errors import NotEnoughData

VerdictWord = Literal["natural", "useful", "none"]
Progress = Callable[[str, float], None]
"""Called with the stage in words and the share of all work done (0 to 1); may raise `Cancelled` to stop the work."""

DEFAULT_ALGORITHM = "kmeans"
AUTO = "auto"
BESIDES = {DEFAULT_ALGORITHM: ("clouds",)}
"""What is tried besides an algorithm: k-means does not see clouds of very unequal size, and says nothing of whether there are any."""

EVALUATION_ROWS = 5_000
"""Figures of more customers than this are taken from a seeded sample: a silhouette costs the square of the rows."""

DRAWS = 20
SPLITS = 2


@dataclass(frozen=True)
class Candidate:
    """One fit of the sweep, measured in the feature space.

    `..._null` are what shuffles of each column on its own give, which keep every distribution and remove all structure
    between columns. `stability_ari` is the mean adjusted Rand index (Hubert & Arabie 1985) between the fit and fits to bootstrap
    samples, `stability_low` its 10th percentile. `bridge` is the density between the two segments that are least apart, over
    that of the lower of their peaks (see `gaps`). `unassigned` is the share of customers in no segment, `agreement` that of a
    stand-in with the algorithm that it assigns customers for. None: not measured (versions of 0.1, or no stand-in).
    """

    algorithm: str
    k: int
    silhouette: float
    silhouette_null: float
    davies_bouldin: float
    calinski_harabasz: float
    explained: float
    explained_null: float
    gap: float
    gap_error: float
    stability_ari: float
    stability_low: float
    stability_null: float
    smallest_share: float
    seconds: float
    davies_bouldin_null: float | None = None
    calinski_harabasz_null: float | None = None
    prediction_strength: float | None = None
    prediction_strength_null: float | None = None
    bridge: float | None = None
    unassigned: float = 0.0
    agreement: float | None = None


@dataclass(frozen=True)
class Reason:
    """One sentence for (`good`) or against a verdict, with figures in it."""

    good: bool
    text: str


@dataclass(frozen=True)
class Verdict:
    """The answer in words: gaps between segments (`natural`), stable and distinct without gaps (`useful`), or `none`."""

    word: VerdictWord
    headline: str
    explanation: str
    reasons: tuple[Reason, ...]


Key = tuple[str, int]
"""Algorithm and number of segments."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """The fits of a sweep with their figures; `models`, `stability` and `silhouette_error` are by algorithm and k.

    `rows` is how many customers the figures were measured on, `silhouette_error` the standard error of the silhouette that
    comes from measuring a sample, 0 where everybody was measured.
    """

    candidates: tuple[Candidate, ...]
    models: Mapping[Key, Clusterer]
    stability: Mapping[Key, Stability]
    silhouette_error: Mapping[Key, float]
    rows: int

    def candidate(self, key: Key) -> Candidate:
        """The candidate of an algorithm and k; KeyError where there is none."""
        for candidate in self.candidates:
            if (candidate.algorithm, candidate.k) == key:
                return candidate
        raise KeyError(key)


def sweep(
    features: Features,
    ks: Sequence[int],
    *,
    seed: int,
    algorithm: str = DEFAULT_ALGORITHM,
    layout: Layout = ONE_COLUMN_EACH,
    blocks: Blocks | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Fit `algorithm` ("auto": each of them) to `features` (n, d) for all of `ks`, and measure every fit.

    Figures are taken in the feature space, on at most `EVALUATION_ROWS` customers. `blocks` are the ranges of columns that are one
    feature. NotEnoughData when an algorithm that finds its own number of segments finds none of `ks`.
    """
    names = list(ALGORITHMS) if algorithm == AUTO else [algorithm, *BESIDES.get(algorithm, ())]
    algorithms = [algorithm_named(name) for name in names]
    sample = evaluation_sample(features, seed)
    several = _Whole(features, sample, blocks or [(column, column + 1) for column in range(features.shape[1])], layout, seed)
    report = progress or _silent
    parts = []
    for place, each in enumerate(algorithms):
        low, high = place / len(algorithms), (place + 1) / len(algorithms)
        parts.append(_sweep_one(several, each, ks, _within(report, low, high, each.label if place else "")))
    candidates = tuple(candidate for part in parts for candidate in part.candidates)
    if not candidates:
        raise NotEnoughData(_found_nothing(algorithms[0], ks))
    return Sweep(
        candidates,
        {key: model for part in parts for key, model in part.models.items()},
        {key: stability for part in parts for key, stability in part.stability.items()},
        {key: error for part in parts for key, error in part.silhouette_error.items()},
        len(sample),
    )


def evaluation_sample(features: Features, seed: int) -> Features:
    """`features` (n, d), or a seeded sample of `EVALUATION_ROWS` of its rows where there are more."""
    if len(features) <= EVALUATION_ROWS:
        return features
    return features[np.sort(np.random.default_rng(seed).choice(len(features), EVALUATION_ROWS, replace=False))]


@dataclass(frozen=True, eq=False)
class _Whole:
    """What all algorithms of a sweep are fitted to, and measured on."""

    features: Features
    sample: Features
    blocks: Blocks
    layout: Layout
    seed: int


def _sweep_one(data: _Whole, algorithm: Algorithm, ks: Sequence[int], report: Progress) -> Sweep:
    """The sweep of one algorithm; without candidates where it finds none of `ks`."""
    sample, layout, seed = data.sample, data.layout, data.seed
    report(f"Trying {_span(ks)} segments", 0.0)
    started = time.perf_counter()
    with one_thread():
        models = algorithm.fit(data.features, ks, seed=seed, layout=layout)
        seconds = (time.perf_counter() - started) / max(len(models), 1)
        report("Resampling", 0.2)
        stability = bootstrap(sample, models, algorithm, seed=seed, draws=DRAWS, layout=layout)
        strength = prediction_strength(sample, models, algorithm, seed=seed, splits=SPLITS, layout=layout)
        report("Comparing with shuffled columns", 0.6)
        reference = shuffled_reference(sample, models, algorithm, seed=seed, layout=layout, blocks=data.blocks) if models else {}
        silhouettes = dict(zip(models, _silhouettes(sample, models), strict=True))
        measured = [_candidate(data, models[k], silhouettes[k], reference[k], stability[k], strength[k], seconds) for k in sorted(models)]
    error = np.sqrt(len(sample)) if len(sample) < len(data.features) else np.inf
    errors = {(algorithm.name, k): float(np.nan_to_num(np.nanstd(silhouettes[k])) / error) for k in models}
    keyed = {(algorithm.name, k): model for k, model in models.items()}
    return Sweep(tuple(measured), keyed, {(algorithm.name, k): stability[k] for k in models}, errors, len(sample))


def _silhouettes(sample: Features, models: Mapping[int, Clusterer]) -> list[NDArray[np.float64]]:
    return list(silhouette_samples(sample, [model.labels(sample) for model in models.values()])) if models else []


def _candidate(
    data: _Whole,
    model: Clusterer,
    silhouettes: NDArray[np.float64],
    reference: Reference,
    stability: Stability,
    strength: float,
    seconds: float,
) -> Candidate:
    sample, k = data.sample, model.k
    labels = model.labels(sample)
    everybody = labels if sample is data.features else model.labels(data.features)
    placed = labels >= 0
    share, share_null = explained(sample, labels, k), float(reference.explained.mean())
    return Candidate(
        algorithm=model.algorithm,
        k=k,
        silhouette=mean_silhouette(silhouettes),
        silhouette_null=float(reference.silhouette.mean()),
        davies_bouldin=_finite(davies_bouldin(sample, labels, k)),
        calinski_harabasz=calinski_harabasz(share, int(placed.sum()), k),
        explained=share,
        explained_null=share_null,
        gap=float(reference.log_within.mean() - np.log(within_per_row(sample[placed], labels[placed], k))),
        gap_error=float(reference.log_within.std() * np.sqrt(1 + 1 / len(reference.log_within))),
        stability_ari=stability.mean,
        stability_low=stability.low,
        stability_null=reference.stability,
        smallest_share=float(np.bincount(everybody[everybody >= 0], minlength=k).min() / len(everybody)),
        seconds=seconds,
        davies_bouldin_null=_finite(float(reference.davies_bouldin.mean())),
        calinski_harabasz_null=calinski_harabasz(share_null, int(placed.sum()), k),
        prediction_strength=strength,
        prediction_strength_null=reference.prediction_strength,
        bridge=widest_bridge(sample, labels, k, seed=data.seed),
        unassigned=float((everybody < 0).mean()),
        agreement=model.agreement,
    )


def _finite(value: float) -> float:
    """JSON knows no infinity; two coinciding centres are as bad as it gets."""
    return min(value, 1e6)


def _found_nothing(algorithm: Algorithm, ks: Sequence[int]) -> str:
    """For an algorithm that finds its own number of segments."""
    if len(ks) > 1:
        return (
            f"These customers hang together: there are no {_span(ks)} groups with gaps between them for the algorithm "
            f"“{algorithm.label}” to find. Choose another algorithm, such as k-means."
        )
    return (
        f"The algorithm “{algorithm.label}” decides by itself how many segments there are, and does not find {_span(ks)}. "
        "Leave the number open, or choose another algorithm."
    )


def _within(report: Progress, low: float, high: float, prefix: str) -> Progress:
    """A listener whose 0 to 1 is `low` to `high` of `report`."""
    return lambda stage, share: report(f"{prefix}: {stage.lower()}" if prefix else stage, low + (high - low) * share)


def _span(ks: Sequence[int]) -> str:
    return str(ks[0]) if len(ks) == 1 else f"{min(ks)} to {max(ks)}"


def _silent(stage: str, share: float) -> None:
    """Nobody listens."""
