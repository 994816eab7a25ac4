"""Work that comes again: the schedules of the Jobs page. Which role may change one depends on what it does; the service refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from webapp.api.datasets import RECLUSTER
from webapp.api.fields import Field, choice, object_schema, read_fields, text
from webapp.api.jobs import JobAnswer, job_answer
from webapp.api.operations import Call, Operation
from webapp.api.routes import json_body
from webapp.models import ScheduleKind
from webapp.services.access import Permission
from webapp.services.scheduling import cron, schedules
from webapp.services.scheduling.schedules import FIT_PARAMETERS, ScheduleSummary


@dataclass(frozen=True)
class TickAnswer:
    """One time that it was due. `outcome` is started, skipped, idle, refused or paused, `message` why; `job` is the id of what started."""

    due: datetime
    outcome: str
    message: str
    job: str | None


@dataclass(frozen=True)
class ScheduleAnswer:
    """One schedule. `when` says `cron` in words, on the clocks of `zone`; `next_due` is null while it is paused, `last` until it was due.

    It acts as `created_by`: whoever made or last resumed it, a token included; once they may no more, it pauses. A change leaves it theirs,
    unless they may no more: then it is in the name of whoever changed it. Who changed what is in the audit log.
    """

    id: str
    dataset: str
    kind: str
    cron: str
    when: str
    zone: str
    parameters: dict[str, Any]
    enabled: bool
    paused_because: str | None
    created_by: str
    created_at: datetime
    last_due: datetime | None
    next_due: datetime | None
    last: TickAnswer | None


@dataclass(frozen=True)
class Schedules:
    dataset: str
    schedules: tuple[ScheduleAnswer, ...]


def get_schedules(call: Call) -> Schedules:
    dataset = call.parts["dataset"]
    found = schedules.list_schedules(call.session, call.actor, dataset)
    return Schedules(dataset, tuple(schedule_answer(each) for each in found))


def post_schedule(call: Call) -> ScheduleAnswer:
    return schedule_answer(schedules.add_schedule(call.session, call.actor, call.parts["dataset"], **call.sent))


def get_schedule(call: Call) -> ScheduleAnswer:
    return schedule_answer(schedules.show_schedule(call.session, call.actor, call.parts["schedule"]))


def patch_schedule(call: Call) -> ScheduleAnswer:
    return schedule_answer(schedules.change_schedule(call.session, call.actor, call.parts["schedule"], **call.sent))


def delete_schedule(call: Call) -> ScheduleAnswer:
    return schedule_answer(schedules.remove_schedule(call.session, call.actor, call.parts["schedule"]))


def post_pause(call: Call) -> ScheduleAnswer:
    return schedule_answer(schedules.pause_schedule(call.session, call.actor, call.parts["schedule"]))


def post_resume(call: Call) -> ScheduleAnswer:
    return schedule_answer(schedules.resume_schedule(call.session, call.actor, call.parts["schedule"]))


def post_run(call: Call) -> JobAnswer:
    return job_answer(call, schedules.run_schedule(call.session, call.actor, call.parts["schedule"], store=call.resources.store))


def schedule_answer(found: ScheduleSummary) -> ScheduleAnswer:
    """A schedule as programs see it."""
    tick = found.last
    last = TickAnswer(tick.due, tick.outcome, tick.message, tick.job.id if tick.job else None) if tick else None
    return ScheduleAnswer(**(vars(found) | {"last": last}))


def _parameters() -> Field:
    declared = {name: RECLUSTER[name] for name in FIT_PARAMETERS}

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError("is an object")
        return {name: each for name, each in read_fields(declared, value).items() if name in value}

    return Field("Of a re-cluster, as in `recluster`; an import of the folder has none.", read, object_schema(declared))


PARAMETERS = _parameters()
CRON = text("Minute, hour, day, month, weekday by the team's clocks; Mondays at six are `0 6 * * 1`.", longest=cron.LONGEST)
ADDED: Mapping[str, Field] = {
    "kind": choice("What comes again.", [str(kind) for kind in ScheduleKind]).needed(),
    "cron": CRON.needed(),
    "parameters": PARAMETERS,
}


def _change(name: str, method: str, act: str, summary: str, run: Callable[[Call], Any]) -> Operation:
    return Operation(name, method, f"/schedules/{{schedule}}{act}", summary, Permission.RECLUSTER, run, writes=True)


RUNNING = {409: "Such work waits or runs already"}
OPERATIONS = (
    Operation(
        "list_schedules", "GET", "/datasets/{dataset}/schedules", "What comes again, oldest schedule first", Permission.VIEW, get_schedules
    ),
    Operation(
        name="add_schedule",
        method="POST",
        path="/datasets/{dataset}/schedules",
        summary="Have work come again, in the name of the token, for as long as it works",
        needs=Permission.RECLUSTER,
        run=post_schedule,
        body=json_body(ADDED),
        writes=True,
        status=201,
    ),
    Operation("show_schedule", "GET", "/schedules/{schedule}", "One schedule", Permission.VIEW, get_schedule),
    replace(
        _change("change_schedule", "PATCH", "", "Give a schedule another time, or other parameters as a whole", patch_schedule),
        body=json_body({"cron": CRON, "parameters": PARAMETERS}),
    ),
    _change("remove_schedule", "DELETE", "", "Delete a schedule; the jobs that it ran stay in the history", delete_schedule),
    _change("pause_schedule", "POST", "/pause", "Let a schedule rest until it is resumed", post_pause),
    _change("resume_schedule", "POST", "/resume", "Let a schedule go on, in the name of the token", post_resume),
    replace(
        _change("run_schedule", "POST", "/run", "Do now what a schedule does when it is due, paused or not", post_run),
        status=202,
        refusals=RUNNING,
    ),
)
