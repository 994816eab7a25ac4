"""Schedules as people make and change them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.factories import make_actor, make_team
from tests.webapp.services.jobbench import Bench
from tests.webapp.services.scheduling.conftest import MORNING, Calendar
from tests.webapp.working import Shop, customers_csv, run_jobs
from webapp.edge import unit_of_work
from webapp.inbox import Inbox
from webapp.models import AuditEvent, MemberRole, Schedule, ScheduleTick
from webapp.services.access import Actor
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.people.audit_words import sentence
from webapp.services.scheduling import schedules

CHANGES = (schedules.pause_schedule, schedules.resume_schedule, schedules.run_schedule, schedules.remove_schedule)


def act(calendar: Calendar, change, schedule_id: str, actor: Actor | None = None):
    with unit_of_work(calendar.bench.resources) as session:
        return change(session, actor or calendar.bench.actor, schedule_id)


def test_a_schedule_says_what_when_and_by_whose_clocks(calendar: Calendar) -> None:
    made = calendar.add("0  6 * * mon", kind="recluster", k=5)
    assert (made.cron, made.when, made.zone) == ("0 6 * * MON", "Mondays at 06:00", "UTC")
    assert made.parameters == {"algorithm": "kmeans", "k": 5, "seed": 0, "features": None}
    assert made.next_due is not None
    assert made.next_due.strftime("%A %H:%M") == "Monday 06:00"
    assert (made.enabled, made.last, made.created_by) == (True, None, calendar.bench.actor.name)


def test_a_paused_one_has_no_next_run_until_it_is_resumed_in_the_name_of_who_resumes_it(calendar: Calendar) -> None:
    made = calendar.add()
    assert act(calendar, schedules.pause_schedule, made.id).next_due is None
    other = replace(calendar.bench.actor, name="other@north.example", role=MemberRole.ADMIN, user_id=None)
    resumed = act(calendar, schedules.resume_schedule, made.id, other)
    assert resumed.created_by == other.name
    assert resumed.next_due is not None
    assert resumed.next_due > datetime.now(resumed.next_due.tzinfo)
    assert resumed.next_due - datetime.now(resumed.next_due.tzinfo) <= timedelta(days=1)


def test_run_now_is_a_tick_beside_the_others_and_only_one_at_a_time(calendar: Calendar) -> None:
    made = calendar.add()
    job = act(calendar, schedules.run_schedule, made.id)
    shown = calendar.show(made.id)
    assert shown.last is not None
    assert shown.last.job == job
    assert shown.next_due == made.next_due
    with pytest.raises(Conflict, match="still runs"):
        act(calendar, schedules.run_schedule, made.id)


def test_a_removed_one_takes_its_ticks_along_and_leaves_its_jobs(calendar: Calendar) -> None:
    made = calendar.add()
    job = act(calendar, schedules.run_schedule, made.id)
    act(calendar, schedules.remove_schedule, made.id)
    with unit_of_work(calendar.bench.resources, read_only=True) as session:
        assert session.scalars(select(Schedule)).all() == session.scalars(select(ScheduleTick)).all() == []
    assert calendar.bench.show(job.id).status == "queued"


def test_every_act_is_in_the_log_in_words(calendar: Calendar) -> None:
    made = calendar.add()
    for change in (schedules.run_schedule, schedules.pause_schedule, schedules.resume_schedule, schedules.remove_schedule):
        act(calendar, change, made.id)
    with unit_of_work(calendar.bench.resources, read_only=True) as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("schedule.")).order_by(AuditEvent.at)).all()
        told = [sentence(event.action, event.subject, event.details) for event in events]
    assert told == [
        "Scheduled importing the folder of customers: Every day at 06:00",
        "Ran the schedule of customers at once: Every day at 06:00",
        "Paused the schedule of customers: Every day at 06:00",
        "Resumed the schedule of customers: Every day at 06:00",
        "Deleted the schedule of customers: Every day at 06:00",
    ]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"kind": "dance"}, "kind"),
        ({"cron": "soon"}, "cron"),
        ({"parameters": {"k": 99}}, "k"),
        ({"parameters": {"algorithm": "x"}}, "algorithm"),
        ({"parameters": {"promote": True}}, "promote"),
        ({"kind": "import_folder", "parameters": {"folder": "/etc"}}, "folder"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_by_name(calendar: Calendar, options: dict, field: str) -> None:
    with unit_of_work(calendar.bench.resources) as session, pytest.raises(Invalid) as refused:
        schedules.add_schedule(session, calendar.bench.actor, "customers", **{"kind": "recluster", "cron": "0 6 * * *", **options})
    assert refused.value.details == {"field": field}


@pytest.mark.parametrize("role", [MemberRole.VIEWER, MemberRole.MARKETER])
@pytest.mark.parametrize("kind", ["recluster", "import_folder"])
def test_who_may_not_do_the_work_may_not_schedule_it_but_look(calendar: Calendar, role: MemberRole, kind: str) -> None:
    made, member = calendar.add(kind=kind), replace(calendar.bench.actor, role=role)
    for change in CHANGES:
        with pytest.raises(Forbidden):
            act(calendar, change, made.id, member)
    with unit_of_work(calendar.bench.resources) as session:
        with pytest.raises(Forbidden):
            schedules.add_schedule(session, member, "customers", kind=kind, cron="0 6 * * *")
        assert len(schedules.list_schedules(session, member, "customers")) == 1


def test_another_teams_schedules_are_not_there(calendar: Calendar) -> None:
    made = calendar.add()
    with unit_of_work(calendar.bench.resources) as session:
        stranger = make_actor(session, make_team(session, "South Market"))
    for change in (*CHANGES, schedules.show_schedule):
        with pytest.raises(NotFound):
            act(calendar, change, made.id, stranger)
    with unit_of_work(calendar.bench.resources) as session:
        assert schedules.list_schedules(session, stranger) == ()
        with pytest.raises(NotFound):
            schedules.add_schedule(session, stranger, "customers", kind="recluster", cron="0 6 * * *")


def test_what_a_schedule_would_make_again_is_led_to_and_nothing_is_made(imported_shop: Shop) -> None:
    """Run now, and when it is due, as long as no other customers came."""
    calendar = Calendar(Bench(imported_shop.resources, imported_shop.actor, ""), Inbox(Path("nowhere")))
    made = calendar.add(kind="recluster", k=3)
    first = act(calendar, schedules.run_schedule, made.id)
    run_jobs(imported_shop.resources)
    again = act(calendar, schedules.run_schedule, made.id)
    assert (again.id, again.status) == (first.id, "done")
    told = "Version 1 was fitted on the same customers with the same settings and seed, so no second one was made."
    last = calendar.show(made.id).last
    assert last is not None
    assert (last.outcome, last.message, last.job) == ("idle", f"Asked for by {imported_shop.actor.name}. {told}", None)
    assert calendar.fire(made.id, MORNING + timedelta(days=1)) == "idle"
    last = calendar.show(made.id).last
    assert last is not None
    assert last.message == told
    imported_shop.import_file(customers_csv((5,), first=900))
    assert act(calendar, schedules.run_schedule, made.id).status == "queued"
