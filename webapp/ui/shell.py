"""The frame around every page: navigation, the context of every figure, jobs, theme, user; and the router that fills it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import has_request_context, request

from webapp.edge import Callbacks, Display, View
from webapp.services.access import Permission
from webapp.ui import bell, frame, help, jobs, notices, recluster, search, states
from webapp.ui.components import aria, icon, icon_button
from webapp.ui.page import Page, find_page
from webapp.ui.places import Place, parse_path

__all__ = ["Ids", "Page", "Place", "build_layout", "find_page", "register", "show_page"]

PRODUCT = "SmartCart Segments"


class Ids(StrEnum):
    """Parts of the shell that pages and the edge speak to."""

    ADDRESS = "address"
    DISPLAY = "display"
    PULSE = "pulse"
    NOTICE = "notice"
    PAGE = "page"
    TITLE = "title"
    NAV = "nav"
    DRAWER = "drawer"
    DRAWER_NAV = "drawer-nav"
    DRAWER_OPEN = "drawer-open"
    CONTEXT = "context"
    USER = "user"
    THEME = "theme"
    HERE = "here"


def build_layout(pages: Sequence[Page]) -> Callable[[], Component]:
    """The shell as a function that Dash calls for each visit; it reads the visitor's theme and width, nothing else."""

    def layout() -> Component:
        display = Display.from_cookies(request.cookies) if has_request_context() else Display()
        return html.Div([html.A("Skip to content", href="#main", className="sc-skip"), *_stores(display), _body(), *_layers(pages)])

    return layout


def _stores(display: Display) -> list[Component]:
    return [
        dcc.Location(id=Ids.ADDRESS, refresh="callback-nav"),
        dcc.Store(id=Ids.DISPLAY, data=asdict(display)),
        dcc.Store(id=Ids.PULSE),
        dcc.Store(id=Ids.TITLE),
        *jobs.stores(),
    ]


def _body() -> html.Div:
    column = html.Div([_top(), html.Div(id=jobs.Ids.BAR, className="sc-jobbar-place"), _main()], className="sc-column")
    navigation = html.Nav(html.Div(id=Ids.NAV, className="sc-nav-in"), className="sc-nav", **aria(label="Main"))
    return html.Div([navigation, column], className="sc-shell")


def _top() -> html.Header:
    tools = html.Div(
        [
            bell.bell_menu(),
            html.Button(
                [icon("moon", tone="when-light"), icon("sun", tone="when-dark")],
                id=Ids.THEME,
                type="button",
                className="btn btn-ghost btn-icon",
                title="Light or dark",
                **aria(label="Switch between light and dark"),
            ),
            html.Div(id=Ids.USER),
        ],
        className="sc-topr",
    )
    opener = icon_button("list", "Open the navigation", id=Ids.DRAWER_OPEN, className="sc-only-sm")
    here = html.Span(id=Ids.HERE, className="sc-here sc-only-sm")
    return html.Header([opener, here, html.Div(id=Ids.CONTEXT, className="sc-ctx"), search.search_box(), tools], className="sc-top")


def _main() -> html.Main:
    return html.Main(
        [
            html.Div(id=Ids.PAGE),
            html.Div(states.missing_page(), className="sc-when-missing"),
            html.Div(states.changed_role(), className="sc-when-refused"),
            html.Div(states.failed_page(), className="sc-when-failed"),
            html.Div(states.blocked_page(), className="sc-when-blocked"),
        ],
        id="main",
        className="sc-main",
        tabIndex="-1",
    )


def _layers(pages: Sequence[Page]) -> list[Component]:
    heading = f"{Ids.DRAWER}-title"
    drawer = dbc.Offcanvas(
        html.Nav(id=Ids.DRAWER_NAV, className="sc-drawer-nav", **aria(label="Main")),
        id=Ids.DRAWER,
        title=html.Span(PRODUCT, id=heading),
        labelledby=heading,
        is_open=False,
        placement="start",
    )
    notices = html.Div(id=Ids.NOTICE, className="sc-notices", role="status", **aria(live="polite"))
    return [drawer, recluster.recluster_dialog(), help.help_dialog(pages), notices, states.connection_banner()]


def show_page(view: View, pages: Sequence[Page]) -> tuple[Component, str, str]:
    """The layout of the page at the visitor's address, the document's title, and the page's name for a phone's top bar."""
    place = parse_path(view.path)
    page = find_page(pages, place)
    if page is None or place is None:
        return states.missing_page(), f"Nothing here · {PRODUCT}", ""
    content = page.layout(place) if view.actor.may(page.needs) else states.refused_page(view, page)
    return html.Div(content, key=view.path), f"{page.title} · {PRODUCT}", page.title


def register(callbacks: Callbacks, pages: Sequence[Page]) -> None:
    """Declare the shell's callbacks and those of every page."""

    @callbacks.on(
        Output(Ids.PAGE, "children"),
        Output(Ids.TITLE, "data"),
        Output(Ids.HERE, "children"),
        Input(Ids.ADDRESS, "pathname"),
        needs=Permission.VIEW,
    )
    def route(view: View, _path: str) -> tuple[Component, str, str]:
        return show_page(view, pages)

    @callbacks.on(
        Output(Ids.NAV, "children"),
        Output(Ids.DRAWER_NAV, "children"),
        Output(Ids.CONTEXT, "children"),
        Output(Ids.USER, "children"),
        Input(Ids.ADDRESS, "pathname"),
        Input(Ids.ADDRESS, "search"),
        Input(Ids.PULSE, "data"),
        Input(notices.NOTICE, "children"),  # whatever somebody did is said in a notice, and may have changed a count
        needs=Permission.VIEW,
    )
    def frame_of(view: View, _path: str, _search: str, _pulse: object, _notice: object) -> tuple[Component | list[Component], ...]:
        return frame.show_frame(view, find_page(pages, parse_path(view.path)), pages)

    _clientside(callbacks)
    jobs.register(callbacks)
    recluster.register(callbacks)
    help.register(callbacks)
    search.register(callbacks, pages)
    for page in pages:
        page.register(callbacks)


def _clientside(callbacks: Callbacks) -> None:
    shell = "shell"
    callbacks.clientside(
        ClientsideFunction(shell, "toggleTheme"),
        Output(Ids.DISPLAY, "data"),
        Input(Ids.THEME, "n_clicks"),
        State(Ids.DISPLAY, "data"),
        prevent_initial_call=True,
    )
    callbacks.clientside(
        ClientsideFunction(shell, "toggleDrawer"),
        Output(Ids.DRAWER, "is_open"),
        Input(Ids.DRAWER_OPEN, "n_clicks"),
        Input(Ids.ADDRESS, "pathname"),
    )
    callbacks.clientside(
        ClientsideFunction(shell, "arrive"), Output(Ids.PAGE, "data-title"), Input(Ids.TITLE, "data"), prevent_initial_call=True
    )
