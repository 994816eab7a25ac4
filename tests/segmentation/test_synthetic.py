"""Customers from a stated model: the file's shape, planted segments that can be found, and none where none are planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from segmentation.errors import SegmentationError
from segmentation.intake import read_customers
from segmentation.synthetic import SyntheticCustomers, segment_levels, synthetic_customers, write_customers

HEADERS = [
    "ID",
    "Year_Birth",
    "Education",
    "Marital_Status",
    "Income",
    "Kidhome",
    "Teenhome",
    "Dt_Customer",
    "Recency",
    "MntWines",
    "MntFruits",
    "MntMeatProducts",
    "MntFishProducts",
    "MntSweetProducts",
    "MntGoldProds",
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
    "Complain",
    "Response",
]


def features(drawn: SyntheticCustomers) -> NDArray[np.float64]:
    customers = drawn.customers
    income = customers["Income"].astype(float)
    orders = customers[["NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]].sum(axis=1)
    columns = {
        "income": np.log1p(income.fillna(income.median())),
        "spend": np.log1p(customers.filter(like="Mnt").sum(axis=1)),
        "deals": np.log1p(customers["NumDealsPurchases"]),
        "visits": customers["NumWebVisitsMonth"],
        "catalogue": customers["NumCatalogPurchases"] / orders.clip(lower=1),
        "kids": customers["Kidhome"],
        "teens": customers["Teenhome"],
        "age": -customers["Year_Birth"],
    }
    return np.asarray(StandardScaler().fit_transform(pd.DataFrame(columns)))


def cluster(matrix: NDArray[np.float64], k: int) -> NDArray[np.int32]:
    return np.asarray(KMeans(k, n_init=5, random_state=0).fit_predict(matrix))


def test_a_default_call_plants_what_k_means_finds() -> None:
    drawn = synthetic_customers(2_000)
    matrix = features(drawn)
    labels = {k: cluster(matrix, k) for k in range(2, 9)}
    best = max(labels, key=lambda k: silhouette_score(matrix, labels[k]))
    assert best == 5
    assert adjusted_rand_score(drawn.truth, labels[5]) >= 0.95


def test_less_separation_is_harder_and_none_is_chance() -> None:
    scores = []
    for separation in (4.0, 1.5, 0.0):
        drawn = synthetic_customers(1_500, separation=separation, seed=3)
        scores.append(adjusted_rand_score(drawn.truth, cluster(features(drawn), 5)))
    assert scores[0] > scores[1] + 0.1 > 0.1
    assert abs(scores[2]) < 0.02


def test_without_separation_columns_are_independent() -> None:
    customers = synthetic_customers(20_000, separation=0.0, seed=5).customers.select_dtypes("number").drop(columns="ID")
    correlations = customers.astype(float).corr().to_numpy(copy=True)
    np.fill_diagonal(correlations, 0)
    assert np.abs(correlations).max() < 0.04  # some 4.5 standard errors, over 171 pairs


def test_the_response_depends_on_the_segment_only_where_segments_are_apart() -> None:
    apart, together = (synthetic_customers(20_000, separation=separation, seed=1) for separation in (4.0, 0.0))
    rates = apart.customers["Response"].groupby(apart.truth).mean()
    assert rates.max() > 2.5 * rates.min()
    same = together.customers["Response"].groupby(together.truth).mean()
    assert same.max() - same.min() < 0.03


def test_the_same_seed_draws_the_same_customers() -> None:
    first, again, other = (synthetic_customers(300, seed=seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(first.customers, again.customers)
    assert np.array_equal(first.truth, again.truth)
    assert not first.customers.equals(other.customers)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(20, 400), st.integers(0, 99))
def test_every_segment_has_customers_and_values_stay_in_range(segments: int, rows: int, seed: int) -> None:
    drawn = synthetic_customers(rows, segments=segments, seed=seed)
    customers = drawn.customers
    assert len(customers) == rows == len(drawn.truth)
    assert set(drawn.truth) == set(range(segments))
    assert customers["ID"].is_unique
    numbers = customers.select_dtypes("number")
    assert (numbers.min() >= 0).all()
    assert customers["Year_Birth"].between(1930, 2006).all()
    assert list(customers) == HEADERS


def test_stated_sizes_hold() -> None:
    drawn = synthetic_customers(1_003, segments=3, sizes=[6, 3, 1])
    shares = np.bincount(drawn.truth) / 1_003
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.003)


def test_segments_never_share_all_levels() -> None:
    levels = segment_levels(20)
    assert len({tuple(row) for row in levels}) == 20


@pytest.mark.parametrize(
    ("rows", "options"),
    [(10, {"segments": 0}), (10, {"segments": 21}), (3, {"segments": 5}), (10, {"separation": -1.0}), (10, {"segments": 2, "sizes": [1.0]}),
     (10, {"segments": 2, "sizes": [1.0, 0.0]})],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(rows: int, options: dict[str, object]) -> None:
    with pytest.raises(SegmentationError):
        synthetic_customers(rows, **options)  # type: ignore[arg-type]


def test_a_written_file_is_read_back_whole(tmp_path: Path) -> None:
    drawn = synthetic_customers(500, seed=2)
    write_customers(tmp_path / "c.csv", drawn, truth_path=tmp_path / "t.csv")
    read = read_customers(tmp_path / "c.csv")
    assert (read.file_rows, len(read.customers), read.rejects) == (500, 500, ())
    assert read.format.date_order == "day_first"
    assert read.customers["income"].isna().sum() == drawn.customers["Income"].isna().sum()
    assert pd.read_csv(tmp_path / "t.csv")["segment"].tolist() == drawn.truth.tolist()
