"""The server as strangers and members meet it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.conftest import SECRET
from tests.contract.world import Owned, World, fill
from webapp.app import create_app
from webapp.config import Config
from webapp.edge import Resources, open_resources
from webapp.services.people import passwords


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Argon2id with the smallest parameters: these tests sign in hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys_hash.cache_clear()
        yield
    passwords._nobodys_hash.cache_clear()


def config_at(folder: Path, url: str = "", **changes: object) -> Config:
    return Config(secret_key=SECRET, database_url=url or f"sqlite:///{folder / 'smartcart.db'}", store=str(folder / "store"), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def made_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Owned, dict[str, str]]:
    """Both teams with their data, made once."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copy(sqlite_template, folder / "smartcart.db")
    resources = open_resources(config_at(folder))
    owned, tokens = fill(resources)
    with resources.engine.connect() as connection:
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[attr-defined]
    resources.engine.dispose()
    return folder, owned, tokens


@pytest.fixture
def world(made_world: tuple[Path, Owned, dict[str, str]], tmp_path: Path) -> Iterator[World]:
    """An own copy of both teams, served."""
    folder, owned, tokens = made_world
    shutil.copytree(folder, tmp_path / "workspace")
    resources = open_resources(config_at(tmp_path / "workspace"))
    yield World(create_app(resources=resources), resources, owned, tokens)
    resources.engine.dispose()


@pytest.fixture(scope="module")
def shared_world(made_world: tuple[Path, Owned, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same for tests that change nothing, once for each module."""
    folder, owned, tokens = made_world
    own = tmp_path_factory.mktemp("shared")
    shutil.copytree(folder, own / "workspace")
    resources = open_resources(config_at(own / "workspace"))
    yield World(create_app(resources=resources), resources, owned, tokens)
    resources.engine.dispose()


@pytest.fixture
def world_on(resources: Resources) -> World:
    """Both teams on either database."""
    owned, tokens = fill(resources)
    return World(create_app(resources=resources), resources, owned, tokens)
