from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans as ReferenceKMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from sklearn.metrics import silhouette_samples as reference_silhouettes

from segmentation.choosing import selection
from segmentation.choosing.reference import shuffled
from segmentation.choosing.selection import Candidate, Sweep, evaluation_sample, sweep
from segmentation.errors import Cancelled, NotEnoughData
from tests.segmentation.shop import blobs


@pytest.fixture(scope="module")
def swept() -> Sweep:
    features, _ = blobs(3, 6.0, customers=300)
    return sweep(features, (2, 3, 4), seed=0)


def kmeans(swept: Sweep) -> list[Candidate]:
    return [candidate for candidate in swept.candidates if candidate.algorithm == "kmeans"]


def test_figures_equal_scikit_learn(swept: Sweep) -> None:
    features, _ = blobs(3, 6.0, customers=300)
    for candidate in kmeans(swept):
        reference = ReferenceKMeans(candidate.k, n_init=30, random_state=0).fit(features)
        assert candidate.explained == pytest.approx(1 - reference.inertia_ / (features**2).sum(), rel=1e-6)
        assert candidate.silhouette == pytest.approx(reference_silhouettes(features, reference.labels_).mean(), rel=1e-3)
        assert candidate.davies_bouldin == pytest.approx(davies_bouldin_score(features, reference.labels_), rel=1e-3)
        assert candidate.calinski_harabasz == pytest.approx(calinski_harabasz_score(features, reference.labels_), rel=1e-3)
        assert candidate.smallest_share == pytest.approx(np.bincount(reference.labels_).min() / 300, abs=0.01)


def test_gap_is_the_lead_over_shuffled_columns(swept: Sweep) -> None:
    gaps = {candidate.k: candidate.gap for candidate in kmeans(swept)}
    for candidate in kmeans(swept):
        # Jensen: the mean of logarithms lies a little below the logarithm of the mean.
        assert candidate.gap == pytest.approx(np.log((1 - candidate.explained_null) / (1 - candidate.explained)), abs=1e-3)
        assert 0 < candidate.gap_error < 0.05
    assert max(gaps, key=lambda k: gaps[k]) == 3
    assert gaps[3] > 0.2


def test_the_true_number_repeats_and_shuffled_columns_do_not(swept: Sweep) -> None:
    three = swept.candidate(("kmeans", 3))
    assert three.stability_ari > 0.98
    assert three.stability_null < 0.8
    assert three.silhouette > three.silhouette_null + 0.1
    assert swept.stability["kmeans", 3].jaccard.min() > 0.97


def test_shuffled_features_have_nothing_over_shuffled_features() -> None:
    features, _ = blobs(3, 6.0, customers=400)
    for candidate in sweep(shuffled(features, np.random.default_rng(5)), (2, 4), seed=0).candidates:
        assert abs(candidate.gap) < 0.05
        assert abs(candidate.silhouette - candidate.silhouette_null) < 0.05


def test_shuffling_keeps_every_column_and_breaks_rows() -> None:
    features, _ = blobs(3, 6.0)
    result = shuffled(features, np.random.default_rng(0))
    assert np.sort(result, axis=0).tolist() == np.sort(features, axis=0).tolist()
    assert abs(np.corrcoef(result.T) - np.eye(6)).max() < 0.15


def test_same_seed_same_figures(swept: Sweep) -> None:
    features, _ = blobs(3, 6.0, customers=300)
    again = sweep(features, (2, 3, 4), seed=0)
    for first, second in zip(swept.candidates, again.candidates, strict=True):
        assert {**vars(first), "seconds": 0} == {**vars(second), "seconds": 0}


def test_many_customers_are_measured_on_a_sample_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    features, _ = blobs(3, 6.0, customers=900)
    full = sweep(features, (3,), seed=0)
    monkeypatch.setattr(selection, "EVALUATION_ROWS", 300)
    part = sweep(features, (3,), seed=0)
    assert (full.rows, part.rows) == (900, 300)
    assert full.silhouette_error["kmeans", 3] == 0.0
    assert 0 < part.silhouette_error["kmeans", 3] < 0.05
    assert abs(full.candidates[0].silhouette - part.candidates[0].silhouette) < 4 * part.silhouette_error["kmeans", 3]
    assert evaluation_sample(features, 0).tolist() == evaluation_sample(features, 0).tolist()
    assert len(np.unique(evaluation_sample(features, 0), axis=0)) == 300


def test_progress_is_told_in_words_and_never_goes_back() -> None:
    told: list[tuple[str, float]] = []
    features, _ = blobs(2, 6.0, customers=120)
    sweep(features, (2, 3), seed=0, progress=lambda stage, share: told.append((stage, share)))
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages[:3] == ["Trying 2 to 3 segments", "Resampling", "Comparing with shuffled columns"]
    assert stages[3] == "separate clouds: trying 2 to 3 segments"
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] < 1.0


def test_a_listener_can_stop_the_work() -> None:
    def stop(stage: str, share: float) -> None:
        if stage == "Resampling":
            raise Cancelled("No longer wanted.")

    with pytest.raises(Cancelled):
        sweep(blobs(2, 6.0, customers=120)[0], (2, 3), seed=0, progress=stop)


def test_every_figure_has_its_reference(swept: Sweep) -> None:
    for candidate in swept.candidates:
        assert candidate.davies_bouldin_null is not None
        assert candidate.davies_bouldin < candidate.davies_bouldin_null
        assert candidate.calinski_harabasz > (candidate.calinski_harabasz_null or 0)
    three = swept.candidate(("kmeans", 3))
    assert (three.prediction_strength or 0) > 0.95 > (three.prediction_strength_null or 1) + 0.2
    assert (three.bridge or 0) < 0.05
    assert (swept.candidate(("kmeans", 4)).bridge or 0) > 0.5


def test_clouds_are_looked_for_besides_k_means(swept: Sweep) -> None:
    assert [(candidate.algorithm, candidate.k) for candidate in swept.candidates if candidate.algorithm != "kmeans"] == [("clouds", 3)]
    assert {key for key in swept.models if key[0] == "clouds"} == {("clouds", 3)}


def test_an_algorithm_that_finds_its_own_number_may_find_none_of_those() -> None:
    with pytest.raises(NotEnoughData, match="hang together: there are no 2 to 3 groups"):
        sweep(np.random.default_rng(0).normal(size=(300, 4)), (2, 3), seed=0, algorithm="clouds")
