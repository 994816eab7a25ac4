"""Workspaces that many tests start from: made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.webapp.months import open_months
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.config import Config
from webapp.edge import Resources, open_resources
from webapp.services.modelling import sweeps

Prepared = tuple[Path, Shop]


def open_folder(folder: Path) -> Resources:
    return open_resources(Config(secret_key=SECRET, database_url=f"sqlite:///{folder}/smartcart.db", store=str(folder / "store"), port=0))


@contextmanager
def copied(prepared: Prepared, folder: Path) -> Iterator[Shop]:
    """An own copy of a prepared workspace in `folder`."""
    shutil.copytree(prepared[0], folder)
    resources = open_folder(folder)
    yield replace(prepared[1], resources=resources)
    resources.engine.dispose()  # the last connection to close writes everything into the one file


@pytest.fixture(scope="session")
def imported(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """150 customers in three planted groups, and nothing tried."""
    folder = tmp_path_factory.mktemp("imported")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    shop = open_shop(open_folder(folder))
    shop.import_file(customers_csv((50, 50, 50)))
    shop.resources.engine.dispose()
    return folder, shop


@pytest.fixture(scope="session")
def tried(imported: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The same with sweep 1, by k-means."""
    folder = tmp_path_factory.mktemp("tried") / "shop"
    with copied(imported, folder) as shop:
        with shop.writing() as session:
            sweeps.request_sweep(session, shop.actor, "customers", algorithms=("kmeans",))
        run_jobs(shop.resources)
    return folder, shop


@pytest.fixture(scope="session")
def months(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Two months with a version each."""
    folder = tmp_path_factory.mktemp("months")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    shop = open_months(open_folder(folder))
    shop.resources.engine.dispose()
    return folder, shop


@pytest.fixture
def months_shop(months: Prepared, tmp_path: Path) -> Iterator[Shop]:
    """An own copy of a workspace with two months."""
    with copied(months, tmp_path / "months") as shop:
        yield shop


@pytest.fixture
def imported_shop(imported: Prepared, tmp_path: Path) -> Iterator[Shop]:
    """An own copy of a workspace with customers."""
    with copied(imported, tmp_path / "imported") as shop:
        yield shop


@pytest.fixture
def swept_shop(tried: Prepared, tmp_path: Path) -> Iterator[Shop]:
    """An own copy of a workspace with customers and sweep 1."""
    with copied(tried, tmp_path / "tried") as shop:
        yield shop
