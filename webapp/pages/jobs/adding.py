"""The dialog that adds a schedule: friendly choices or a cron expression, in words and with its next runs while one chooses."""

from __future__ import annotations

import re
from typing import Any

import dash_bootstrap_components as dbc
from dash import html, no_update
from dash.development.base_component import Component

from segmentation.choosing.selection import DEFAULT_ALGORITHM
from webapp.edge import View
from webapp.pages.jobs.ids import Ids
from webapp.pages.jobs.schedules import changed, when
from webapp.services.errors import Invalid
from webapp.services.modelling.fit_requests import FEWEST_SEGMENTS, MOST_SEGMENTS
from webapp.services.scheduling import schedules
from webapp.ui.components import Child, button
from webapp.ui.format import day
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
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def add_dialog() -> Component:
    """What, how often, when; the answer stands below while one chooses."""
    confirm = button("Add the schedule", kind="primary", type="submit", form=Ids.FORM)
    form = dbc.Form(
        [
            field("What", select(Ids.KIND, KINDS, value="recluster")),
            html.Div(_fit_fields(), id=Ids.FIT_FIELDS),
            html.P(id=Ids.FOLDER_WORDS),
            field("How often", select(Ids.EVERY, EVERY, value="week")),
            html.Div(field("On", select(Ids.WEEKDAY, WEEKDAYS, value="1")), id=Ids.WEEKDAY_FIELD),
            html.Div(field("On day", select(Ids.DAY, DAYS, value="1")), id=Ids.DAY_FIELD, hidden=True),
            html.Div(field("At", dbc.Input(id=Ids.AT, type="time", value="06:00")), id=Ids.AT_FIELD),
            html.Div(_cron_field(), id=Ids.CRON_FIELD, hidden=True),
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


def _cron_field() -> Component:
    help_text = "Minute, hour, day of the month, month, day of the week: 0 6 * * 1-5 is six o'clock from Monday to Friday."
    return field("Cron expression", text_input(Ids.CRON, value="0 6 * * 1-5", max_length=100), help_text=help_text)


def chosen_cron(every: Any, at: Any, weekday: Any, month_day: Any, cron: Any) -> str:
    """The choices as a cron expression; Invalid where a time or day is missing."""
    if every not in SHOWN:
        return str(cron or "")
    time = _TIME.fullmatch(str(at or "")[:5])
    if time is None or weekday not in WEEKDAYS or month_day not in DAYS:
        raise Invalid("Choose a day and a time, such as 06:00.", details={"field": "at"})
    days = {"day": "* * *", "week": f"* * {weekday}", "month": f"{month_day} * *"}[every]
    return f"{int(time[2])} {int(time[1])} {days}"


def show_preview(view: View, *chosen: Any) -> list[Child]:
    """What the choices mean, and when that is next; or what is wrong with them."""
    try:
        preview = schedules.preview_cron(view.session, view.actor, chosen_cron(*chosen))
    except Invalid as refusal:
        return [refusal.message]
    runs = [html.Li(f"{run:%A}, {day(run)}, {run:%H:%M}") for run in preview.runs]
    return [html.B(f"{preview.when} ({preview.zone})"), html.Div("The next runs:"), html.Ul(runs)]


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


def add(view: View, submitted: int | None, kind: Any, k: Any, method: Any, *chosen: Any) -> tuple[Any, Any, Any]:
    """Add the schedule: is the dialog open, what is wrong, page to read anew."""
    if not submitted or view.dataset is None:
        return (no_update,) * 3
    fit = {"algorithm": method, "k": None if k in (None, BEST) else int(k)} if kind == "recluster" else {}
    try:
        made = schedules.add_schedule(view.session, view.actor, view.dataset, kind=str(kind), cron=chosen_cron(*chosen), parameters=fit)
    except Invalid as refusal:
        return no_update, refusal.message, no_update
    notify(f"Added: {when(made)}.", "good")
    return False, "", changed()
