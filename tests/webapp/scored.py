"""A shop whose segments touch, with a version by every algorithm, for tests that place customers who are not stored."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from segmentation.artifact import unpack_assignments
from segmentation.choosing import selection
from segmentation.clustering import ALGORITHMS
from segmentation.codec import from_json
from segmentation.roles import CUSTOMER_KEY, Schema
from tests.contract.conftest import config_at
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.bulk import read_snapshot
from webapp.edge import Resources, open_resources
from webapp.models import MemberRole, Snapshot
from webapp.services.access import Actor, team_dataset
from webapp.services.modelling.scoring import Scores, score_customers
from webapp.services.modelling.versions import find_version
from webapp.services.people.tokens import create_token
from webapp.services.segmenting.segments import version_styles

ROWS = 240
HEADERS = ("ID", "Income", "Spend_Wine", "Spend_Meat", "Orders_Web", "Orders_Store", "Visits", "Since", "City", "Member", "Response")
EVERY = tuple(ALGORITHMS)
OWN_NUMBER = ("hdbscan", "clouds")
"""Algorithms that find their own number of segments."""


@cache
def touching_csv(rows: int = ROWS, seed: int = 3) -> str:
    """Customers of three kinds that overlap, day-first dates, a word spelt oddly, some gaps, and names that a spreadsheet would run."""
    draw = np.random.default_rng(seed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["ID", "Income", "Spend_Wine", "Spend_Meat", "Orders_Web", "Orders_Store", "Visits", "Since", "City", "Member", "Response"]
    )
    for row in range(rows):
        kind = int(draw.integers(0, 3))
        income = "" if row % 20 == 7 else f"{draw.normal(25_000 + 20_000 * kind, 6_000):.0f}"
        spend = np.exp(draw.normal([3.5 + kind, 3 + 0.8 * kind], 0.5))
        orders = draw.poisson([2 + 3 * kind, 8 - 2 * kind]) + 1
        since = f"{draw.integers(1, 29):02d}-{draw.integers(1, 13):02d}-2013"
        city = ("Leeds", "York", "Bath")[int(draw.integers(0, 3))]
        member, responds = ("yes" if draw.random() < 0.2 + 0.3 * kind else "no"), int(draw.random() < 0.2)
        key = f"=K{row}" if row % 50 == 0 else f"K{row}"
        writer.writerow([key, income, f"{spend[0]:.2f}", f"{spend[1]:.2f}", *orders, draw.poisson(3 + kind), since, city, member, responds])
    return text.getvalue()


def records(data: str | None = None) -> list[dict[str, Any]]:
    """The rows of a file as text, as a script would send them."""
    return [dict(record) for record in csv.DictReader(io.StringIO(data or touching_csv()))]


def file_for(algorithm: str) -> str:
    """Separate clouds are only found where there are some."""
    return customers_csv() if algorithm == "clouds" else touching_csv()


def few_draws() -> AbstractContextManager[Any]:
    """Fits whose figures nobody reads here."""
    return patch.object(selection, "DRAWS", 2)


def open_scored_shop(resources: Resources, *algorithms: str) -> Shop:
    """The shop with a version by each of `algorithms` (default: k-means), the last being champion."""
    shop = open_shop(resources)
    shop.import_file(touching_csv())
    for algorithm in algorithms or ("kmeans",):
        _fit(shop, algorithm)
    return shop


@contextmanager
def copied(made: Shop, folder: Path) -> Iterator[Shop]:
    """The same shop in a folder of its own."""
    shutil.copytree(Path(made.resources.config.store).parent, folder)
    resources = open_resources(config_at(folder))
    yield replace(made, resources=resources)
    resources.engine.dispose()


def _fit(shop: Shop, algorithm: str, **options: Any) -> None:
    with few_draws():
        version = shop.recluster(algorithm=algorithm, k=None if algorithm in OWN_NUMBER else 3, promote=True, **options)
    assert version.status == "ready", version.status_message


def dataset_of(shop: Shop, algorithm: str) -> str:
    """A dataset of its own with a champion by `algorithm`; its address."""
    slug = shop.import_file(file_for(algorithm), dataset=f"By {algorithm}").dataset
    _fit(shop, algorithm, dataset=slug)
    return slug


def stored_places(shop: Shop, dataset: str) -> dict[str, tuple[str | None, bytes, str | None]]:
    """Where the champion's fit put each stored customer, by key: segment key, confidence bit for bit, runner-up's key."""
    with shop.reading() as session:
        row = team_dataset(session, shop.actor, dataset)
        version = find_version(session, shop.actor, row, None)
        assert version is not None
        styles = [style.key for style in version_styles(session, version)]
        snapshot = session.get_one(Snapshot, version.snapshot_id)
        schema = from_json(Schema, snapshot.column_schema)
        store, team = shop.resources.store, shop.actor.team_id
        labels = unpack_assignments(store.read_bytes(team, "labels", version.labels_digest))
        keys = read_snapshot(store.verified_path(team, "snapshot", snapshot.digest), schema)[CUSTOMER_KEY]
    names = [*styles, None]
    return {
        key: (names[label], confidence.tobytes(), names[runner_up])
        for key, label, confidence, runner_up in zip(keys, labels.label, labels.confidence, labels.runner_up, strict=True)
    }


def score(shop: Shop, rows: Any, *, actor: Actor | None = None, dataset: str = "customers", version: int | None = None) -> Scores:
    """What the service answers."""
    with shop.reading() as session:
        return score_customers(session, actor or shop.actor, shop.resources.store, dataset, rows, version=version)


def token(shop: Shop, role: MemberRole = MemberRole.MARKETER, *, stranger: bool = False) -> dict[str, str]:
    """Headers with a fresh token of that role."""
    with shop.writing() as session:
        made = create_token(session, shop.stranger if stranger else shop.actor, name="script", role=role)
    return {"Authorization": f"Bearer {made.token}"}
