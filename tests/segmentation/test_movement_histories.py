"""The two parts of movement against what was planted: who moved between months is known, and so is which segments only a new model has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans

from segmentation.choosing.stability import contingency
from segmentation.features import FeatureBuilder, Recipe
from segmentation.intake import read_customers
from segmentation.lineage import Fate
from segmentation.movement import ABSENT, Split, count_cells, split_moves
from segmentation.recipe import measured_with_recipe
from segmentation.roles import CUSTOMER_KEY
from segmentation.synthetic import SyntheticCustomers, write_customers
from segmentation.synthetic_histories import SyntheticMonth, synthetic_history
from tests.conftest import LONG

SEEDS = 20 if LONG else 3
CUSTOMERS, SEPARATION = 900, 6.0
NEAR = 0.1
"""Part of the planted number by which a count may miss it: k-means finds planted segments, not exactly."""


@dataclass(frozen=True)
class Model:
    """k-means on the features of one month; clusters bear the numbers of the planted segments that they are."""

    builder: FeatureBuilder
    recipe: Recipe
    clusters: KMeans
    planted: np.ndarray

    def place(self, month: pd.DataFrame, schema: object, as_of: object) -> pd.Series:
        measured, _ = measured_with_recipe(month, schema, as_of)  # type: ignore[arg-type]
        found = self.clusters.predict(self.builder.transform(measured.table))
        return pd.Series(self.planted[found], month[CUSTOMER_KEY].to_numpy())


def read(month: SyntheticMonth, folder: Path) -> tuple[pd.DataFrame, object, pd.Series]:
    write_customers(folder / "month.csv", SyntheticCustomers(month.customers, month.truth))
    intake = read_customers(folder / "month.csv")
    truth = pd.Series(month.truth, month.customers["ID"].astype(str)).loc[intake.customers[CUSTOMER_KEY]]
    return intake.customers, intake.schema, truth


def fit(customers: pd.DataFrame, schema: object, truth: pd.Series, month: SyntheticMonth) -> Model:
    measured, recipe = measured_with_recipe(customers, schema, month.as_of)  # type: ignore[arg-type]
    builder = FeatureBuilder(recipe).fit(measured.table)
    features, alive = builder.transform(measured.table), np.unique(truth)
    clusters = KMeans(len(alive), n_init=10, random_state=0).fit(features)
    table = contingency(clusters.labels_.astype(np.int16), np.searchsorted(alive, truth).astype(np.int16), len(alive), len(alive))
    return Model(builder, recipe, clusters, alive[linear_sum_assignment(table, maximize=True)[1]])


def moved(before: SyntheticMonth, now: SyntheticMonth, folder: Path) -> tuple[Split, pd.Series, pd.Series]:
    """The split between the months over the planted segments as groups, and the truth of both."""
    old_file, new_file = read(before, folder), read(now, folder)
    old, new = fit(*old_file, before), fit(*new_file, now)
    was, by_old = old.place(*old_file[:2], before.as_of), old.place(*new_file[:2], now.as_of)
    labels = pd.DataFrame({"was": was, "by_old": by_old, "now": new.place(*new_file[:2], now.as_of)}).fillna(ABSENT).astype(np.int16)
    groups = tuple(range(int(max(was.max(), labels["now"].max())) + 1))
    nothing = np.full(len(labels), np.nan)
    cells = count_cells(*(labels[part].to_numpy() for part in labels), nothing, nothing)
    return split_moves(cells, groups, groups, len(groups)), old_file[2], new_file[2]


def test_the_parts_agree_with_what_was_planted(tmp_path: Path) -> None:
    seen = set()
    for seed in range(SEEDS):
        months = synthetic_history(CUSTOMERS, separation=SEPARATION, seed=seed)
        for before, now in pairwise(months):
            happened = {link.kind for link in now.links}
            split, then, today = moved(before, now, tmp_path)
            assert split.customers is not None
            assert split.model is not None
            assert sum(split.customers.joined) == len(today.index.difference(then.index))
            assert sum(split.customers.left) == len(then.index.difference(today.index))
            seen |= happened
            shared = then.index.intersection(today.index)
            if happened == {Fate.CONTINUED}:  # customers move, and nothing happens to the segments
                planted = int((then[shared] != today[shared]).sum())
                assert abs(split.customers.moved - planted) <= NEAR * planted + 3, (seed, now.as_of)
                assert split.model.moved <= NEAR * planted + 3, (seed, now.as_of)
            for link in now.links:
                if link.kind in (Fate.SPLIT, Fate.NEW):  # whom only the new model knows as a segment
                    size = int((today == link.current).sum())
                    assert abs(split.model.moved_in(link.current) - size) <= NEAR * size + 3, (seed, now.as_of, link)
                    assert split.customers.moved_in(link.current) == 0
    assert {Fate.CONTINUED, Fate.SPLIT, Fate.NEW} <= seen
