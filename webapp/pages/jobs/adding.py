"""The dialog that adds a schedule or changes one: choices or a cron expression, in words and with its next runs while one chooses."""

from __future__ import annotations

import re
from typing import Any

import dash_bootstrap_components as dbc
from dash import html, no_update
from dash.development.base_component import Component

from segmentation.choosing.selection import DEFAULT_ALGORITHM
from webapp.edge import View
from webapp.pages.jobs.ids import OPEN, Ids
from webapp.pages.jobs.schedules import changed, when
from webapp.services.errors import Invalid
from webapp.services.modelling.fit_requests import FEWEST_SEGMENTS, MOST_SEGMENTS
from webapp.services.scheduling import schedules
from webapp.services.scheduling.schedules import ScheduleSummary
from webapp.ui.components import Child, button
from webapp.ui.format import by, day
from webapp.ui.forms import dialog, field, select, text_input
from webapp.ui.notices import notify
from webapp.ui.recluster import BEST, method_choices

KINDS = {"recluster": "Find segments anew", "import_folder": "Import the files of a folder"}
EVERY = {"day": "Every day", "week": "Every week", "month": "Every month", "own": "By a cron expression"}
WEEKDAYS = {"1": "Monday", "2": "Tuesday", "3": "Wednesday", "4": "Thursday", "5": "Friday", "6": "Saturday", "0": "Sunday"}
DAYS = {str(number): str(number) for number in range(1, 29)} | {"L": "The last one"}
COUNTS = {BEST: "The best number that the data can carry"} | {str(k): f"{k} segments" for k in range(FEWEST_SEGMENTS, MOST_SEGMENTS + 1)}
SHOWN = {"day": (True, False, False, False), "week": (True, True, False, False), "month": (True, False, True, False)}
"""Whether time, weekday, day and expression are asked for; anything else asks for the expression alone."""
OWN = (False, False, False, True)
CHOSEN = (Ids.EVERY, Ids.AT, Ids.WEEKDAY, Ids.DAY, Ids.CRON)
"""What says when a schedule is due, in the order in which `chosen_cron` takes it."""
AT_FIRST = ("week", "06:00", "1", "1", "0 6 * * 1-5")
"""Their values in a new schedule's form."""
FILLED = (
    (Ids.DIALOG, "is_open"),
    (Ids.TITLE, "children"),
    (Ids.CONFIRM, "children"),
    (Ids.EDITED, "data"),
    (Ids.ERROR, "children"),
    (Ids.KIND, "value"),
    (Ids.KIND, "disabled"),
    *((name, "value") for name in (Ids.COUNT, Ids.METHOD, *CHOSEN)),
)
"""What `fill` says, in its order."""
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def add_dialog() -> Component:
    """What, how often, when; the answer stands below while one chooses."""
    confirm = button("Add the schedule", id=Ids.CONFIRM, kind="primary", type="submit", form=Ids.FORM)
    every, at, weekday, month_day, cron = AT_FIRST
    form = dbc.Form(
        [
            field("What", select(Ids.KIND, KINDS, value="recluster")),
            html.Div(_fit_fields(), id=Ids.FIT_FIELDS),
            html.P(id=Ids.FOLDER_WORDS),
            field("How often", select(Ids.EVERY, EVERY, value=every)),
            html.Div(field("On", select(Ids.WEEKDAY, WEEKDAYS, value=weekday)), id=Ids.WEEKDAY_FIELD),
            html.Div(field("On day", select(Ids.DAY, DAYS, value=month_day)), id=Ids.DAY_FIELD, hidden=True),
            html.Div(field("At", dbc.Input(id=Ids.AT, type="time", value=at)), id=Ids.AT_FIELD),
            html.Div(_cron_field(cron), id=Ids.CRON_FIELD, hidden=True),
            html.Div(id=Ids.PREVIEW, className="sc-preview", role="status"),
            html.Div(id=Ids.ERROR, className="sc-field-error", role="alert"),
        ],
        id=Ids.FORM,
        prevent_default_on_submit=True,
        class_name="sc-schedule-form",
    )
    return dialog(Ids.DIALOG, "New schedule", form, confirm, cancel_id=Ids.CANCEL)


def _fit_fields() -> list[Component]:
    return [
        field("How many segments", select(Ids.COUNT, COUNTS, value=BEST)),
        field("Method", select(Ids.METHOD, method_choices(), value=DEFAULT_ALGORITHM)),
    ]


def _cron_field(cron: str) -> Component:
    help_text = "Minute, hour, day of the month, month, day of the week: 0 6 * * 1-5 is six o'clock from Monday to Friday."
    return field("Cron expression", text_input(Ids.CRON, value=cron, max_length=100), help_text=help_text)


def chosen_cron(every: Any, at: Any, weekday: Any, month_day: Any, cron: Any) -> str:
    """The choices as a cron expression; Invalid where a time or day is missing."""
    if every not in SHOWN:
        return str(cron or "")
    time = _TIME.fullmatch(str(at or "")[:5])
    if time is None or weekday not in WEEKDAYS or month_day not in DAYS:
        raise Invalid("Choose a day and a time, such as 06:00.", details={"field": "at"})
    days = {"day": "* * *", "week": f"* * {weekday}", "month": f"{month_day} * *"}[every]
    return f"{int(time[2])} {int(time[1])} {days}"


def choices_of(cron: str) -> tuple[str, ...]:
    """The choices that `chosen_cron` makes that very expression of; those by hand where there are none."""
    minute, hour, month_day, _, weekday = cron.split()
    at = f"{hour:0>2}:{minute:0>2}"
    _, _, first_weekday, first_day, first_cron = AT_FIRST
    for every, chosen in (("day", (first_weekday, first_day)), ("week", (weekday, first_day)), ("month", (first_weekday, month_day))):
        try:
            if chosen_cron(every, at, *chosen, None) == cron:
                return every, at, *chosen, first_cron
        except Invalid:
            continue
    return "own", *AT_FIRST[1:4], cron


def fill(view: View, pressed: Any) -> tuple[Any, ...]:
    """Open the form (as `FILLED`): empty for a new schedule, as it stands for one that is to be changed, whose kind stays."""
    if pressed is None:
        return (no_update,) * len(FILLED)
    if pressed["type"] == OPEN:
        return True, "New schedule", "Add the schedule", None, "", "recluster", False, BEST, DEFAULT_ALGORITHM, *AT_FIRST
    asked = schedules.show_schedule(view.session, view.actor, pressed["schedule"])
    fit = (str(asked.parameters.get("k") or BEST), asked.parameters.get("algorithm", DEFAULT_ALGORITHM))
    return True, "Change the schedule", "Save the changes", asked.id, "", asked.kind, True, *fit, *choices_of(asked.cron)


def show_preview(view: View, edited: Any, k: Any, method: Any, *chosen: Any) -> list[Child]:
    """What the choices mean, and when that is next; or what is wrong with them. Of a change, what becomes another."""
    try:
        preview = schedules.preview_cron(view.session, view.actor, chosen_cron(*chosen))
        changes = [html.Div(_changes(view, edited, k, method, preview.cron))] if isinstance(edited, str) else []
    except Invalid as refusal:
        return [refusal.message]
    runs = [html.Li(f"{run:%A}, {day(run)}, {run:%H:%M}") for run in preview.runs]
    return [html.B(f"{preview.when} ({preview.zone})"), html.Div("The next runs:"), html.Ul(runs), *changes]


def _changes(view: View, schedule_id: str, k: Any, method: Any, cron: str) -> str:
    asked = schedules.show_schedule(view.session, view.actor, schedule_id)
    wanted = _fit(asked.kind, k, method, asked)
    change = schedules.preview_change(view.session, view.actor, schedule_id, cron=cron, parameters=wanted)
    if not change.after:
        return "Nothing is changed yet."
    whose = "It stays" if change.acts_as == asked.created_by else f"{asked.created_by} may not do this any more, so it goes on"
    return f"Changes from {change.before} to {change.after}. {whose} in the name of {by(change.acts_as)}."


def _fit(kind: Any, k: Any, method: Any, asked: ScheduleSummary | None = None) -> dict[str, Any]:
    """The parameters that the form says, with those that it does not show as they are in the schedule `asked` about."""
    if kind != "recluster":
        return {}
    if k not in COUNTS:
        raise Invalid("Choose how many segments.", details={"field": "k"})
    return {**(asked.parameters if asked else {}), "algorithm": method, "k": None if k == BEST else int(k)}


def show_fields(view: View, every: Any, kind: Any) -> tuple[Any, ...]:
    """Which of time, weekday, day, expression and the fit's fields are not asked for, and where files go."""
    hidden = (not shown for shown in SHOWN.get(every, OWN))
    return *hidden, kind != "recluster", folder_words(view) if kind == "import_folder" else ""


def folder_words(view: View) -> str:
    """Where files go, and what becomes of them."""
    folder = f"{view.actor.team_slug}/{view.dataset or ''}"
    return (
        f"Files go into {folder} of this installation's inbox (SMARTCART_INBOX). They are imported like the last ones with the same "
        "columns, once they have not changed for a minute. A file with other columns, or with an open question, waits for somebody to "
        "check it."
    )


def save(view: View, submitted: int | None, edited: Any, kind: Any, k: Any, method: Any, *chosen: Any) -> tuple[Any, Any, Any]:
    """Add the schedule, or change the `edited` one: is the dialog open, what is wrong, page to read anew."""
    if not submitted or view.dataset is None:
        return (no_update,) * 3
    try:
        cron = chosen_cron(*chosen)
        said = _change(view, edited, cron, k, method) if isinstance(edited, str) else _add(view, str(kind), cron, k, method)
    except Invalid as refusal:
        return no_update, refusal.message, no_update
    notify(said, "good")
    return False, "", changed()


def _add(view: View, kind: str, cron: str, k: Any, method: Any) -> str:
    made = schedules.add_schedule(view.session, view.actor, view.dataset or "", kind=kind, cron=cron, parameters=_fit(kind, k, method))
    return f"Added: {when(made)}."


def _change(view: View, schedule_id: str, cron: str, k: Any, method: Any) -> str:
    asked = schedules.show_schedule(view.session, view.actor, schedule_id)
    wanted = _fit(asked.kind, k, method, asked)
    change = schedules.preview_change(view.session, view.actor, schedule_id, cron=cron, parameters=wanted)
    schedules.change_schedule(view.session, view.actor, schedule_id, cron=cron, parameters=wanted)
    return f"Changed from {change.before} to {change.after}." if change.after else "Nothing was changed."
