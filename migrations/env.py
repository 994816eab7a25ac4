"""Alembic's entry: runs on the connection that `webapp.migrate` hands over, or opens the configured database itself."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

import webapp.models  # noqa: F401 - fills the metadata
from webapp.config import Config
from webapp.db import Base, UtcDateTime, make_engine


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave tables that are not ours alone (a database may be shared)."""
    return not (kind == "table" and reflected and compare_to is None)


def render_item(kind: str, item: Any, _: Any) -> str | bool:
    """Migrations import nothing from the product, so our one own type is written as what it is in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_object=include_object,
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    with make_engine(Config.from_env().database_url).connect() as connection:
        run(connection)
        connection.commit()
