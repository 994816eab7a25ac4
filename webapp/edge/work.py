"""One unit of work, one commit. Nothing else in the product commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from webapp.config import Config
from webapp.db import make_engine, make_session_factory, names_what_is_gone
from webapp.services.errors import Conflict
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

    A read-only one takes no write lock on SQLite, so that readers never wait for an import; it cannot commit changes. Conflict where a
    row belongs to one that somebody removed meanwhile, as with PostgreSQL can happen.
    """
    bind = resources.engine.execution_options(read_only=True) if read_only else resources.engine
    with resources.sessions(bind=bind) as session:
        try:
            yield session
            if read_only:
                session.rollback()
            else:
                session.commit()
        except IntegrityError as refusal:
            if not names_what_is_gone(refusal):
                raise
            raise Conflict("What this belongs to was removed meanwhile, so nothing was stored. Reload the page.", code="gone") from refusal
