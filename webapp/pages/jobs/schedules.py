"""The list of schedules: what comes when, what became of it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from dash import html, no_update
from dash.development.base_component import Component

from segmentation.wording import upper_first
from webapp.edge import View
from webapp.pages.jobs.ids import ACT, CHANGE, OPEN, Ids
from webapp.services.access import Permission
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.scheduling import schedules
from webapp.services.scheduling.schedules import ScheduleSummary, TickSummary
from webapp.services.work.jobs import workers_alive
from webapp.ui.components import Child, badge, button, card, empty_state, hidden_text
from webapp.ui.format import by, count, day
from webapp.ui.forms import dialog
from webapp.ui.job_words import job_badge, job_title
from webapp.ui.notices import notify
from webapp.ui.recluster import tell_started

Answer = tuple[Any, ...]
PURPOSE = "Have segments found anew, or the files of a folder imported, every night, week or month, without anybody pressing a button."
RULES = (
    "What a schedule finds waits for somebody to promote it: it becomes the challenger, unless somebody chose another one. "
    "After an outage the latest missed run is made up for, those before are not. "
    "A run is left out while the one before still works."
)
NOBODY = "No worker is running: nothing comes until one starts."


def show_schedules(view: View) -> Component:
    """A card with every schedule of the dataset; before the first, what they are for."""
    listed = schedules.list_schedules(view.session, view.actor, view.dataset)
    if not listed:
        nothing = empty_state("calendar-event", "Nothing comes by itself yet", PURPOSE, open_button(view, "empty"))
        return card("Schedules", None, nothing, className="sc-stack")
    sub = None if workers_alive(view.session) else NOBODY
    items = html.Ul([_item(view, schedule) for schedule in listed], className="sc-acts sc-schedules")
    return card("Schedules", sub, items, tools=open_button(view, "card"), foot=RULES, className="sc-stack")


def open_button(view: View, at: str) -> Component | None:
    """Opens the dialog that adds one; nothing for those who may not."""
    if not view.actor.may(Permission.IMPORT):
        return None
    return button("New schedule", id={"type": OPEN, "at": at}, icon_name="plus-lg")


def _item(view: View, schedule: ScheduleSummary) -> html.Li:
    words: list[Child] = [html.H3([when(schedule), " ", None if schedule.enabled else badge("Paused", icon_name="pause-circle")])]
    words += [html.P(f"{what(schedule, view.actor.team_slug)} Made by {by(schedule.created_by)}.")]
    words += [html.P(schedule.paused_because)] if schedule.paused_because else []
    words += [_last(schedule.last)] if schedule.last and schedule.last.message != schedule.paused_because else []
    acts = html.Div(_acts(schedule), className="sc-buttons") if view.actor.may(Permission.IMPORT) else None
    return html.Li([html.Div(words, className="w"), acts], className="sc-act")


def when(schedule: ScheduleSummary) -> str:
    """`Mondays at 06:00 (Europe/Berlin), next 30 Nov 2026`; with the time where the words do not tell it."""
    told = f"{schedule.when} ({schedule.zone})"
    if schedule.next_due is None:
        return told
    time = f"{schedule.next_due:%H:%M}"
    return f"{told}, next {day(schedule.next_due)}{'' if time in schedule.when else f', {time}'}"


def what(schedule: ScheduleSummary, team: str) -> str:
    """What is done, in a sentence."""
    if schedule.kind == "import_folder":
        return f"Imports the files in the folder {team}/{schedule.dataset} of the inbox, as those before them with the same columns."
    k = schedule.parameters["k"]
    number = count(k, "segment") if k else "as many segments as the data can carry"
    seed = f" Seed {schedule.parameters['seed']}." if schedule.parameters["seed"] else ""
    return f"Finds {number}. Method: {upper_first(algorithm_name(schedule.parameters['algorithm']))}.{seed}"


def _last(tick: TickSummary) -> html.P:
    told: list[Child] = [f"Last on {day(tick.due)}: "]
    if tick.job is not None:
        told += [f"{job_title(tick.job)} ", job_badge(tick.job.status), f" {tick.job.message or ''}"]
    return html.P([*told, f" {tick.message}" if tick.message else None])


def _acts(schedule: ScheduleSummary) -> list[Component]:
    turn = ("Pause", "pause") if schedule.enabled else ("Resume", "resume")
    change = button(["Change", hidden_text(f": {schedule.when}")], id={"type": CHANGE, "schedule": schedule.id}, small=True)
    return [_act(schedule, "Run now", "run"), change, _act(schedule, *turn), _act(schedule, "Delete", "remove")]


def _act(schedule: ScheduleSummary, text: str, act: str) -> Component:
    kind = "danger" if act == "remove" else "secondary"
    name = {"type": ACT, "act": act, "schedule": schedule.id}
    return button([text, hidden_text(f": {schedule.when}")], id=name, kind=kind, small=True)


def ask_dialog() -> Component:
    """Asks before a schedule is deleted."""
    confirm = button("Delete it", id=Ids.ASK_CONFIRM, kind="danger")
    return dialog(Ids.ASK, "Delete this schedule?", html.P(id=Ids.ASK_TEXT), confirm, cancel_id=Ids.ASK_CANCEL)


def act(view: View, pressed: Any) -> Answer:
    """Do what the pressed button says: page to read anew, job to watch, is the question open, its text, what it is about."""
    if pressed is None or pressed["act"] not in ACTS:
        return (no_update,) * 5
    return ACTS[pressed["act"]](view, pressed["schedule"])


def _run(view: View, schedule_id: str) -> Answer:
    job = schedules.run_schedule(view.session, view.actor, schedule_id, store=view.resources.store)
    return changed(), tell_started(view, job, "You can leave this page."), *(no_update,) * 3


def _pause(view: View, schedule_id: str) -> Answer:
    paused = schedules.pause_schedule(view.session, view.actor, schedule_id)
    notify(f"Paused: {paused.when}.", "good")
    return changed(), *(no_update,) * 4


def _resume(view: View, schedule_id: str) -> Answer:
    resumed = schedules.resume_schedule(view.session, view.actor, schedule_id)
    notify(f"Resumed in your name: {when(resumed)}.", "good")
    return changed(), *(no_update,) * 4


def _ask_remove(view: View, schedule_id: str) -> Answer:
    asked = schedules.show_schedule(view.session, view.actor, schedule_id)
    text = f"{asked.when} ({asked.zone}): nothing comes by it any more. The jobs that it ran stay in the history."
    return no_update, no_update, True, text, asked.id


ACTS: dict[str, Callable[[View, str], Answer]] = {"run": _run, "pause": _pause, "resume": _resume, "remove": _ask_remove}


def remove(view: View, clicks: int | None, schedule_id: Any) -> Answer:
    """Delete the schedule that was asked about: is the question open, page to read anew."""
    if not clicks or not isinstance(schedule_id, str):
        return no_update, no_update
    removed = schedules.remove_schedule(view.session, view.actor, schedule_id)
    notify(f"Deleted: {removed.when}.", "good")
    return False, changed()


def changed() -> str:
    """A new value for the store that makes the list be read anew."""
    return uuid4().hex
