"""The engine for either database, the session factory, and the types and names that every table shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, create_engine, event, func, inspect, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_SECONDS = 30
FOREIGN_KEY_VIOLATION = "23503"
"""PostgreSQL's word for it. SQLite's writers stand in line, so that nobody meets a removal half-way."""
PAGE_BYTES = 16_384
"""Of a new SQLite file: a customer's row takes 300 bytes, and of larger pages fewer are split and written twice."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC on the way in and out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs its time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of the product."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


def make_engine(url: str) -> Engine:
    """An engine whose connections are safe by default: SQLite syncs fully and checks foreign keys, PostgreSQL pings first.

    Errors never quote the values of a statement, which may be a customer's.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    module = _sqlite_module()
    connect_args = {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    engine = create_engine(parsed, module=module, connect_args=connect_args, hide_parameters=True)
    _prepare_sqlite(engine, wal=module.sqlite_version_info >= (3, 51, 3))
    return engine


def make_session_factory(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


def _sqlite_module() -> Any:
    # Releases of SQLite before 3.51.3 can lose commits in WAL mode; pysqlite3 brings a later one where it has a wheel.
    if find_spec("pysqlite3"):
        import pysqlite3 as module  # only where the wheel exists
    else:
        import sqlite3 as module
    return module


def _prepare_sqlite(engine: Engine, *, wal: bool) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN below is the only one
        # The timeout comes first: switching the journal mode waits for other connections too.
        pragmas = (
            f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}",
            f"page_size={PAGE_BYTES}",
            f"journal_mode={'WAL' if wal else 'DELETE'}",
            "synchronous=FULL",
            "foreign_keys=ON",
        )
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A read that turns into a write fails at once whatever the timeout, so whoever may write says so at the start.
        immediate = not connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def insert_unless_there(session: Session, model: type[Base], values: Mapping[str, object]) -> bool:
    """Whether a row of these values was inserted. None is where a unique index has it already, once whoever is writing it has ended."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(model).values(**values).on_conflict_do_nothing().returning(*inspect(model).primary_key)
    return session.execute(statement).one_or_none() is not None


def names_what_is_gone(error: IntegrityError) -> bool:
    """Whether a row was refused because one that it belongs to is not there any more."""
    return getattr(error.orig, "sqlstate", None) == FOREIGN_KEY_VIOLATION


def database_time(session: Session) -> datetime:
    """The moment by the one clock that all workers share: PostgreSQL's own; with SQLite they share the machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = session.execute(select(func.clock_timestamp(type_=UtcDateTime))).scalar_one()
    return now
