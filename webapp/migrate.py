"""Bring a database to a revision: the one way that tables come to be, tests included."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from webapp.db import Base, make_engine

ADVISORY_LOCK = 7_262_501  # any number that nothing else in the database uses
_ALEMBIC_LOCK = threading.Lock()  # Alembic's context is a global of the process


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Migrate up to `revision`; two starts at once wait for each other. Returns the revision reached."""
    with _locked(engine) as connection:
        command.upgrade(_alembic(connection), revision)
        return _revision(connection)


def downgrade(engine: Engine, revision: str) -> str:
    """Migrate down to `revision` ("base" for none)."""
    with _locked(engine) as connection:
        command.downgrade(_alembic(connection), revision)
        return _revision(connection)


def current_revision(engine: Engine) -> str:
    with engine.execution_options(read_only=True).connect() as connection:
        return _revision(connection)


def head_revision() -> str:
    return ScriptDirectory.from_config(_alembic(None)).get_current_head() or ""


def schema_drift(engine: Engine) -> list[object]:
    """How the tables of a migrated database differ from the models (nothing, when a migration was not forgotten)."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(context, Base.metadata))


def _alembic(connection: Connection | None) -> AlembicConfig:
    config = AlembicConfig(str(Path(__file__).resolve().parents[1] / "alembic.ini"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    with _ALEMBIC_LOCK, engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Batch migrations rebuild tables; inside the transaction this pragma would be ignored.
            connection.connection.execute("PRAGMA foreign_keys=OFF")
            connection.begin()  # immediate: without it Alembic would look at the revision first, and lock at each step only
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            if engine.dialect.name == "sqlite":
                connection.connection.execute("PRAGMA foreign_keys=ON")


def main() -> None:
    """Fail when a model changed without a migration (part of `make check`)."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/drift.db")
        upgrade(engine)
        drift = schema_drift(engine)
        engine.dispose()
    if drift:
        sys.exit("The models and the migrations differ; write a migration for: " + "; ".join(map(str, drift)))


if __name__ == "__main__":
    main()
