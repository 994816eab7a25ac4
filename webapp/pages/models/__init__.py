"""Models: every version, how it came about, and which one the team works with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.pages.models.ids import CHALLENGE, PIN, PROMOTE, ROLL_BACK, WITHDRAW, Ids
from webapp.pages.models.keeping import chosen_keep, keeping_card, keeping_title, keeping_words
from webapp.pages.models.model import show_model
from webapp.pages.models.over_versions import figures_chart
from webapp.pages.models.pointers import challenger_card, live_card
from webapp.pages.models.preview import preview_body, preview_sentence
from webapp.pages.models.removing import remove
from webapp.pages.models.report import version_verdict
from webapp.pages.models.versions import versions_card
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.modelling import challengers, promotions, retention, versions
from webapp.services.modelling.versions import VersionSummary
from webapp.services.segmenting import segments
from webapp.services.segmenting.promotion_preview import preview_promotion
from webapp.ui.advice import advice_verdict
from webapp.ui.components import Child, button, card, empty_state, page_head, row, skeleton
from webapp.ui.format import count
from webapp.ui.forms import dialog, field, register_asking, text_input
from webapp.ui.jobs import read_again
from webapp.ui.notices import notify
from webapp.ui.page import Page
from webapp.ui.places import Place, data_address, models_address, segments_address
from webapp.ui.recluster import recluster_button

PANEL_HEIGHT = 720
"""Height of the k panel's card while it waits, in pixels."""

PROMOTION = " becomes the champion: pages, exports and new tags speak of its segments from then on. You can roll back in one click."


def layout(_place: Place) -> Component:
    """All versions."""
    return _frame("Models", [skeleton(150), html.Div(className="sc-gap"), skeleton(420)])


def model_layout(_place: Place) -> Component:
    """One version."""
    cards = row((6, skeleton(PANEL_HEIGHT)), (6, skeleton(PANEL_HEIGHT)))
    return _frame("Version", [skeleton(150), html.Div(className="sc-gap"), cards])


def _frame(title: str, waiting: list[Component]) -> Component:
    parts = [html.Div(page_head(title, "Reading what is there…"), id=Ids.HEAD), html.Div(waiting, id=Ids.BODY)]
    stores = [dcc.Store(id=name) for name in (Ids.CHOSEN, Ids.CHAMPION, Ids.ACTED)]
    return html.Div([*parts, *stores, promote_dialog()])


def promote_dialog() -> Component:
    """One for all versions; the browser writes in it which one is meant."""
    body: list[Child] = [
        html.P(
            [
                html.B(id=Ids.WHICH),
                PROMOTION,
            ]
        ),
        html.Div(skeleton(180, label="Looking up what would change"), id=Ids.PREVIEW, className="sc-preview"),
        field(
            "Why",
            text_input(Ids.NOTE, placeholder="Two more months of customers", max_length=500),
            help_text="Kept in the audit log.",
            optional=True,
        ),
    ]
    confirm = button("Promote", id=Ids.CONFIRM, kind="primary", disabled=True)
    return dialog(Ids.DIALOG, "Promote a version", body, confirm, cancel_id=Ids.CANCEL)


def show_models(view: View) -> tuple[Component, list[Child], int | None]:
    """The head, the champion's verdict with all versions, and the champion's number."""
    dataset = datasets.show_dataset(view.session, view.actor, view.dataset or "")
    listed = versions.list_versions(view.session, view.actor, dataset.slug)
    if not listed:
        sub = "A version is one way of grouping your customers, fitted on one snapshot and never altered."
        return page_head("Models", sub), [card(body=_nothing(view, has_customers=bool(dataset.customers)))], None
    sub = f"{count(len(listed), 'version')}. {_champion_words(dataset.champion)}"
    head = page_head("Models", sub, [recluster_button(view.actor, at="models", kind="primary")])
    history = promotions.live_history(view.session, view.actor, dataset.slug)
    target = promotions.rollback_target(view.session, view.actor, dataset.slug)
    keeping = retention.show_keeping(view.session, view.actor, dataset.slug)
    beside, live = challenger_card(view, listed), live_card(view, history, target)
    body: list[Child] = [
        champion_verdict(view, listed),
        advice_verdict(view, at="models"),
        row((5, beside), (7, live)) if beside is not None else row((12, live)),
        row((12, versions_card(view, listed))),
        row((12, figures_chart(view, listed))),
        row((12, keeping_card(view, keeping))),
    ]
    return head, body, dataset.champion


def champion_verdict(view: View, listed: Sequence[VersionSummary]) -> Component | None:
    """What is to be made of the version that the team works with, and the way to its figures."""
    champion = next((version for version in listed if version.champion), None)
    if champion is None:
        return None
    report = versions.show_report(view.session, view.actor, view.dataset or "", champion.number)
    link = button("All its figures", href=models_address(view.actor.team_slug, view.dataset or "", version=champion.number))
    stability = segments.show_stability(view.session, view.actor, view.dataset or "", champion.number)
    return version_verdict(champion, report, stability, link)


def _champion_words(champion: int | None) -> str:
    return f"Your team works with version {champion}." if champion else "None is the champion yet."


def _nothing(view: View, *, has_customers: bool) -> Component:
    if has_customers:
        action = recluster_button(view.actor, at="models", text="Find segments", kind="primary")
        return empty_state("layers", "No version yet", "Find segments once, and the first version stands here with how sure it is.", action)
    action = button("Import customers", href=data_address(view.actor.team_slug, view.dataset or ""), kind="primary")
    return empty_state("layers", "No customers yet", "A model needs customers. Import a file first.", action)


def promote(view: View, clicks: int | None, chosen: int | None, note: str | None, champion: int | None) -> tuple[Any, Any]:
    """Make the chosen version the champion, unless somebody was quicker."""
    if not clicks or chosen is None:
        return no_update, no_update
    done = promotions.promote_version(
        view.session, view.actor, view.dataset or "", chosen, note=note or "", expected=champion, store=view.resources.store
    )
    link = ("See its segments", segments_address(view.actor.team_slug, view.dataset or ""))
    notify(f"Version {done.champion} is the champion now.", "good", link=link)
    read_again({"champion": done.champion})
    return False, ""


def preview(view: View, chosen: int | None) -> tuple[Any, bool, int | None]:
    """What the promotion of `chosen` would change, a button that can be pressed, and the champion that it was compared with."""
    if chosen is None:
        return no_update, True, None
    found = preview_promotion(view.session, view.actor, view.dataset or "", chosen)
    return preview_body(found), False, found.champion


def act(view: View, pressed: dict[str, Any] | None, champion: int | None) -> None:
    """What a button that acts at once is for: its identity says what, and with which version."""
    if pressed is None:
        return
    dataset, number, link = view.dataset or "", int(pressed["version"]), None
    if pressed["type"] == ROLL_BACK:
        said, link = roll_back(view, number, champion)
    elif pressed["type"] == CHALLENGE:
        challengers.set_challenger(view.session, view.actor, dataset, number)
        said = f"Version {number} challenges the champion."
    elif pressed["type"] == WITHDRAW:
        challengers.withdraw_challenger(view.session, view.actor, dataset)
        said = "No version challenges the champion any more."
    else:
        kept = retention.pin_version(view.session, view.actor, dataset, number, pinned=bool(pressed["pinned"])).pinned
        said = f"Version {number} is kept whatever the setting." if kept else f"Version {number} may be removed with the others."
    notify(said, "good", link=link)
    read_again({"version": number, "act": pressed["type"]})


def roll_back(view: View, number: int, champion: int | None) -> tuple[str, tuple[str, str] | None]:
    """Go back to version `number` at once: what that changed in words, and the way to undo it, where a note can say why."""
    changes = preview_sentence(preview_promotion(view.session, view.actor, view.dataset or "", number))
    done = promotions.roll_back(view.session, view.actor, view.dataset or "", expected=champion, store=view.resources.store)
    said = f"Rolled back to version {done.champion}. " + (changes if done.champion == number else "")
    undo = models_address(view.actor.team_slug, view.dataset or "", version=done.previous) if done.previous else None
    return said.strip(), (f"Undo: promote version {done.previous} again", undo) if undo else None


def save_why(view: View, clicks: int | None, note: str | None, champion: int | None) -> None:
    """Keep why the champion was rolled back."""
    if not clicks:
        return
    promotions.note_move(view.session, view.actor, view.dataset or "", note or "", expected=champion)
    notify("The reason stands in the history now.", "good")
    read_again({"noted": champion})


def save_keeping(view: View, clicks: int | None, value: str | None) -> None:
    """Keep as many versions as the list says."""
    if not clicks:
        return
    found = retention.change_keeping(view.session, view.actor, view.dataset or "", chosen_keep(value))
    tail = f" {count(len(found.removed), 'version')} will be removed." if found.removed else ""
    notify(f"{keeping_title(found)}.{tail}", "good")
    read_again({"keep": found.keep})


def plan_keeping(view: View, value: str | None) -> Any:
    """What the list's choice would remove, before anybody saves it."""
    if value is None:
        return no_update
    wanted = chosen_keep(value)
    dataset = view.dataset or ""
    if wanted is None:
        return ["Nothing would be removed."]
    return keeping_words(view, retention.show_keeping(view.session, view.actor, dataset, keep=wanted))


def show(view: View) -> tuple[Component, list[Child], int | None]:
    """The version in the address, or all of them."""
    return show_model(view) if view.item else show_models(view)


def register(callbacks: Callbacks) -> None:
    """Declare the callbacks of the list and of one version."""
    register_reading(callbacks)
    register_promoting(callbacks)
    register_acting(callbacks)
    register_removing(callbacks)


def register_reading(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.HEAD, "children"),
        Output(Ids.BODY, "children"),
        Output(Ids.CHAMPION, "data"),
        Input("pulse", "data"),
        Input("display", "data"),
        needs=Permission.VIEW,
    )
    def body(view: View, _pulse: object, _display: object) -> tuple[Component, list[Child], int | None]:
        return show(view)

    @callbacks.on(Output(Ids.KEEP_PLAN, "children"), Input(Ids.KEEP, "value"), needs=Permission.PROMOTE, prevent_initial_call=True)
    def plan(view: View, value: str | None) -> Any:
        return plan_keeping(view, value)


def register_promoting(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.DIALOG, "is_open", allow_duplicate=True),
        Output(Ids.NOTE, "value"),
        Input(Ids.CONFIRM, "n_clicks"),
        State(Ids.CHOSEN, "data"),
        State(Ids.NOTE, "value"),
        State(Ids.CHAMPION, "data"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def promote_chosen(view: View, clicks: int | None, chosen: int | None, note: str | None, champion: int | None) -> tuple[Any, Any]:
        return promote(view, clicks, chosen, note, champion)

    @callbacks.on(
        Output(Ids.PREVIEW, "children"),
        Output(Ids.CONFIRM, "disabled"),
        Output(Ids.CHAMPION, "data", allow_duplicate=True),
        Input(Ids.CHOSEN, "data"),
        needs=Permission.PROMOTE,
        prevent_initial_call=True,
    )
    def preview_chosen(view: View, chosen: int | None) -> tuple[Any, bool, int | None]:
        return preview(view, chosen)

    callbacks.clientside(
        ClientsideFunction("models", "openPromote"),
        Output(Ids.DIALOG, "is_open"),
        Output(Ids.CHOSEN, "data"),
        Output(Ids.WHICH, "children"),
        Output(Ids.PREVIEW, "children", allow_duplicate=True),
        Output(Ids.CONFIRM, "disabled", allow_duplicate=True),
        Input({"type": PROMOTE, "version": ALL, "at": ALL}, "n_clicks"),
        Input(Ids.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )


def register_acting(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.ACTED, "data"),
        *(Input({"type": kind, "version": ALL}, "n_clicks") for kind in (CHALLENGE, WITHDRAW, ROLL_BACK)),
        Input({"type": PIN, "version": ALL, "pinned": ALL}, "n_clicks"),
        State(Ids.CHAMPION, "data"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def act_at_once(view: View, *values: Any) -> None:
        act(view, ctx.triggered_id if ctx.triggered and ctx.triggered[0]["value"] else None, values[-1])

    @callbacks.on(
        Output(Ids.ACTED, "data", allow_duplicate=True),
        Input(Ids.KEEP_SAVE, "n_clicks"),
        State(Ids.KEEP, "value"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def keep(view: View, clicks: int | None, value: str | None) -> None:
        save_keeping(view, clicks, value)

    @callbacks.on(
        Output(Ids.ACTED, "data", allow_duplicate=True),
        Input(Ids.WHY_SAVE, "n_clicks"),
        State(Ids.WHY, "value"),
        State(Ids.CHAMPION, "data"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def why(view: View, clicks: int | None, note: str | None, champion: int | None) -> None:
        save_why(view, clicks, note, champion)


def register_removing(callbacks: Callbacks) -> None:
    @callbacks.on(
        Output(Ids.ACTED, "data", allow_duplicate=True),
        Input(Ids.REMOVE, "n_clicks"),
        needs=Permission.PROMOTE,
        writes=True,
        prevent_initial_call=True,
    )
    def remove_version(view: View, clicks: int | None) -> Any:
        return remove(view, clicks)

    register_asking(callbacks, Ids.REMOVE_ASK, Ids.REMOVE_OPEN, Ids.REMOVE_CANCEL)


PAGE = Page(name="models", title="Models", path="models", layout=layout, register=register, group="Model", icon="layers")
MODEL_PAGE = Page("model", "Model", "models", model_layout, lambda callbacks: None, item=True, under="models")
"""One version by its number; its callbacks are declared with those of the list."""
