"""Order lines drawn from a stated model: kinds of buyers who differ in how often, how much, what and where they buy and bring back.

A customer orders 1 + Poisson(`orders`) times, on days spread evenly over the part of two years in which the kind buys; an order has
1 + Poisson(`lines`) lines of 1 + Poisson(1) pieces each, at a log-normal price around that of its category; some lines are cancelled
days later, under the order number with a C in front. No value is taken from any real shop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import SegmentationError

CATEGORIES = {"Kitchen": 18.0, "Garden": 35.0, "Toys": 12.0, "Books": 9.0, "Lighting": 48.0}
"""Category -> middle price of a piece."""
CHANNELS = ("Web", "Store", "App")
COUNTRIES = {"Germany": 0.5, "France": 0.3, "Austria": 0.2}
_FIRST_DAY, _DAYS = np.datetime64("2023-01-01"), 730
_PRODUCTS = 400


@dataclass(frozen=True)
class BuyerKind:
    """How one kind buys: mean `orders` beyond the first, mean `lines` beyond the first, what prices are multiplied with, the part of the
    two years in which orders fall, odds of categories and channels, and the share of lines brought back."""

    name: str
    orders: float
    lines: float
    price: float
    active: tuple[float, float]
    categories: tuple[float, ...]
    channels: tuple[float, ...]
    returned: float


KINDS = (
    BuyerKind("regulars", 20, 2.0, 1.0, (0.0, 1.0), (4, 2, 2, 1, 1), (1, 6, 1), 0.01),
    BuyerKind("big spenders", 6, 5.0, 3.0, (0.1, 1.0), (1, 4, 0, 0, 5), (6, 1, 1), 0.02),
    BuyerKind("returners", 8, 1.5, 0.8, (0.3, 1.0), (1, 1, 5, 3, 0), (1, 0, 6), 0.3),
    BuyerKind("lapsed", 1, 0.5, 0.7, (0.0, 0.4), (2, 2, 2, 2, 2), (2, 2, 1), 0.01),
)


@dataclass(frozen=True)
class SyntheticOrders:
    """`lines` as a shop would export them, shuffled; `truth` (customers) is the index in `KINDS` of customer 1, 2 ...

    `without_customer`, `cancellations` and `duplicates` count what `LineCounts` of a reader has to find.
    """

    lines: pd.DataFrame
    truth: NDArray[np.int64]
    without_customer: int
    cancellations: int
    duplicates: int


def synthetic_orders(customers: int, *, seed: int = 0, anonymous: float = 0.05, repeated: float = 0.01) -> SyntheticOrders:
    """Draw the orders of `customers` in equal parts of each of `KINDS`, some 17 lines each.

    The share `anonymous` of orders names no customer, and the share `repeated` of lines is there twice. The same arguments give the
    same lines. SegmentationError for fewer customers than kinds, or shares out of range.
    """
    if customers < len(KINDS) or not (0 <= anonymous < 1 and 0 <= repeated < 1):
        raise SegmentationError(f"Ask for at least {len(KINDS)} customers, and for shares from 0 to below 1.")
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(customers) % len(KINDS))
    orders = _orders(rng, truth)
    lines = _lines(rng, orders)
    back = rng.random(len(lines)) < np.array([kind.returned for kind in KINDS])[lines["kind"]]
    returned = lines[back].assign(order=lambda f: "C" + f["order"], quantity=lambda f: -f["quantity"])
    returned["day"] = np.minimum(returned["day"] + rng.integers(1, 21, len(returned)), _DAYS - 1)
    lines = pd.concat([lines, returned], ignore_index=True)
    lines["customer"] = lines["customer"].astype("Int64").mask(_anonymous(rng, lines["order"], anonymous))
    shown = _as_file(lines)
    twice = shown[~shown.duplicated(keep=False)].sample(frac=repeated, random_state=np.random.default_rng([seed, 1]))
    file = pd.concat([shown, twice]).sample(frac=1, random_state=np.random.default_rng([seed, 2])).reset_index(drop=True)
    return SyntheticOrders(
        lines=file,
        truth=truth,
        without_customer=int(file["Customer"].isna().sum()),
        cancellations=int(file["Order"].str.startswith("C").sum()),
        duplicates=int(file.duplicated().sum()),
    )


def _orders(rng: np.random.Generator, truth: NDArray[np.int64]) -> pd.DataFrame:
    count = 1 + rng.poisson(np.array([kind.orders for kind in KINDS])[truth])
    customer = np.repeat(np.arange(len(truth)), count)
    kind = truth[customer]
    start, end = np.array([kind.active for kind in KINDS]).T
    share = start[kind] + rng.random(len(kind)) * (end - start)[kind]
    country = rng.choice(len(COUNTRIES), len(truth), p=list(COUNTRIES.values()))[customer]
    channel = _by_kind(rng, kind, [kind.channels for kind in KINDS])
    orders = pd.DataFrame({"customer": customer + 1, "kind": kind, "day": (share * _DAYS).astype(np.int64)})
    orders["country"], orders["channel"] = np.array(list(COUNTRIES))[country], np.array(CHANNELS)[channel]
    orders["order"] = (100_000 + np.arange(len(orders))).astype(str)
    return orders


def _lines(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    count = 1 + rng.poisson(np.array([kind.lines for kind in KINDS])[orders["kind"]])
    lines = orders.loc[orders.index.repeat(count)].reset_index(drop=True)
    kind = lines["kind"].to_numpy()
    category = _by_kind(rng, kind, [kind.categories for kind in KINDS])
    middle = np.array(list(CATEGORIES.values()))[category] * np.array([kind.price for kind in KINDS])[kind]
    lines["category"] = np.array(list(CATEGORIES))[category]
    lines["product"] = category * _PRODUCTS + rng.integers(0, _PRODUCTS, len(lines))
    lines["quantity"] = 1 + rng.poisson(1.0, len(lines))
    lines["price"] = np.round(middle * np.exp(0.4 * rng.standard_normal(len(lines))), 2)
    return lines


def _by_kind(rng: np.random.Generator, kind: NDArray[np.int64], odds: list[tuple[float, ...]]) -> NDArray[np.int64]:
    """A choice for each row, by the odds of its kind."""
    reached = np.cumsum(np.array(odds) / np.sum(odds, axis=1, keepdims=True), axis=1)
    return np.asarray((rng.random(len(kind))[:, None] >= reached[kind][:, :-1]).sum(axis=1))


def _anonymous(rng: np.random.Generator, orders: pd.Series, share: float) -> NDArray[np.bool_]:
    """Whole orders lose their customer, with what was cancelled of them."""
    codes, numbers = pd.factorize(orders.str.removeprefix("C"))
    return np.asarray((rng.random(len(numbers)) < share)[codes])


def _as_file(lines: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Order": lines["order"],
            "Customer": lines["customer"],
            "Order date": (_FIRST_DAY + lines["day"].to_numpy().astype("timedelta64[D]")).astype("datetime64[s]"),
            "Product": "P" + lines["product"].astype(str).str.zfill(4),
            "Category": lines["category"],
            "Channel": lines["channel"],
            "Quantity": lines["quantity"],
            "Unit price": lines["price"],
            "Country": lines["country"],
        }
    )
