"""The clustergram: counts that add up, means that are those of scikit-learn's component, splits told from moved borders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from segmentation.choosing.clustergram import ClusterFlow, Clustergram, ClusterNode, clustergram, first_component
from segmentation.clustering import ALGORITHMS, Clusterer
from segmentation.palette import DARK, LIGHT, Theme
from segmentation.plots import clustergram_chart
from segmentation.plots.clustergrams import clustergram_title, kept_together


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    rng = np.random.default_rng(3)
    centres = np.array([[0, 0, 0], [6, 0, 0], [6, 5, 0], [0, 0, 4]])
    return centres[rng.integers(4, size=400)] + rng.normal(size=(400, 3))


@pytest.fixture(scope="module")
def models(features: np.ndarray) -> dict[int, Clusterer]:
    return dict(ALGORITHMS["kmeans"].fit(features, (2, 3, 4, 5), seed=1))


@pytest.fixture(scope="module")
def found(features: np.ndarray, models: dict[int, Clusterer]) -> Clustergram:
    return clustergram(features, models)


def test_every_customer_is_in_one_cluster_of_each_number_and_flows_on(found: Clustergram) -> None:
    for k in (1, 2, 3, 4, 5):
        assert sum(node.customers for node in found.nodes if node.k == k) == found.customers == 400
    for k in (1, 2, 3, 4):
        flows = [flow for flow in found.flows if flow.k == k]
        assert {flow.next_k for flow in flows} == {k + 1}
        assert sum(flow.customers for flow in flows) == 400
        for node in (node for node in found.nodes if node.k == k):
            assert sum(flow.customers for flow in flows if flow.start == node.cluster) == node.customers


def test_means_and_variance_are_those_of_the_first_component(
    features: np.ndarray, models: dict[int, Clusterer], found: Clustergram
) -> None:
    pca = PCA(1).fit(features)
    scores = pca.transform(features)[:, 0]
    assert found.variance == pytest.approx(pca.explained_variance_ratio_[0])
    labels = models[4].labels(features)
    sign = np.sign(np.corrcoef(scores, first_component(features)[0])[0, 1])
    for node in (node for node in found.nodes if node.k == 4):
        assert node.mean == pytest.approx(sign * scores[labels == node.cluster].mean())


def test_the_sign_does_not_depend_on_the_order_of_customers(features: np.ndarray) -> None:
    scores, _ = first_component(features)
    again, _ = first_component(features[::-1])
    assert np.allclose(scores, again[::-1])
    loadings = PCA(1).fit(features).components_[0]
    assert np.corrcoef(scores, features[:, np.abs(loadings).argmax()])[0, 1] > 0


def test_customers_in_no_segment_are_left_out_of_the_flows() -> None:
    class Left:
        k = 2

        def labels(self, features: np.ndarray) -> np.ndarray:
            return np.array([0, 0, 1, -1], np.int16)

    drawn = clustergram(np.arange(8.0).reshape(4, 2), {2: Left()})  # type: ignore[dict-item]
    assert sum(node.customers for node in drawn.nodes if node.k == 2) == 3
    assert sum(flow.customers for flow in drawn.flows) == 3


def step(*flows: tuple[int, int, int]) -> Clustergram:
    """A step from two to three clusters with these flows (start, end, customers)."""
    nodes = [ClusterNode(k, cluster, 1, float(cluster)) for k in (1, 2, 3) for cluster in range(k)]
    everybody = [ClusterFlow(1, 2, 0, 0, 1), ClusterFlow(1, 2, 0, 1, 1)]
    return Clustergram(100, 0.5, tuple(nodes), (*everybody, *(ClusterFlow(2, 3, *flow) for flow in flows)))


def test_a_split_is_told_from_moved_borders() -> None:
    assert kept_together(step((0, 0, 50), (1, 1, 30), (1, 2, 20)), 2, 3) == 1.0
    title = clustergram_title(step((0, 0, 50), (1, 1, 30), (1, 2, 20)), 3)
    assert title == "The step from two to three segments splits what is there: 100% stay in company"
    mixed = step((0, 0, 30), (1, 0, 20), (0, 1, 20), (1, 2, 30))
    assert kept_together(mixed, 2, 3) == pytest.approx(0.8)
    assert clustergram_title(mixed, 3) == "The step from two to three segments moves borders: 20% change company"
    assert clustergram_title(mixed, 2) == "The step to two segments splits everybody"
    assert clustergram_title(mixed, 9) == clustergram_title(mixed, 3)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(1, 50)), min_size=1, max_size=12, unique_by=lambda f: f[:2]))
@settings(max_examples=50, deadline=None)
def test_who_stays_together_is_the_share_of_the_largest_origins(flows: list[tuple[int, int, int]]) -> None:
    table = np.zeros((3, 4))
    for start, end, customers in flows:
        table[start, end] = customers
    assert kept_together(step(*flows), 2, 3) == pytest.approx(table.max(axis=0).sum() / table.sum())


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("narrow", [False, True])
def test_the_chart_draws_every_cluster_and_hides_no_more_than_trickles(found: Clustergram, theme: Theme, narrow: bool) -> None:
    chart = clustergram_chart(found, 4, theme=theme, narrow=narrow)
    assert chart is not None
    assert {trace.type for trace in chart.figure.data} == {"scatter"}
    assert len(chart.figure.data[-1].x) == len(found.nodes)
    drawn = sum(sum(value is None for value in trace.x) for trace in chart.figure.data[:-1])
    assert drawn == sum(flow.customers >= 2 for flow in found.flows)
    colours = dict(zip(chart.figure.data[-1].x, chart.figure.data[-1].marker.color, strict=True))
    assert (colours[4], colours[3]) == (theme.accent, theme.font)
    assert chart.title in chart.summary
    assert chart.table["Customers"].sum() == sum(flow.customers for flow in found.flows)
    chart.figure.to_json()


def test_wider_lines_carry_more(found: Clustergram) -> None:
    chart = clustergram_chart(found, 4, theme=LIGHT, narrow=False)
    assert chart is not None
    widths = [trace.line.width for trace in chart.figure.data[:-1]]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) > 2


def test_too_few_numbers_make_no_clustergram(features: np.ndarray, models: dict[int, Clusterer]) -> None:
    assert clustergram_chart(clustergram(features, {2: models[2]}), 2, theme=LIGHT, narrow=False) is None
