"""Customers of an invented shop, small and with a known structure, for tests of the model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema


def column(name: str, role: Role, kind: Kind = Kind.DECIMAL, label: str = "", **more: object) -> Column:
    return Column(name, name.title(), role, kind, label or name.replace("_", " ").capitalize(), **more)  # type: ignore[arg-type]


SHOP = Schema(
    (
        column(CUSTOMER_KEY, Role.CUSTOMER_ID, Kind.TEXT),
        column("birth_year", Role.BIRTH_YEAR, Kind.INTEGER),
        column("income", Role.INCOME),
        column("marital_status", Role.CATEGORY, Kind.TEXT, folds={"YOLO": "Single"}),
        column("education", Role.ORDINAL, Kind.TEXT, levels=("Basic", "Master|2n Cycle", "PhD")),
        column("kids", Role.DEPENDENTS, Kind.INTEGER),
        column("teens", Role.DEPENDENTS, Kind.INTEGER),
        column("enrolled_on", Role.ENROLLED_ON, Kind.DATE),
        column("recency_days", Role.RECENCY_DAYS, Kind.INTEGER),
        column("spend_wines", Role.SPEND, label="Wine"),
        column("spend_fruits", Role.SPEND, label="Fruit"),
        column("purchases_deals", Role.PURCHASES, Kind.INTEGER),
        column("purchases_web", Role.PURCHASES, Kind.INTEGER, label="Web"),
        column("purchases_store", Role.PURCHASES, Kind.INTEGER, label="Store"),
        column("visits_web", Role.VISITS, Kind.INTEGER),
        column("complained", Role.FLAG, Kind.INTEGER),
        column("responded", Role.OUTCOME, Kind.INTEGER),
    )
)


def shop_customers(customers: int = 600, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers of three kinds, far apart (families who spend little, couples in the middle, rich singles), and their kind."""
    draw = np.random.default_rng(seed)
    kind = draw.integers(0, 3, customers)
    spend = np.exp(np.array([4.0, 5.8, 7.4])[kind] + draw.normal(0, 0.15, customers))
    orders = np.array([10, 20, 40])[kind] + draw.integers(0, 4, customers)
    web = np.rint(orders * np.array([0.1, 0.5, 0.9])[kind]).astype(int)
    table = pd.DataFrame(
        {
            CUSTOMER_KEY: [f"c{row:05d}" for row in range(customers)],
            "birth_year": pd.array(draw.integers(1950, 1995, customers), dtype="Int64"),
            "income": 20_000 + 25_000.0 * kind + draw.normal(0, 2_000, customers),
            "marital_status": np.array(["Married", "Together", "Single"], dtype=object)[kind],
            "education": draw.choice(np.array(["Basic", "Master", "2n Cycle", "PhD"], dtype=object), customers),
            "kids": pd.array(np.array([2, 1, 0])[kind], dtype="Int64"),
            "teens": pd.array(np.array([1, 0, 0])[kind], dtype="Int64"),
            "enrolled_on": pd.Timestamp("2013-01-01") + pd.to_timedelta(draw.integers(0, 500, customers), unit="D"),
            "recency_days": pd.array(draw.integers(0, 100, customers), dtype="Int64"),
            "spend_wines": spend * 0.7,
            "spend_fruits": spend * 0.3,
            "purchases_deals": pd.array(draw.integers(0, 5, customers), dtype="Int64"),
            "purchases_web": pd.array(web, dtype="Int64"),
            "purchases_store": pd.array(orders - web, dtype="Int64"),
            "visits_web": pd.array(np.array([9, 6, 2])[kind] + draw.integers(0, 2, customers), dtype="Int64"),
            "complained": pd.array((draw.random(customers) < 0.005).astype(int), dtype="Int64"),
            "responded": pd.array((draw.random(customers) < 0.05 + 0.2 * kind).astype(int), dtype="Int64"),
        }
    )
    return table, kind


def blobs(groups: int, distance: float, customers: int = 600, dimensions: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Standardised features of round clouds `distance` standard deviations apart, and each row's cloud."""
    draw = np.random.default_rng(seed)
    centres = np.zeros((groups, dimensions))
    centres[np.arange(groups), np.arange(groups) % dimensions] = distance / np.sqrt(2)
    kind = np.arange(customers) % groups
    features = centres[kind] + draw.normal(size=(customers, dimensions))
    return (features - features.mean(axis=0)) / features.std(axis=0), kind
