"""Accepting or correcting which segment is which, where the later version was matched with the earlier one."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from segmentation.lineage import Fate
from webapp.edge import Callbacks, View
from webapp.pages.compare.ids import Ids
from webapp.services.access import Permission
from webapp.services.errors import Conflict, Invalid
from webapp.services.segmenting import lineages
from webapp.services.segmenting.compared import VersionsCompared
from webapp.services.segmenting.lineages import SegmentLink, VersionLineage
from webapp.ui import jobs
from webapp.ui.components import Child, button, hidden_text
from webapp.ui.forms import choices, dialog, field, select
from webapp.ui.notices import notify

NONE, BACK = "none", "back"
EXPLANATION = (
    "A segment that goes on keeps its name, colour and tags; whoever had them until now becomes a segment of its own. Your word stays, "
    "and holds for later versions that ask the same. To accept what was found, save it as it is."
)


def correct_dialog() -> html.Div:
    """Empty until it is opened, since it shows the segments of that moment."""
    confirm = button("Save", kind="primary", type="submit", form=Ids.CORRECT_FORM)
    form = dbc.Form(id=Ids.CORRECT_FORM, prevent_default_on_submit=True)
    return html.Div(dialog(Ids.CORRECT_DIALOG, "Which segment is which?", form, confirm, cancel_id=Ids.CORRECT_CANCEL))


def matched(view: View, found: VersionsCompared) -> VersionLineage | None:
    """How the later version was matched with the earlier one; None where it was not."""
    lineage = lineages.show_lineage(view.session, view.actor, view.dataset or "", found.after.version.number)
    return lineage if lineage is not None and lineage.reference == found.before.version.number else None


def correct_button(view: View, lineage: VersionLineage | None) -> Component | None:
    """Opens the dialog, for who may; nothing where the versions were not matched."""
    if lineage is None or not view.actor.may(Permission.PROMOTE):
        return None
    return button("Accept or correct", id={"type": Ids.CORRECT_OPEN, "version": lineage.version}, icon_name="pencil", small=True)


def take_back_button(view: View, version: int, link: SegmentLink) -> Component | None:
    """Takes back what somebody said of a segment of the version, for who may."""
    if link.current is None or not view.actor.may(Permission.PROMOTE):
        return None
    return button(
        ["Take back", hidden_text(f" what was said of {link.current.name}")],
        id={"type": Ids.TAKE_BACK, "version": version, "segment": link.current.key},
        icon_name="arrow-counterclockwise",
        small=True,
    )


def take_back(view: View, pressed: Any) -> None:
    """Let the segment that the pressed button names be what was found."""
    if not isinstance(pressed, dict):
        return
    version, key = pressed["version"], pressed["segment"]
    lineages.take_back_correction(view.session, view.actor, view.dataset or "", version, key)
    notify("Taken back: the segment is what was found.", "good")
    jobs.read_again({"taken_back": [version, key]})


def fields(lineage: VersionLineage) -> list[Child]:
    """The version's own segments, and what each can go on from."""
    own = {link.current.key: link.current.name for link in lineage.links if link.current is not None and link.kind is not Fate.MERGED}
    first = next(iter(lineage.links))
    goes_on_with = select(Ids.CORRECT_EARLIER, origins(lineage, first), value=origin(first))
    return [
        html.P(EXPLANATION),
        field(f"Segment of version {lineage.version}", select(Ids.CORRECT_OWN, own, value=next(iter(own)))),
        field(f"Goes on from, of version {lineage.reference}", goes_on_with, error_id=Ids.CORRECT_ERROR),
    ]


def origins(lineage: VersionLineage, link: SegmentLink) -> dict[str, str]:
    """What a segment can be said to be: one of the version before, a new one, or the earlier champion's that it was found to be again."""
    again = {} if link.back is None or link.current is None else {BACK: f"{link.current.name}, back from version {link.back}"}
    return again | {style.key: style.name for style in lineage.choices} | {NONE: "None: it is a segment of its own"}


def origin(link: SegmentLink) -> str:
    """What a segment is as it stands."""
    if link.back is not None:
        return BACK
    return link.previous.key if link.previous is not None and link.kind is Fate.CONTINUED else NONE


def open_dialog(view: View, pressed: Any) -> tuple[Any, Any, Any]:
    """Open the dialog for the version that the pressed button names."""
    version = pressed.get("version") if isinstance(pressed, dict) else None
    lineage = lineages.show_lineage(view.session, view.actor, view.dataset or "", version) if isinstance(version, int) else None
    return (no_update,) * 3 if lineage is None else (True, fields(lineage), version)


def goes_on_from(view: View, own: str | None, version: int | None) -> tuple[Any, Any]:
    """What the chosen segment can go on from, and does as it stands."""
    lineage = lineages.show_lineage(view.session, view.actor, view.dataset or "", version) if version else None
    link = next((each for each in lineage.links if each.current is not None and each.current.key == own), None) if lineage else None
    if lineage is None or link is None:
        return no_update, no_update
    return choices(origins(lineage, link)), origin(link)


def correct(view: View, submitted: int | None, own: str | None, earlier: str | None, version: int | None) -> tuple[Any, Any]:
    """Store what was said; a refusal stays in the dialog."""
    if not submitted or not own or not version:
        return no_update, no_update
    if earlier == BACK:
        notify("It stays the segment that came back.", "good")
        return False, ""
    continues = None if earlier in (None, NONE) else earlier
    try:
        lineages.correct_lineage(view.session, view.actor, view.dataset or "", version, own, continues=continues)
    except (Invalid, Conflict) as refusal:
        return no_update, refusal.message
    notify("Your word on this segment is kept, here and in later versions.", "good")
    jobs.read_again({"lineage": version})
    return False, ""


def register_correcting(callbacks: Callbacks) -> None:
    """Declare the callbacks of the dialog."""

    @callbacks.on(
        Output(Ids.CORRECT_DIALOG, "is_open"),
        Output(Ids.CORRECT_FORM, "children"),
        Output(Ids.CORRECT_VERSION, "data"),
        Input({"type": Ids.CORRECT_OPEN, "version": ALL}, "n_clicks"),
        needs=Permission.PROMOTE,
        prevent_initial_call=True,
    )
    def opened(view: View, _clicks: list[int | None]) -> Any:
        return open_dialog(view, ctx.triggered_id if ctx.triggered and ctx.triggered[0]["value"] else None)

    @callbacks.on(
        Output(Ids.CORRECT_EARLIER, "options"),
        Output(Ids.CORRECT_EARLIER, "value"),
        Input(Ids.CORRECT_OWN, "value"),
        State(Ids.CORRECT_VERSION, "data"),
        needs=Permission.PROMOTE,
        prevent_initial_call=True,
    )
    def chosen(view: View, own: str | None, version: int | None) -> Any:
        return goes_on_from(view, own, version)

    @callbacks.on(
        Output(Ids.CORRECT_DIALOG, "is_open", allow_duplicate=True),
        Output(Ids.CORRECT_ERROR, "children"),
        Input(Ids.CORRECT_FORM, "n_submit"),
        State(Ids.CORRECT_OWN, "value"),
        State(Ids.CORRECT_EARLIER, "value"),
        State(Ids.CORRECT_VERSION, "data"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def said(view: View, submitted: int | None, own: str | None, earlier: str | None, version: int | None) -> Any:
        return correct(view, submitted, own, earlier, version)

    callbacks.clientside(
        ClientsideFunction("shell", "openDialog"),
        Output(Ids.CORRECT_DIALOG, "is_open", allow_duplicate=True),
        Input(Ids.CORRECT_CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )


def register_taking_back(callbacks: Callbacks) -> None:
    """Declare what the buttons beside people's words do."""

    @callbacks.on(
        Output(Ids.CORRECT_VERSION, "data", allow_duplicate=True),
        Input({"type": Ids.TAKE_BACK, "version": ALL, "segment": ALL}, "n_clicks"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def taken_back(view: View, _clicks: list[int | None]) -> Any:
        take_back(view, ctx.triggered_id if ctx.triggered and ctx.triggered[0]["value"] else None)
        return no_update
