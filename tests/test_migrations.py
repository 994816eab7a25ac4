"""Migrations build every database, match the models, and go up, down and up again with data in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import inspect

from tests.factories import make_actor, make_team
from webapp.db import Base, make_engine
from webapp.edge import Resources, unit_of_work
from webapp.migrate import current_revision, downgrade, head_revision, schema_drift, upgrade
from webapp.models import MemberRole, Team


def test_migrations_reach_the_models(resources: Resources) -> None:
    assert current_revision(resources.engine) == head_revision()
    assert schema_drift(resources.engine) == []


def test_down_and_up_again_with_data(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        make_actor(session, make_team(session), MemberRole.ANALYST)
    downgrade(resources.engine, "base")
    assert set(inspect(resources.engine).get_table_names()) == {"alembic_version"}
    upgrade(resources.engine)
    assert schema_drift(resources.engine) == []
    with unit_of_work(resources) as session:
        make_team(session)
        assert session.query(Team).count() == 1


def test_four_starts_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/fresh.db"
    program = f"from webapp.db import make_engine; from webapp.migrate import upgrade; upgrade(make_engine({url!r}))"
    starts = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(4)]
    assert [start.communicate()[1] for start in starts] == [b""] * 4
    assert set(inspect(make_engine(url)).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
