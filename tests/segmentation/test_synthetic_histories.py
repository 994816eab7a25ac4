"""Segments over six months that are known because they were planted: the lineage of what a re-cluster finds must tell what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans

from segmentation.choosing.stability import contingency
from segmentation.describing.profiles import Profiles
from segmentation.errors import SegmentationError
from segmentation.features import FeatureBuilder
from segmentation.intake import read_customers
from segmentation.lineage import Fate, Lineage, Return, Side, shared_means, trace_lineage, trace_returns
from segmentation.pipeline import segment_customers
from segmentation.recipe import measured_with_recipe
from segmentation.roles import CUSTOMER_KEY
from segmentation.synthetic import SyntheticCustomers, write_customers
from segmentation.synthetic_histories import SyntheticMonth, synthetic_history
from tests.conftest import LONG

SEEDS = 50 if LONG else 4
THROUGH_THE_PIPELINE = 50 if LONG else 1
RIGHT = 0.95

Told = tuple[Fate, int | None, int | None]


@dataclass(frozen=True)
class Found:
    """What a re-cluster of one month found: labels by customer key, the planted segment that each cluster is, and perhaps profiles.

    `kept` are the planted segments that were found: more than half of either is in the other.
    """

    labels: pd.Series
    planted: dict[int, int]
    kept: frozenset[int]
    profiles: Profiles | None = None


def found(month: SyntheticMonth, folder: Path, seed: int, *, through_the_pipeline: bool = False) -> Found:
    """Re-cluster a month at as many segments as there are, from a file as users bring it."""
    write_customers(folder / "month.csv", SyntheticCustomers(month.customers, month.truth))
    intake = read_customers(folder / "month.csv")
    truth = pd.Series(month.truth, month.customers["ID"].astype(str)).loc[intake.customers[CUSTOMER_KEY]].to_numpy()
    alive, profiles = np.unique(truth), None
    if through_the_pipeline:
        result = segment_customers(intake.customers, intake.schema, as_of=month.as_of, k=len(alive), algorithm="kmeans", seed=seed)
        labels, profiles = result.assignments.label, result.profiles
    else:
        measured, recipe = measured_with_recipe(intake.customers, intake.schema, month.as_of)
        features = FeatureBuilder(recipe).fit(measured.table).transform(measured.table)
        labels = KMeans(len(alive), n_init=10, random_state=seed).fit_predict(features).astype(np.int16)
    table = contingency(labels, np.searchsorted(alive, truth).astype(np.int16), len(alive), len(alive))
    clusters, places = linear_sum_assignment(table, maximize=True)
    planted = {int(cluster): int(alive[place]) for cluster, place in zip(clusters, places, strict=True)}
    halves = np.maximum(table.sum(axis=1)[:, None], table.sum(axis=0)[None, :]) / 2
    kept = frozenset(
        int(alive[place]) for cluster, place in zip(clusters, places, strict=True) if table[cluster, place] > halves[cluster, place]
    )
    return Found(pd.Series(labels, intake.customers[CUSTOMER_KEY].to_numpy()), planted, kept, profiles)


def sides(before: Found, now: Found) -> Iterator[Side]:
    shared = before.labels.index.intersection(now.labels.index)
    means = shared_means(before.profiles, now.profiles) if before.profiles and now.profiles else None
    for place, each in enumerate((before, now)):
        yield Side(each.labels.loc[shared].to_numpy(), np.bincount(each.labels), means[place] if means else None)


def traced(before: Found, now: Found) -> Lineage:
    return trace_lineage(*sides(before, now))


def mistaken(states: list[Found], lineages: list[Lineage]) -> Iterator[tuple[int, Return]]:
    """Months with clusters that are taken for a segment which had gone and are another one, where every month was the champion's."""
    of_month = [{cluster: (0, cluster) for cluster in states[0].planted}]
    for month, (now, lineage) in enumerate(zip(states[1:], lineages, strict=True), start=1):
        segments = {new: of_month[-1][old] for new, old in lineage.pairs.items() if old is not None}
        known = set(of_month[-1].values())
        for earlier in reversed(range(month - 1)):
            places = {segment: cluster for cluster, segment in of_month[earlier].items()}
            gone = {cluster for segment, cluster in places.items() if segment not in known}
            goes_on = {new: places.get(segment) for new, segment in segments.items()}
            for found in trace_returns(*sides(states[earlier], now), goes_on, gone):
                segments[found.current] = of_month[earlier][found.previous]
                if states[earlier].planted[found.previous] != now.planted[found.current]:
                    yield month, found
            known |= places.keys()
        of_month.append({cluster: segments.get(cluster, (month, cluster)) for cluster in now.planted})


def told(lineage: Lineage, before: Found, now: Found) -> Iterator[Told]:
    """The links in the numbers of the planted segments."""
    for link in lineage.links:
        yield (
            link.kind,
            None if link.previous is None else before.planted[link.previous],
            None if link.current is None else now.planted[link.current],
        )


def swaps(links: set[Told], before: Found, now: Found) -> list[Told]:
    """Segments that live on and were found in both months, and are called by another one's name."""
    kept = before.kept & now.kept
    return [link for link in links if link[0] is Fate.CONTINUED and link[1] != link[2] and {link[1], link[2]} <= kept]


def check(seeds: range, folder: Path, **how: bool) -> None:
    happened: Counter[Fate] = Counter()
    wrong: list[object] = []
    for seed in seeds:
        months = synthetic_history(900, seed=seed)
        states = [found(month, folder, seed=number, **how) for number, month in enumerate(months, start=seed)]
        lineages = [traced(before, now) for before, now in pairwise(states)]
        assert not list(mistaken(states, lineages)), seed
        for month, lineage, (before, now) in zip(months[1:], lineages, pairwise(states), strict=True):
            links = set(told(lineage, before, now))
            planted = {(link.kind, link.previous, link.current) for link in month.links}
            happened.update(link[0] for link in planted)
            wrong += [(seed, month.as_of, link, links - planted) for link in planted - links]
            assert not swaps(links, before, now), (seed, month.as_of)
    assert set(happened) == set(Fate)
    assert len(wrong) <= (1 - RIGHT) * happened.total(), wrong
    rare = [event for event in wrong if event[2][0] is not Fate.CONTINUED]  # type: ignore[index]
    assert len(rare) <= (1 - RIGHT) * (happened.total() - happened[Fate.CONTINUED]), rare


def test_the_lineage_of_k_means_tells_what_happened(tmp_path: Path) -> None:
    check(range(SEEDS), tmp_path)


def test_so_does_that_of_versions_as_a_recluster_makes_them(tmp_path: Path) -> None:
    check(range(THROUGH_THE_PIPELINE), tmp_path, through_the_pipeline=True)


def test_a_history_is_what_it_says_it_is() -> None:
    months = synthetic_history(900, seed=1)
    assert [month.as_of.month for month in months] == [7, 8, 9, 10, 11, 12]
    assert months[0].links == ()
    for before, now in pairwise(months):
        was, is_now = (pd.Series(month.truth, month.customers["ID"]) for month in (before, now))
        both = was.index.intersection(is_now.index)
        assert 0.6 < len(both) / len(was) <= 0.98
        for link in now.links:
            check_link(link.kind, link.previous, link.current, was, is_now)
        named = {link.current for link in now.links if link.kind in (Fate.CONTINUED, Fate.SPLIT, Fate.NEW)}
        assert named == set(now.truth)


def check_link(kind: Fate, previous: int | None, current: int | None, was: pd.Series, is_now: pd.Series) -> None:
    """What customers did is what the link says."""
    to = is_now.reindex(was[was == previous].index).dropna()
    of = was.reindex(is_now[is_now == current].index).dropna()
    if kind is Fate.CONTINUED:
        assert (to == current).mean() > 0.5
    elif kind is Fate.SPLIT:
        assert (of == previous).mean() > 0.8
        assert 0.2 < (to == current).mean() < 0.5
    elif kind is Fate.MERGED:
        assert (to == current).mean() > 0.9
    elif kind is Fate.NEW:
        assert len(of) < 0.2 * (is_now == current).sum()
    else:
        assert len(to) <= 3


def test_the_same_seed_gives_the_same_customers_and_another_one_others() -> None:
    first, again, other = (synthetic_history(500, months=2, seed=seed) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one.customers, two.customers)
        np.testing.assert_array_equal(one.truth, two.truth)
    assert not first[0].customers.equals(other[0].customers)


@pytest.mark.parametrize("asked", [{"customers": 399}, {"months": 1}, {"months": 7}])
def test_numbers_out_of_range_are_refused(asked: dict[str, int]) -> None:
    with pytest.raises(SegmentationError, match="Ask for"):
        synthetic_history(**asked)
