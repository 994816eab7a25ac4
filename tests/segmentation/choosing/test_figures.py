from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score
from sklearn.metrics import silhouette_samples as reference_silhouettes

from segmentation.choosing.figures import calinski_harabasz, davies_bouldin, explained, mean_silhouette, silhouette_samples
from tests.segmentation.shop import blobs


@pytest.mark.parametrize("groups", [2, 5])
def test_silhouettes_equal_scikit_learn(groups: int) -> None:
    features, _ = blobs(4, 2.0, customers=150)
    labels = np.random.default_rng(0).integers(0, groups, 150).astype(np.int16)
    labels[labels == groups - 1] = 0
    labels[7] = groups - 1  # a cluster of one
    assert silhouette_samples(features, [labels])[0] == pytest.approx(reference_silhouettes(features, labels), abs=1e-9)


def test_silhouette_of_one_cluster_and_of_identical_rows_is_zero() -> None:
    labels = np.array([0, 0, 1, 1], np.int16)
    assert silhouette_samples(np.zeros((4, 2)), [labels, np.zeros(4, np.int16)]).tolist() == [[0.0] * 4, [0.0] * 4]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_figures_equal_scikit_learn(seed: int, k: int) -> None:
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(60, 4))
    labels = np.concatenate([np.arange(k), draw.integers(0, k, 60 - k)]).astype(np.int16)
    assert davies_bouldin(features, labels, k) == pytest.approx(davies_bouldin_score(features, labels), rel=1e-9)
    share = explained(features, labels, k)
    assert calinski_harabasz(share, 60, k) == pytest.approx(calinski_harabasz_score(features, labels), rel=1e-9)


def test_customers_in_no_segment_count_nowhere() -> None:
    features, _ = blobs(3, 4.0, customers=90)
    labels = np.random.default_rng(0).integers(-1, 3, 90).astype(np.int16)
    placed = labels >= 0
    assert davies_bouldin(features, labels, 3) == davies_bouldin(features[placed], labels[placed], 3)
    assert explained(features, labels, 3) == explained(features[placed], labels[placed], 3)
    silhouettes = silhouette_samples(features, [labels])[0]
    assert np.isnan(silhouettes[~placed]).all()
    assert silhouettes[placed] == pytest.approx(reference_silhouettes(features[placed], labels[placed]))
    assert mean_silhouette(silhouettes) == pytest.approx(silhouettes[placed].mean())


def test_nobody_in_any_segment_is_no_failure() -> None:
    nobody = np.full(5, -1, np.int16)
    assert explained(np.ones((5, 2)), nobody, 0) == 0.0
    assert mean_silhouette(silhouette_samples(np.ones((5, 2)), [nobody])[0]) == 0.0
    assert davies_bouldin(np.ones((5, 2)), nobody, 1) == 0.0
