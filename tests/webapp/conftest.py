"""Workspaces that many tests start from: made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import SECRET, clone_database, cloned_database
from tests.webapp.months import open_months
from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.config import Config
from webapp.edge import Resources, open_resources
from webapp.services.modelling import sweeps

Prepared = tuple[Path, Shop]
Make = Callable[[Resources], Shop]
"""Fills an empty workspace."""
Prepare = Callable[[Make], Shop]


def open_folder(folder: Path, url: str = "") -> Resources:
    url = url or f"sqlite:///{folder}/smartcart.db"
    return open_resources(Config(secret_key=SECRET, database_url=url, store=str(folder / "store"), port=0))


@contextmanager
def copied(prepared: Prepared, folder: Path, url: str = "") -> Iterator[Shop]:
    """An own copy of a prepared workspace in `folder`; its database is at `url` where it does not lie there too."""
    shutil.copytree(prepared[0], folder)
    resources = open_folder(folder, url)
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


@pytest.fixture(scope="session")
def prepared_on(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Prepared]:
    """`prepared_on(database, make)`: what `make` fills, once for each database."""

    @cache
    def prepared(database: str, make: Make) -> Prepared:
        folder = tmp_path_factory.mktemp("prepared")
        url = ""
        if database == "sqlite":
            shutil.copy(sqlite_template, folder / "smartcart.db")
        else:
            url = clone_database(request.getfixturevalue("postgres_template"))  # it goes with its server
        shop = make(open_folder(folder, url))
        shop.resources.engine.dispose()  # the last connection to close writes everything into the one file
        return folder, shop

    return prepared


@pytest.fixture
def prepare_sqlite(prepared_on: Callable[..., Prepared], tmp_path: Path) -> Iterator[Prepare]:
    """Takes what fills a workspace, and answers a copy of the one that it filled once."""
    with ExitStack() as stack:
        yield lambda make: stack.enter_context(copied(prepared_on("sqlite", make), tmp_path / "prepared"))


@pytest.fixture(params=["sqlite", "postgresql"])
def prepare(request: pytest.FixtureRequest, prepared_on: Callable[..., Prepared], tmp_path: Path) -> Iterator[Prepare]:
    """The same on both databases in turn."""

    def copy(make: Make) -> Shop:
        made = prepared_on(request.param, make)
        template = made[1].resources.config.database_url
        url = stack.enter_context(cloned_database(template)) if request.param == "postgresql" else ""
        return stack.enter_context(copied(made, tmp_path / "prepared", url))

    with ExitStack() as stack:
        yield copy


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
