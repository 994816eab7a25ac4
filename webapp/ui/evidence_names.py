"""Where names of segments crossed: the hint, and the dialog that gives them, all at once, the names that the evidence says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.errors import Conflict
from webapp.services.segmenting import evidence_names
from webapp.services.segmenting.evidence_names import NameChange
from webapp.ui import jobs
from webapp.ui.components import Child, button, icon, segment_label, verdict
from webapp.ui.format import count, listing
from webapp.ui.forms import dialog
from webapp.ui.notices import notify
from webapp.ui.tables import Column, table
from webapp.ui.untag import pressed_id

TITLE = "Rename to what the evidence says"
WHO = "An analyst or admin can rename them."


def crossed_hint(view: View, at: str, version: int, *, mend: bool = True) -> Component | None:
    """Which segments the evidence of a version calls by the name of another, with the way to `mend` it for who may; nothing where none.

    Nothing either where the team chose all of these names: it wants them so, and their pages still say what the evidence does.
    """
    changes = evidence_names.propose_names(view.session, view.actor, view.dataset or "", version=version)
    if all(each.chosen for each in changes):
        return None
    able = view.actor.may(Permission.PROMOTE)
    said = listing([f"{each.style.name} “{each.renamed.name}”" for each in changes])
    text = f"The evidence of version {version} calls {said}. A segment keeps its name from version to version until somebody renames it."
    action = names_button(at, version) if mend and able else None
    return verdict(
        f"Names of segments have crossed in version {version}",
        text if able or not mend else f"{text} {WHO}",
        tone="warn" if mend else "neutral",
        icon_name="shuffle",
        action=action,
    )


def names_button(at: str, version: int, segment: str = "") -> Component:
    """Opens the dialog: for one `segment` of the version, or for all whose names crossed. `at` tells the pages apart."""
    where = {"type": f"{at}-names-open", "version": version, "segment": segment}
    return button(TITLE, id=where, icon_name="pencil", small=True)


def names_dialog(at: str) -> html.Div:
    """Empty until it is opened; it remembers what it showed, so that nothing else is done."""
    confirm = button("Use these names", id=f"{at}-names-confirm", kind="primary")
    body = [html.Div(id=f"{at}-names-body"), html.Div(id=f"{at}-names-error", className="sc-field-error", role="alert")]
    return html.Div([dialog(f"{at}-names", TITLE, body, confirm, cancel_id=f"{at}-names-cancel"), dcc.Store(id=f"{at}-names-seen")])


def names_body(view: View, version: int, changes: Sequence[NameChange]) -> list[Child]:
    """Every name that would change, and first what has to be known before."""
    champion = datasets.show_dataset(view.session, view.actor, view.dataset or "").champion
    beyond = "" if champion in (None, version) else f" Version {champion}, the champion, shows them too."
    told = f"All at once, on every page and in every version. History, on a segment's page, brings names back.{beyond}"
    parts: list[Child] = [html.P(told)]
    if chosen := sum(each.chosen for each in changes):
        text = f" {count(chosen, 'name that would go is one', 'names that would go are ones')} that your team chose."
        parts.append(html.P([icon("exclamation-triangle-fill", tone="wn"), text], className="sc-preview-warn"))
    columns: list[Column[NameChange]] = [
        Column(
            "Now", lambda each: [segment_label(each.style), html.Span("Chosen by your team", className="sc-under") if each.chosen else None]
        ),
        Column(f"By the evidence of version {version}", lambda each: html.Span(each.renamed.name, className="sc-strong")),
    ]
    return [*parts, table(columns, changes, caption="Names now and then", dense=True)]


def open_names(view: View, pressed: Any) -> tuple[Any, Any, Any, Any]:
    """Open the dialog that the pressed button asks for; a notice where there is nothing to rename any more."""
    if pressed is None:
        return (no_update,) * 4
    version, key = pressed["version"], pressed["segment"] or None
    changes = evidence_names.propose_names(view.session, view.actor, view.dataset or "", key=key, version=version)
    if not changes:
        notify("Names are what the evidence says by now.")
        return (no_update,) * 4
    seen = {each.style.key: [each.style.name, each.renamed.name] for each in changes}
    return True, names_body(view, version, changes), "", {"version": version, "segment": key, "names": seen}


def use_names(view: View, clicks: int | None, seen: dict[str, Any] | None) -> tuple[Any, Any]:
    """Rename as the dialog showed; a refusal stays in it."""
    if not clicks or not seen:
        return no_update, no_update
    names = {key: (before, after) for key, (before, after) in seen["names"].items()}
    try:
        evidence_names.accept_names(view.session, view.actor, view.dataset or "", names, key=seen["segment"], version=seen["version"])
    except Conflict as refusal:
        return no_update, refusal.message
    notify(f"{count(len(names), 'segment has', 'segments have')} the name that the evidence says.", "good")
    return False, ""


def register_names(callbacks: Callbacks, at: str, changed: Callable[[dict[str, Any]], None] = jobs.read_again) -> None:
    """Declare the callbacks of the dialog of the page called `at`; `changed` has the page read anew."""

    @callbacks.on(
        Output(f"{at}-names", "is_open"),
        Output(f"{at}-names-body", "children"),
        Output(f"{at}-names-error", "children"),
        Output(f"{at}-names-seen", "data"),
        Input({"type": f"{at}-names-open", "version": ALL, "segment": ALL}, "n_clicks"),
        needs=Permission.PROMOTE,
        prevent_initial_call=True,
    )
    def opened(view: View, _clicks: list[int | None]) -> Any:
        return open_names(view, pressed_id())

    @callbacks.on(
        Output(f"{at}-names", "is_open", allow_duplicate=True),
        Output(f"{at}-names-error", "children", allow_duplicate=True),
        Input(f"{at}-names-confirm", "n_clicks"),
        State(f"{at}-names-seen", "data"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def confirmed(view: View, clicks: int | None, seen: dict[str, Any] | None) -> Any:
        answer = use_names(view, clicks, seen)
        if answer[0] is False:
            changed({"renamed": sorted((seen or {})["names"].items())})
        return answer

    close = ClientsideFunction("shell", "openDialog")
    callbacks.clientside(
        close, Output(f"{at}-names", "is_open", allow_duplicate=True), Input(f"{at}-names-cancel", "n_clicks"), prevent_initial_call=True
    )
