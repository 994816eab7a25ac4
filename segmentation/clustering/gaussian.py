"""Gaussian mixture: clusters of any elliptical shape, and how likely each customer belongs to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture as _GaussianMixture

from segmentation.clustering.centres import KMeans, cluster_means, fit_kmeans, refit_kmeans
from segmentation.clustering.rows import refuse_too_few, sampled
from segmentation.clustering.scored import Scored
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Clusterer, Features, Layout, State, by_size

SAMPLE_ROWS = 20_000
"""Above this many rows the mixture is fitted to a sample: its parameters, some hundreds, gain nothing from more."""

REGULAR = 0.1
"""Added to each variance of each component, in units of the mean variance of a feature.

The likelihood of a component in which a column of yes or no, or of children, has but one value has no upper bound: without a floor EM
runs after such columns and nothing else. With this one no component is narrower than a third of a feature's spread. On the real files
0.01 gives components that come back less often and confidences of 1 nearly everywhere; with 0.25 components swallow each other (of eight
on five round clouds, three end up with nobody)."""

LEAST_REGULAR = 1e-9
PASSES = 100


@dataclass(frozen=True, eq=False)
class GaussianMixture(Scored):
    """Components with `means` (k, d), `roots` (k, d, d) and `log_weights` (k,).

    Each root is the upper triangular Cholesky factor R of the precision, R Rᵀ = Σ⁻¹. `start` is the k-means that EM began with; only
    refits use it, and it is not stored.
    """

    means: Features
    roots: NDArray[np.float64]
    log_weights: NDArray[np.float64]
    start: KMeans | None = None
    algorithm: ClassVar[str] = "gmm"
    agreement: ClassVar[None] = None

    @property
    def k(self) -> int:
        """How many components there are."""
        return len(self.means)

    def scores(self, features: Features) -> Features:
        """Log of weight times density of each component, (n, k): confidence is the posterior probability (Bishop 2006, eq. 9.13)."""
        densities = [_log_density(features, mean, root) for mean, root in zip(self.means, self.roots, strict=True)]
        return np.column_stack(densities) + self.log_weights

    def numbered(self, features: Features) -> Self:
        """The same components, the one with most of the rows of `features` (n, d) first."""
        order = by_size(self.labels(features), self.k, self.means)
        return replace(self, means=self.means[order], roots=self.roots[order], log_weights=self.log_weights[order])

    def state(self) -> State:
        """Means, roots and log weights."""
        return {"means": self.means, "roots": self.roots, "log_weights": self.log_weights}

    @classmethod
    def restored(cls, state: State) -> Self:
        """The model that `state` was taken from."""
        means, roots, log_weights = (np.asarray(state[name], dtype=np.float64) for name in ("means", "roots", "log_weights"))
        return cls(means, roots, log_weights)


@dataclass(frozen=True)
class GaussianMixtureAlgorithm:
    """EM (Dempster, Laird & Rubin 1977) for Gaussians with full covariances, from the clusters of k-means."""

    name: ClassVar[str] = "gmm"
    label: ClassVar[str] = "Gaussian mixture"

    def fit(self, features: Features, ks: Sequence[int], *, seed: int, layout: Layout = ONE_COLUMN_EACH) -> Mapping[int, Clusterer]:
        """A mixture for each of `ks`, except where a component is nobody's best."""
        refuse_too_few(features, ks)
        rows = sampled(features, SAMPLE_ROWS, seed)
        with one_thread():
            fits = {k: _climb(rows, fit_kmeans(rows, k, seed=seed)).numbered(features) for k in ks}
            return {k: fit for k, fit in fits.items() if len(np.unique(fit.labels(features))) == k}

    def refit(
        self,
        features: Features,
        models: Mapping[int, Clusterer],
        *,
        seed: int,
        weights: NDArray[np.float64],
        layout: Layout = ONE_COLUMN_EACH,
    ) -> Mapping[int, Clusterer]:
        """Mixtures with the same numbers of components; a row that counts twice is there twice."""
        rows = np.repeat(features, weights.astype(np.intp), axis=0)
        with one_thread():
            return {k: _climb(rows, _restart(features, model, seed, weights)) for k, model in models.items()}


def _restart(features: Features, model: Clusterer, seed: int, weights: NDArray[np.float64]) -> KMeans:
    """k-means again, as it was before EM: a start from the fitted mixture would make every mixture look repeatable."""
    before = model.start if isinstance(model, GaussianMixture) and model.start is not None else model
    return refit_kmeans(features, before, seed=seed, weights=weights)


def _climb(rows: Features, start: KMeans) -> GaussianMixture:
    """The mixture to which EM leads on `rows` (n, d) from the clusters of `start`."""
    k, dimensions = start.centres.shape
    regular = max(REGULAR * float(rows.var(axis=0).mean()), LEAST_REGULAR)
    labels = start.labels(rows)
    size, means = cluster_means(rows, labels, k)
    covariances = np.stack([_scatter(rows[labels == cluster] - means[cluster]) for cluster in range(k)]) + regular * np.eye(dimensions)
    mixture = _GaussianMixture(
        k,
        reg_covar=regular,
        max_iter=PASSES,
        weights_init=size / size.sum(),
        means_init=means,
        precisions_init=np.linalg.inv(covariances),
    ).fit(rows)
    with np.errstate(divide="ignore"):
        log_weights = np.log(mixture.weights_)
    return GaussianMixture(mixture.means_, np.ascontiguousarray(mixture.precisions_cholesky_), log_weights, start)


def _scatter(centred: Features) -> Features:
    return centred.T @ centred / max(len(centred), 1)


def _log_density(features: Features, mean: NDArray[np.float64], root: Features) -> NDArray[np.float64]:
    """Log density (n,) of the Gaussian; column by column, since a matrix product rounds one row alone unlike the same row among others."""
    centred = features - mean
    white = np.zeros_like(centred)
    for column in range(len(mean)):
        white[:, column:] += centred[:, column, None] * root[column, column:]
    log_determinant = np.log(np.diagonal(root)).sum()
    density: NDArray[np.float64] = log_determinant - 0.5 * (len(mean) * np.log(2 * np.pi) + (white**2).sum(axis=1))
    return density
