"""How many segments: a sweep over k, each figure beside what shuffled columns give, and a verdict in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

from segmentation.clustering import Clusterer, Features, fit_kmeans, one_thread, within_sum_of_squares
from segmentation.stability import Stability, bootstrap

VerdictWord = Literal["natural", "useful", "none"]
Progress = Callable[[str, float], None]
"""Called with the stage in words and the share of all work done (0 to 1); may raise `Cancelled` to stop the work."""

EVALUATION_ROWS = 5_000
"""Figures of more customers than this are taken from a seeded sample: a silhouette costs the square of the rows."""

NULL_ROWS = 2_000
"""Rows of each shuffle: every column gives as many of its values, drawn at random."""

SHUFFLES = 10
DRAWS = 20
NULL_STABILITY = (2, 5)
"""Shuffles, and bootstrap draws of each, behind `stability_null`: it sets a level, no decision hangs on it."""

RESAMPLE_RESTARTS = 6
SHUFFLE_RESTARTS = 3
"""k-means++ starts of resampled and of shuffled fits; shuffled columns have no far optimum to miss."""


@dataclass(frozen=True)
class Candidate:
    """One fit of the sweep, measured in the feature space.

    `silhouette_null` and `explained_null` are means over shuffles of each column on its own, which keep every
    distribution and remove all structure between columns. `stability_ari` is the mean adjusted Rand index
    (Hubert & Arabie 1985) between the fit and fits to bootstrap samples, `stability_low` its 10th percentile.
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


@dataclass(frozen=True, eq=False)
class Sweep:
    """The fits of a sweep with their figures; `models` and `stability` are by k.

    `rows` is how many customers the figures were measured on, `silhouette_error` (by k) the standard error of the
    silhouette that comes from measuring a sample, 0 where everybody was measured.
    """

    candidates: tuple[Candidate, ...]
    models: Mapping[int, Clusterer]
    stability: Mapping[int, Stability]
    silhouette_error: Mapping[int, float]
    rows: int


@dataclass(frozen=True)
class _Reference:
    """What shuffled columns give for one k, one entry per shuffle."""

    log_within: NDArray[np.float64]
    explained: NDArray[np.float64]
    silhouette: NDArray[np.float64]
    stability: float


def sweep(features: Features, ks: Sequence[int], *, seed: int, progress: Progress | None = None) -> Sweep:
    """Fit k-means to `features` (n, d) for each of `ks` and measure every fit.

    Each figure is taken in the feature space, on at most `EVALUATION_ROWS` customers. `gap` is the gap statistic
    (Tibshirani, Walther & Hastie 2001) whose reference is shuffled columns, with its standard error.
    """
    report = progress or _silent
    sample = evaluation_sample(features, seed)
    started = time.perf_counter()
    models: dict[int, Clusterer] = {}
    shares: dict[int, float] = {}
    spent: dict[int, float] = {}
    for done, k in enumerate(ks):
        report(f"Trying {_span(ks)} segments", 0.2 * done / len(ks))
        models[k] = fit_kmeans(features, k, seed=seed)
        shares[k] = float(np.bincount(models[k].labels(features), minlength=k).min() / len(features))
        spent[k], started = time.perf_counter() - started, time.perf_counter()
    with one_thread():
        stability = _resample(sample, models, seed, report)
        reference = _shuffled_reference(sample, ks, seed, report)
        silhouettes = silhouette_samples(sample, [models[k].labels(sample) for k in ks])
    report("Comparing with shuffled columns", 1.0)
    candidates = tuple(
        _candidate(sample, models[k], float(silhouette.mean()), reference[k], stability[k], shares[k], spent[k])
        for k, silhouette in zip(ks, silhouettes, strict=True)
    )
    sampled = len(sample) < len(features)
    errors = {k: float(silhouettes[i].std() / np.sqrt(len(sample))) if sampled else 0.0 for i, k in enumerate(ks)}
    return Sweep(candidates, models, stability, errors, len(sample))


def evaluation_sample(features: Features, seed: int) -> Features:
    """`features` (n, d), or a seeded sample of `EVALUATION_ROWS` of its rows where there are more."""
    if len(features) <= EVALUATION_ROWS:
        return features
    return features[np.sort(np.random.default_rng(seed).choice(len(features), EVALUATION_ROWS, replace=False))]


def silhouette_samples(features: Features, labellings: Sequence[NDArray[np.int16]]) -> NDArray[np.float64]:
    """Silhouettes (len(labellings), n) of the rows of `features` (n, d), all from one distance matrix.

    Rousseeuw (1987); 0 for the only member of a cluster, and everywhere when there is but one cluster.
    """
    members = [np.eye(int(labels.max(initial=0)) + 1)[labels] for labels in labellings]
    sums = cdist(features, features) @ np.hstack(members)
    ends = np.cumsum([each.shape[1] for each in members])[:-1]
    return np.stack([_silhouettes(each, labels) for each, labels in zip(np.split(sums, ends, axis=1), labellings, strict=True)])


def shuffled(features: Features, generator: np.random.Generator) -> Features:
    """`features` (n, d) with every column in an order of its own."""
    return np.ascontiguousarray(generator.permuted(features, axis=0))


def _resample(sample: Features, models: Mapping[int, Clusterer], seed: int, report: Progress) -> dict[int, Stability]:
    stability: dict[int, Stability] = {}
    for done, (k, model) in enumerate(models.items()):
        report("Resampling", 0.2 + 0.4 * done / len(models))
        stability[k] = bootstrap(sample, model.labels(sample), k, _refit(k, RESAMPLE_RESTARTS), seed=seed, draws=DRAWS)
    return stability


def _shuffled_reference(sample: Features, ks: Sequence[int], seed: int, report: Progress) -> dict[int, _Reference]:
    generator = np.random.default_rng((seed, 1))
    within = np.empty((SHUFFLES, len(ks)))
    total = np.empty((SHUFFLES, 1))
    silhouettes = np.empty((SHUFFLES, len(ks)))
    agreement = np.empty((NULL_STABILITY[0], len(ks)))
    for shuffle in range(SHUFFLES):
        report("Comparing with shuffled columns", 0.6 + 0.4 * shuffle / SHUFFLES)
        columns = shuffled(sample, generator)[:NULL_ROWS]
        labels = [fit_kmeans(columns, k, seed=shuffle, restarts=SHUFFLE_RESTARTS).labels(columns) for k in ks]
        total[shuffle] = _total_per_row(columns)
        within[shuffle] = [_within_per_row(columns, each, k) for each, k in zip(labels, ks, strict=True)]
        silhouettes[shuffle] = silhouette_samples(columns, labels).mean(axis=1)
        if shuffle < len(agreement):
            agreement[shuffle] = [_null_agreement(columns, each, k, shuffle) for each, k in zip(labels, ks, strict=True)]
    explained = 1.0 - within / total
    level = agreement.mean(axis=0)
    return {k: _Reference(np.log(within[:, i]), explained[:, i], silhouettes[:, i], float(level[i])) for i, k in enumerate(ks)}


def _null_agreement(columns: Features, labels: NDArray[np.int16], k: int, seed: int) -> float:
    return bootstrap(columns, labels, k, _refit(k, SHUFFLE_RESTARTS), seed=seed, draws=NULL_STABILITY[1]).mean


def _candidate(
    sample: Features,
    model: Clusterer,
    silhouette: float,
    reference: _Reference,
    stability: Stability,
    smallest: float,
    seconds: float,
) -> Candidate:
    labels = model.labels(sample)
    within = _within_per_row(sample, labels, model.k)
    measurable = 1 < len(np.unique(labels)) < len(sample)
    return Candidate(
        algorithm=model.algorithm,
        k=model.k,
        silhouette=silhouette,
        silhouette_null=float(reference.silhouette.mean()),
        davies_bouldin=float(davies_bouldin_score(sample, labels)) if measurable else 0.0,
        calinski_harabasz=float(calinski_harabasz_score(sample, labels)) if measurable else 0.0,
        explained=1.0 - within / _total_per_row(sample),
        explained_null=float(reference.explained.mean()),
        gap=float(reference.log_within.mean() - np.log(within)),
        gap_error=float(reference.log_within.std() * np.sqrt(1 + 1 / SHUFFLES)),
        stability_ari=stability.mean,
        stability_low=stability.low,
        stability_null=reference.stability,
        smallest_share=smallest,
        seconds=seconds,
    )


def _refit(k: int, restarts: int) -> Callable[[Features, int, NDArray[np.float64]], Clusterer]:
    def fit(features: Features, seed: int, weights: NDArray[np.float64]) -> Clusterer:
        return fit_kmeans(features, k, seed=seed, restarts=restarts, weights=weights)

    return fit


def _within_per_row(features: Features, labels: NDArray[np.int16], k: int) -> float:
    """Mean squared distance to the cluster's mean; never quite zero, so that its logarithm exists."""
    return max(within_sum_of_squares(features, labels, k) / len(features), 1e-12)


def _total_per_row(features: Features) -> float:
    return _within_per_row(features, np.zeros(len(features), np.int16), 1)


def _silhouettes(sums: NDArray[np.float64], labels: NDArray[np.int16]) -> NDArray[np.float64]:
    """Silhouettes (n,) from each row's summed distances to the members of each cluster (n, k)."""
    size = np.bincount(labels, minlength=sums.shape[1])
    if np.count_nonzero(size) < 2:
        return np.zeros(len(labels))
    rows = np.arange(len(labels))
    inside = sums[rows, labels] / np.maximum(size[labels] - 1, 1)
    means = np.where(size > 0, sums / np.maximum(size, 1), np.inf)
    means[rows, labels] = np.inf
    outside = means.min(axis=1)
    largest = np.maximum(inside, outside)
    return np.where((size[labels] > 1) & (largest > 0), (outside - inside) / np.where(largest > 0, largest, 1.0), 0.0)


def _span(ks: Sequence[int]) -> str:
    return str(ks[0]) if len(ks) == 1 else f"{min(ks)} to {max(ks)}"


def _silent(stage: str, share: float) -> None:
    """Nobody listens."""
