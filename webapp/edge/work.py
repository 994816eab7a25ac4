"""One unit of work, one commit. Nothing else in the product commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from webapp.config import Config
from webapp.db import make_engine, make_session_factory
from webapp.store import Store


@dataclass(frozen=True)
class Resources:
    """What a process holds open: made once by whoever starts it and handed down."""

    config: Config
    engine: Engine
    sessions: sessionmaker[Session]
    store: Store


def open_resources(config: Config, *, create_store: bool = True) -> Resources:
    """Engine and store; the store's folder is made unless this is a part of something that runs already."""
    engine, store = make_engine(config.database_url), Store(Path(config.store))
    if create_store:
        store.create()
    return Resources(config, engine, make_session_factory(engine), store)


@contextmanager
def unit_of_work(resources: Resources, *, read_only: bool = False) -> Iterator[Session]:
    """A session that commits when the block ends and rolls back when it raises.

    A read-only one takes no write lock on SQLite, so that readers never wait for an import; it cannot commit changes.
    """
    bind = resources.engine.execution_options(read_only=True) if read_only else resources.engine
    with resources.sessions(bind=bind) as session:
        yield session
        if read_only:
            session.rollback()
        else:
            session.commit()
