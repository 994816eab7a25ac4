from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture as ReferenceMixture

from segmentation.clustering import KMeans, fit_kmeans, gaussian
from segmentation.clustering.gaussian import REGULAR, GaussianMixture, GaussianMixtureAlgorithm
from tests.segmentation.shop import blobs

MIXTURE = GaussianMixtureAlgorithm()


def fitted(features: np.ndarray, k: int) -> GaussianMixture:
    model = MIXTURE.fit(features, (k,), seed=0)[k]
    assert isinstance(model, GaussianMixture)
    return model


def covariances(model: GaussianMixture) -> np.ndarray:
    return np.linalg.inv(model.roots @ model.roots.transpose(0, 2, 1))


def test_scores_are_log_weight_and_log_density() -> None:
    features, _ = blobs(4, 3.0)
    model = fitted(features, 4)
    parts = zip(np.exp(model.log_weights), model.means, covariances(model), strict=True)
    expected = np.column_stack([np.log(weight) + multivariate_normal(mean, cov).logpdf(features) for weight, mean, cov in parts])
    assert model.scores(features) == pytest.approx(expected, abs=1e-9)
    assert np.exp(model.log_weights).sum() == pytest.approx(1.0)


def test_probabilities_are_those_of_scikit_learn() -> None:
    features, _ = blobs(4, 2.0)
    model = fitted(features, 4)
    reference = ReferenceMixture(4)
    reference.weights_, reference.means_, reference.precisions_cholesky_ = np.exp(model.log_weights), model.means, model.roots
    reference.covariances_ = covariances(model)
    assert softmax(model.scores(features), axis=1) == pytest.approx(reference.predict_proba(features), abs=1e-8)
    assert logsumexp(model.scores(features), axis=1) == pytest.approx(reference.score_samples(features), abs=1e-8)
    assert model.assign(features).confidence == pytest.approx(reference.predict_proba(features).max(axis=1), abs=1e-6)


def test_em_has_settled() -> None:
    """One more step from where it ended, taken by hand, changes hardly anything."""
    features, _ = blobs(4, 3.0)
    model = fitted(features, 4)
    share = softmax(model.scores(features), axis=1)
    assert np.exp(model.log_weights) == pytest.approx(share.mean(axis=0), abs=0.01)
    assert model.means == pytest.approx(share.T @ features / share.sum(axis=0)[:, None], abs=0.05)
    regular = REGULAR * features.var(axis=0).mean()
    for component, (mean, covariance) in enumerate(zip(model.means, covariances(model), strict=True)):
        centred = features - mean
        expected = (share[:, component, None] * centred).T @ centred / share[:, component].sum() + regular * np.eye(6)
        assert covariance == pytest.approx(expected, abs=0.05)


def test_finds_a_narrow_group_beside_a_wide_one() -> None:
    draw = np.random.default_rng(0)
    kind = np.repeat([0, 1], [800, 200])
    features = draw.normal(size=(1_000, 3)) * np.where(kind == 0, 3.0, 1.0)[:, None]
    features[kind == 1, 0] += 6.0
    found = adjusted_rand_score(kind, fitted(features, 2).labels(features))
    assert found > 0.6
    assert found > adjusted_rand_score(kind, fit_kmeans(features, 2, seed=0).labels(features)) + 0.3


def test_columns_of_few_values_do_not_degenerate() -> None:
    draw = np.random.default_rng(0)
    steps = np.column_stack([draw.integers(0, 2, 800), draw.integers(0, 3, 800), draw.normal(size=800), draw.normal(size=800)])
    features = (steps - steps.mean(axis=0)) / steps.std(axis=0)
    for k in (2, 4, 6):
        model = fitted(features, k)
        assert np.linalg.eigvalsh(covariances(model)).min() >= 0.999 * REGULAR
        assert np.isfinite(model.scores(features)).all()


def test_a_component_that_is_nobodys_best_is_no_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian, "REGULAR", 0.5)
    features, _ = blobs(5, 4.0, customers=2_000)
    models = MIXTURE.fit(features, range(2, 9), seed=0)
    assert 0 < len(models) < 7
    assert all(len(np.unique(model.labels(features))) == k for k, model in models.items())


def test_who_is_drawn_twice_counts_twice() -> None:
    features, _ = blobs(3, 4.0, customers=300)
    models = MIXTURE.fit(features, (3,), seed=0)
    weights = np.repeat([2.0, 1.0, 0.0], 100)
    weighted = MIXTURE.refit(features, models, seed=0, weights=weights)[3]
    shares = np.bincount(np.repeat(weighted.labels(features), weights.astype(int)), minlength=3) / 300
    assert isinstance(weighted, GaussianMixture)
    assert np.exp(weighted.log_weights) == pytest.approx(shares, abs=0.02)
    repeated = np.repeat(features, weights.astype(int), axis=0)
    mean = softmax(weighted.scores(repeated), axis=1).T @ repeated / (300 * np.exp(weighted.log_weights))[:, None]
    assert weighted.means == pytest.approx(mean, abs=0.05)


def test_a_refit_starts_from_k_means_not_from_the_fitted_mixture(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = blobs(3, 1.0, customers=400)
    models = MIXTURE.fit(features, (4,), seed=0)
    before = []
    restart = gaussian.refit_kmeans
    monkeypatch.setattr(gaussian, "refit_kmeans", lambda rows, model, **more: before.append(model) or restart(rows, model, **more))
    MIXTURE.refit(features, models, seed=0, weights=np.arange(400) % 3 * 1.0)
    assert len(before) == 1
    assert before[0].state()["centres"].tobytes() == fit_kmeans(features, 4, seed=0).centres.tobytes()


def test_components_are_numbered_by_who_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    climb = gaussian._climb

    def turned(rows: np.ndarray, start: KMeans) -> GaussianMixture:
        found = climb(rows, start)
        return replace(found, means=found.means[::-1], roots=found.roots[::-1], log_weights=found.log_weights[::-1])

    features = np.vstack([blobs(3, 8.0, customers=600)[0], blobs(3, 8.0, customers=600)[0][::3]])
    expected = MIXTURE.fit(features, (3,), seed=0)[3].labels(features)
    monkeypatch.setattr(gaussian, "_climb", turned)
    assert (MIXTURE.fit(features, (3,), seed=0)[3].labels(features) == expected).all()
