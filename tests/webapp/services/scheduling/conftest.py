"""A team with a folder of files to import, and time that only a test moves."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.webapp.services.jobbench import Bench
from webapp.edge import unit_of_work
from webapp.inbox import SETTLED_SECONDS, Inbox
from webapp.models import Schedule
from webapp.services.scheduling import schedules
from webapp.services.scheduling.schedules import ScheduleSummary
from webapp.services.scheduling.ticks import fire_tick

MORNING = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
"""A Thursday."""


@dataclass(frozen=True)
class Calendar:
    """A bench whose schedules fire when a test says so."""

    bench: Bench
    inbox: Inbox

    def add(self, cron: str = "0 6 * * *", *, kind: str = "import_folder", now: datetime = MORNING, **parameters: Any) -> ScheduleSummary:
        """A schedule as if it had been made at `now`."""
        with unit_of_work(self.bench.resources) as session:
            made = schedules.add_schedule(session, self.bench.actor, "customers", kind=kind, cron=cron, parameters=parameters)
            row = session.get_one(Schedule, made.id)
            row.next_due = schedules.next_run(row.cron, schedules.zone_of(session, self.bench.actor), now)
        return self.show(made.id)

    def fire(self, schedule_id: str, now: datetime) -> str | None:
        with unit_of_work(self.bench.resources) as session:
            outcome = fire_tick(session, schedule_id, self.inbox, now)
            return outcome and str(outcome)

    def show(self, schedule_id: str) -> ScheduleSummary:
        with unit_of_work(self.bench.resources, read_only=True) as session:
            return schedules.show_schedule(session, self.bench.actor, schedule_id)

    def put(self, files: Mapping[str, str]) -> None:
        folder = self.inbox.root / self.bench.actor.team_slug / "customers"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)


@pytest.fixture
def calendar(bench: Bench, tmp_path: Path) -> Calendar:
    """On both databases in turn, with one file that waits."""
    made = Calendar(bench, Inbox(tmp_path / "inbox", clock=lambda: time.time() + SETTLED_SECONDS + 1))
    made.put({"a.csv": "ID\n1\n"})
    return made
