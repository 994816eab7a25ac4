"""A customer file that has everything that Explore shows: recency, orders, spend, two outcomes, words, and a sensitive column."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.webapp.pages.conftest import open_folder
from tests.webapp.working import Shop, open_shop


def make_explored_shop(template: Path, folder: Path) -> Shop:
    """A workspace in `folder` with those customers, for tests that only read."""
    shutil.copy(template, folder / "smartcart.db")
    shop = open_shop(open_folder(folder))
    assert shop.import_file(explored_csv()).status == "done"
    return shop


def explored_csv(customers: int = 240, *, seed: int = 1, city: str = "York") -> str:
    """Customers who respond the more the more they spend; `city` is what the commonest one is called."""
    rng = np.random.default_rng(seed)
    lines = ["ID,Income,Recency,Spend_Wine,Purchases_Web,Purchases_Store,City,Gender,Accepted,Response"]
    for number in range(customers):
        spend, web, store = rng.gamma(2, 100), rng.poisson(4), rng.poisson(3)
        income = "" if number % 20 == 0 else f"{rng.normal(40_000, 9_000):.0f}"
        town = (city, city, "Leeds", "Bath")[rng.integers(4)]
        words = f"{town},{('male', 'female')[rng.integers(2)]},{int(rng.random() < 0.1)},{int(rng.random() < min(0.9, spend / 500))}"
        lines.append(f"{number},{income},{rng.integers(0, 100)},{spend:.2f},{web},{store},{words}")
    return "\n".join(lines) + "\n"
