"""Customers made for profile and plot tests: three segments whose differences are known because they are put there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.clustering import Assignments
from segmentation.describing.profiles import Difference, Measure, Profiles, SegmentProfile, profile_segments
from segmentation.roles import Column, Kind, Role, Schema

MEASURES = (
    Measure("age", "Age", "Age", "years", False),
    Measure("income", "Income", "Income", "money", True),
    Measure("teens", "Teenagers", "Teens", "count", True),
    Measure("spend", "Spend", "Spend", "money", True),
    Measure("orders", "Orders", "Orders", "count", False),
    Measure("share_catalog", "Catalogue share of orders", "Catalogue share", "share", True),
    Measure("visits_web", "Web visits a month", "Web visits", "count", True),
    Measure("recency_days", "Days since last purchase", "Recency", "days", False),
)
SCHEMA = Schema(
    (
        Column("customer_key", "ID", Role.CUSTOMER_ID, Kind.TEXT, "Customer"),
        Column("status", "Status", Role.CATEGORY, Kind.TEXT, "Status", folds={"Solo": "Single"}),
        Column("spend_wine", "Wine", Role.SPEND, Kind.DECIMAL, "Wine"),
        Column("spend_meat", "Meat", Role.SPEND, Kind.DECIMAL, "Meat"),
        Column("purchases_web", "Web", Role.PURCHASES, Kind.INTEGER, "Web"),
        Column("purchases_catalog", "Catalogue", Role.PURCHASES, Kind.INTEGER, "Catalogue"),
        Column("purchases_deals", "Deals", Role.PURCHASES, Kind.INTEGER, "Deal purchases"),
        Column("recency_days", "Recency", Role.RECENCY_DAYS, Kind.INTEGER, "Days since last purchase"),
        Column("responded", "Response", Role.OUTCOME, Kind.INTEGER, "Responds"),
    )
)


@dataclass(frozen=True)
class World:
    """Everything that `profile_segments` takes."""

    customers: pd.DataFrame
    table: pd.DataFrame
    features: NDArray[np.float64]
    assignments: Assignments
    schema: Schema = SCHEMA
    measures: tuple[Measure, ...] = MEASURES

    def profiles(self, seed: int = 3, stability: list[float] | None = None) -> Profiles:
        return profile_segments(
            self.customers,
            self.schema,
            table=self.table,
            measures=self.measures,
            assignments=self.assignments,
            stability=stability,
            features=self.features,
            seed=seed,
        )


def made_world(n: int = 600, seed: int = 1) -> World:
    """Cluster 0: rich catalogue buyers, no teenagers. 1: parents of teens, average. 2: young, poor, many web visits."""
    rng = np.random.default_rng(seed)
    label = np.repeat([0, 1, 2], [n // 4, n // 4, n - 2 * (n // 4)]).astype(np.int16)
    rng.shuffle(label)
    catalogue = rng.binomial(20, np.array([0.5, 0.2, 0.05])[label])
    spend = rng.gamma(8, np.array([150, 40, 10])[label])
    wine = rng.beta(np.array([4, 4, 8])[label], 4)
    table = pd.DataFrame(
        {
            "age": rng.normal(np.array([50, 52, 33])[label], 6).round(),
            "income": rng.normal(np.array([80, 50, 30])[label], 6) * 1000,
            "teens": np.where(label == 1, rng.binomial(1, 0.95, n), rng.binomial(1, 0.05, n)).astype(float),
            "spend": spend,
            "orders": rng.poisson(20, n).astype(float),
            "share_catalog": catalogue / 20,
            "visits_web": rng.poisson(np.array([2, 5, 8])[label]).astype(float),
            "recency_days": rng.integers(0, 100, n).astype(float),
        }
    )
    table.loc[rng.choice(n, n // 30, replace=False), "income"] = np.nan
    customers = pd.DataFrame(
        {
            "customer_key": [str(i) for i in range(n)],
            "status": rng.choice(["Married", "Single", "Solo"], n),
            "spend_wine": spend * wine,
            "spend_meat": spend * (1 - wine),
            "purchases_web": pd.array(20 - catalogue, dtype="Int64"),
            "purchases_catalog": pd.array(catalogue, dtype="Int64"),
            "purchases_deals": pd.array(rng.poisson(2, n), dtype="Int64"),
            "recency_days": pd.array(table["recency_days"].astype(int), dtype="Int64"),
            "responded": pd.array(rng.binomial(1, np.array([0.4, 0.1, 0.1])[label]), dtype="Int64"),
        }
    )
    centres = np.column_stack([np.array([-9.0, 0.0, 9.0])[label], np.array([0.0, 9.0, 0.0])[label], np.zeros(n)])
    features = centres + rng.normal(0, 1, (n, 3))
    confidence = rng.uniform(0.4, 1, n).astype(np.float32)
    return World(customers, table, features, Assignments(label, confidence, ((label + 1) % 3).astype(np.int16)))


def unstructured_world(n: int = 600, seed: int = 5) -> World:
    """The same customers in segments drawn by lot: nothing sets any apart."""
    world = made_world(n, seed)
    lot = np.random.default_rng(seed + 100).permutation(world.assignments.label)
    return replace(world, assignments=replace(world.assignments, label=lot))


def difference(measure: str, effect: float, *, significant: bool = True, mean: float = 2.0, rest: float = 1.0) -> Difference:
    """A difference with nothing random in it; z is half the effect."""
    return Difference(measure, mean, rest, (mean + rest) / 2, mean, rest, effect / 2, effect, effect - 0.1, effect + 0.1, significant)


def with_differences(profiles: Profiles, *found: tuple[Difference, ...]) -> Profiles:
    """`profiles` with the differences of each segment replaced."""
    segments: tuple[SegmentProfile, ...] = tuple(
        replace(segment, differences=each) for segment, each in zip(profiles.segments, found, strict=True)
    )
    return replace(profiles, segments=segments)
