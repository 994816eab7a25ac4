"""Models of the invented shop, fitted at once by any algorithm: for tests of what becomes of single customers."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from segmentation.clustering import ALGORITHMS, Assignments
from segmentation.explaining.reach import learn_reach
from segmentation.features import FeatureBuilder
from segmentation.pipeline import SegmentModel
from segmentation.recipe import measured_with_recipe
from segmentation.roles import Role, Schema
from tests.segmentation.shop import SHOP, column, shop_customers

AS_OF = date(2014, 6, 29)
PLAN = column("plan", Role.CATEGORY, label="Plan")
SHOP_WITH_PLAN = Schema((*SHOP, PLAN))
FEATURES = ("spend", "income", "partner", "kids", "share_web", "plan")


@cache
def mixed_customers(customers: int = 400, seed: int = 0) -> pd.DataFrame:
    """The shop's customers with a plan by kind; one in six is a mixture of two, so that segments touch."""
    table, kind = shop_customers(customers, seed)
    draw = np.random.default_rng(seed + 1)
    plans = np.array(["basic", "family", "gold"], dtype=object)
    table["plan"] = np.where(draw.random(customers) < 0.8, plans[kind], plans[draw.integers(0, 3, customers)])
    odd = draw.choice(customers, customers // 6, replace=False)
    for names in (("spend_wines", "spend_fruits"), ("kids", "teens"), ("plan",)):
        table.loc[odd, list(names)] = table.loc[draw.permutation(odd), list(names)].to_numpy()
    return table.astype({"kids": "Int64", "teens": "Int64", "spend_wines": "float64", "spend_fruits": "float64"})


@cache
def fitted(algorithm: str, k: int = 3, customers: int = 400) -> tuple[SegmentModel, Assignments]:
    """A model of `mixed_customers`, and where it puts them."""
    measured, recipe = measured_with_recipe(mixed_customers(customers), SHOP_WITH_PLAN, AS_OF, FEATURES)
    builder = FeatureBuilder(recipe).fit(measured.table)
    features = builder.transform(measured.table)
    found = ALGORITHMS[algorithm].fit(features, [2, 3, 4], seed=0, layout=recipe.layout())
    clusterer = found[k] if k in found else next(iter(found.values()))
    assignments = clusterer.assign(features)
    return SegmentModel(recipe, builder, clusterer, learn_reach(recipe, builder, measured, assignments.label, clusterer.k)), assignments
