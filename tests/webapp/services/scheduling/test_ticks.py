"""Each due moment is fired once, by whoever is first, in the name of somebody who may."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from tests.webapp.services.scheduling.conftest import MORNING, Calendar
from webapp.edge import unit_of_work
from webapp.inbox import Inbox
from webapp.models import AuditEvent, Job, JobStatus, MemberRole, Membership, Schedule, ScheduleTick, User
from webapp.services.people.teams import change_time_zone
from webapp.services.scheduling import schedules, ticks
from webapp.worker import Worker, fire_schedules

SIX = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def rows(calendar: Calendar, model: type) -> int:
    with unit_of_work(calendar.bench.resources, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def end_jobs(calendar: Calendar) -> None:
    with unit_of_work(calendar.bench.resources) as session:
        session.execute(update(Job).values(status=JobStatus.DONE))


def test_nothing_is_due_before_its_time_and_once_after(calendar: Calendar) -> None:
    made = calendar.add()
    assert calendar.fire(made.id, SIX - timedelta(seconds=1)) is None
    assert calendar.fire(made.id, SIX) == "started"
    assert calendar.fire(made.id, SIX) is None
    shown = calendar.show(made.id)
    assert (shown.last_due, shown.next_due) == (SIX, SIX + DAY)
    assert shown.last is not None
    assert shown.last.job is not None
    assert (shown.last.job.kind, shown.last.job.created_by) == ("import_folder", calendar.bench.actor.name)


def test_of_three_workers_that_see_the_same_tick_one_fires_it(calendar: Calendar) -> None:
    for minute in range(4):
        calendar.add(f"{minute} 6 * * *", kind="recluster")
    calendar.add()
    gate = threading.Barrier(3)

    def work(_number: int) -> int:
        gate.wait()
        return fire_schedules(calendar.bench.resources, calendar.inbox, SIX + timedelta(minutes=10))

    with ThreadPoolExecutor(3) as workers:
        fired = list(workers.map(work, range(3)))
    assert sum(fired) == rows(calendar, ScheduleTick) == 5
    assert rows(calendar, Job) == 1, "there is nothing to cluster, and one folder"


def test_the_database_itself_refuses_a_second_tick_of_one_moment(calendar: Calendar) -> None:
    made = calendar.add()
    calendar.fire(made.id, SIX)
    with unit_of_work(calendar.bench.resources) as session:
        session.execute(update(Schedule).values(next_due=SIX))  # as if a worker had not seen what the other did
    with pytest.raises(IntegrityError):
        calendar.fire(made.id, SIX)
    assert rows(calendar, Job) == 1


def test_after_an_outage_the_latest_missed_run_is_made_up_for_and_the_others_are_not(calendar: Calendar) -> None:
    made = calendar.add()
    late = SIX + 5 * DAY + timedelta(hours=7)
    assert calendar.fire(made.id, late) == "started"
    assert calendar.fire(made.id, late) is None
    shown = calendar.show(made.id)
    assert (shown.last_due, shown.next_due) == (SIX + 5 * DAY, SIX + 6 * DAY)
    assert shown.last is not None
    assert "stands for all of those" in shown.last.message
    assert rows(calendar, ScheduleTick) == 1


def test_a_tick_whose_former_work_still_runs_is_left_out_and_told(calendar: Calendar) -> None:
    made = calendar.add()
    calendar.fire(made.id, SIX)
    assert calendar.fire(made.id, SIX + DAY) == "skipped"
    shown = calendar.show(made.id)
    assert shown.last is not None
    assert shown.last.message == "The one before still runs, so this one was left out."
    end_jobs(calendar)
    assert calendar.fire(made.id, SIX + 2 * DAY) == "started"


def test_an_empty_folder_makes_no_job(calendar: Calendar) -> None:
    made = calendar.add()
    (calendar.inbox.root / calendar.bench.actor.team_slug / "customers" / "a.csv").unlink()
    assert calendar.fire(made.id, SIX) == "idle"
    assert rows(calendar, Job) == 0


def test_a_folder_with_young_files_alone_makes_no_job_and_says_so(calendar: Calendar) -> None:
    made = calendar.add()
    calendar = replace(calendar, inbox=Inbox(calendar.inbox.root))
    assert calendar.fire(made.id, SIX) == "idle"
    last = calendar.show(made.id).last
    assert last is not None
    assert last.message.startswith("1 file is too young")
    assert rows(calendar, Job) == 0


def test_what_cannot_be_started_is_told_and_comes_again(calendar: Calendar) -> None:
    made = calendar.add(kind="recluster", k=4)
    assert calendar.fire(made.id, SIX) == "refused"
    shown = calendar.show(made.id)
    assert shown.last is not None
    assert "Import a customer file first" in shown.last.message
    assert shown.next_due == SIX + DAY


def lose_the_right(calendar: Calendar, how: str) -> None:
    with unit_of_work(calendar.bench.resources) as session:
        if how == "role":
            session.execute(update(Membership).values(role=MemberRole.MARKETER))
        elif how == "left":
            session.execute(delete(Membership))
        else:
            session.execute(update(User).values(disabled_at=MORNING))


@pytest.mark.parametrize("how", ["role", "left", "disabled"])
def test_a_schedule_pauses_when_its_maker_may_no_more(calendar: Calendar, how: str) -> None:
    made = calendar.add()
    lose_the_right(calendar, how)
    assert calendar.fire(made.id, SIX) == "paused"
    shown = calendar.show(made.id)
    assert (shown.enabled, shown.next_due) == (False, None)
    assert shown.paused_because is not None
    assert calendar.bench.actor.name in shown.paused_because
    assert calendar.fire(made.id, SIX + DAY) is None
    with unit_of_work(calendar.bench.resources, read_only=True) as session:
        assert session.scalars(select(AuditEvent.action)).all()[-1] == "schedule.stopped"
    assert rows(calendar, Job) == 0


def test_what_the_command_line_made_needs_no_member(calendar: Calendar) -> None:
    made = calendar.add()
    with unit_of_work(calendar.bench.resources) as session:
        session.execute(update(Schedule).values(user_id=None, created_by="cli"))
        session.execute(delete(Membership))
    assert calendar.fire(made.id, SIX) == "started"


def test_a_worker_fires_what_is_due_also_while_a_job_of_its_own_runs(calendar: Calendar) -> None:
    made = calendar.add(now=MORNING - 2 * DAY)
    with unit_of_work(calendar.bench.resources) as session:
        session.execute(update(Schedule).values(next_due=datetime.now(UTC) - timedelta(minutes=1)))
    worker = Worker(calendar.bench.resources)
    worker.inbox = calendar.inbox
    worker._keep_up()
    assert calendar.show(made.id).last is not None


def test_one_that_is_broken_keeps_no_other_from_its_time(calendar: Calendar, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = calendar.add("0 5 * * *"), calendar.add()
    genuine = ticks.fire_tick

    def fire(session: object, schedule_id: str, *rest: object, **options: object) -> object:
        if schedule_id == broken.id:
            raise RuntimeError("a defect")
        return genuine(session, schedule_id, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ticks, "fire_tick", fire)
    assert fire_schedules(calendar.bench.resources, calendar.inbox, SIX) == 1
    assert calendar.show(sound.id).last_due == SIX


def test_ticks_are_forgotten_after_a_while(calendar: Calendar) -> None:
    made = calendar.add("0 6 1 * *", kind="recluster")
    for month in (12, 13, 14, 15):
        calendar.fire(made.id, datetime(2026 + month // 13, (month - 1) % 12 + 1, 1, 6, tzinfo=UTC))
    calendar.fire(made.id, datetime(2027, 6, 1, 6, tzinfo=UTC))
    assert rows(calendar, ScheduleTick) == 1


def test_another_zone_of_the_team_moves_the_next_run(calendar: Calendar) -> None:
    calendar.add()
    with unit_of_work(calendar.bench.resources) as session:
        session.execute(update(Membership).values(role=MemberRole.ADMIN))
        boss = schedules.Actor(**{**calendar.bench.actor.__dict__, "role": MemberRole.ADMIN})
        change_time_zone(session, boss, "Asia/Kolkata")
    shown = calendar.show(schedule_ids(calendar)[0])
    assert shown.zone == "Asia/Kolkata"
    assert shown.next_due is not None
    assert shown.next_due.strftime("%H:%M%z") == "06:00+0530"


def schedule_ids(calendar: Calendar) -> list[str]:
    with unit_of_work(calendar.bench.resources, read_only=True) as session:
        return list(session.scalars(select(Schedule.id)))


def test_it_acts_as_its_author_with_no_more_than_its_work_needs_whoever_said_last_what_it_does(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator, an admin, made it; an analyst changed it."""
    made = calendar.add()
    with unit_of_work(calendar.bench.resources) as session:
        session.execute(update(Schedule).values(user_id=None, created_by="cli"))
        analyst = replace(calendar.bench.actor, role=MemberRole.ANALYST)
        changed = schedules.change_schedule(session, analyst, made.id, cron="30 6 * * *")
    assert changed.created_by == "cli"
    acting = []
    start = ticks.start_work
    monkeypatch.setattr(ticks, "start_work", lambda session, actor, *rest: acting.append(actor) or start(session, actor, *rest))
    assert calendar.fire(made.id, SIX + DAY) == "started"
    assert [(actor.name, actor.role) for actor in acting] == [("cli", MemberRole.ANALYST)]
