"""A team with customers and segments for tests of pages: made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SECRET
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.config import Config
from webapp.edge import Resources, open_resources
from webapp.ui import notices


def open_folder(folder: Path) -> Resources:
    return open_resources(Config(secret_key=SECRET, database_url=f"sqlite:///{folder}/smartcart.db", store=str(folder / "store"), port=0))


@pytest.fixture(scope="session")
def segmented(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Shop]:
    """A folder with a workspace whose dataset has 180 customers in a champion of three segments."""
    folder = tmp_path_factory.mktemp("segmented")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    shop = open_shop(open_folder(folder))
    shop.import_file(customers_csv())
    assert shop.recluster(k=3).status == "ready"
    shop.resources.engine.dispose()  # the last connection to close writes everything into the one file
    return folder, shop


@pytest.fixture
def shop(segmented: tuple[Path, Shop], tmp_path: Path) -> Iterator[Shop]:
    """An own copy of that workspace."""
    folder, made = segmented
    shutil.copytree(folder, tmp_path / "shop")
    resources = open_folder(tmp_path / "shop")
    yield replace(made, resources=resources)
    resources.engine.dispose()


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What callbacks said in the shell's notices; outside a request there is nobody to show them to."""
    heard: list[Any] = []
    monkeypatch.setattr(notices, "set_props", lambda _id, props: heard.append(props["children"]))
    return heard
