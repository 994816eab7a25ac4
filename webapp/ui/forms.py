"""Form fields with labels and errors, and dialogs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, html
from dash.development.base_component import Component

from webapp.edge import Callbacks
from webapp.ui.components import Child, Children, button, hidden_text


def field(label: str, control: Component, *, help_text: Children = None, error_id: Any = None, optional: bool = False) -> html.Div:
    """A control under its label; `error_id` names the place where a callback puts what is wrong with it."""
    name: list[Child] = [label]
    if optional:
        name.append(html.Span(" (optional)", className="sc-optional"))
    parts: list[Child] = [html.Label([html.Span(name, className="form-label"), control], className="sc-field-label")]
    if help_text is not None:
        parts.append(html.Div(help_text, className="form-text"))
    if error_id is not None:
        parts.append(html.Div(id=error_id, className="sc-field-error", role="alert"))
    return html.Div(parts, className="sc-field")


def text_input(id: Any, *, value: str = "", placeholder: str = "", max_length: int = 120, **props: Any) -> dbc.Input:
    return dbc.Input(id=id, type="text", value=value, placeholder=placeholder, maxlength=max_length, autocomplete="off", **props)


def text_area(id: Any, *, value: str = "", max_length: int = 2_000, rows: int = 3, **props: Any) -> dbc.Textarea:
    """Text of several lines: Enter begins a new one."""
    return dbc.Textarea(id=id, value=value, maxlength=max_length, rows=rows, submit_on_enter=False, **props)


def number_input(id: Any, *, value: int | None = None, low: int | None = None, high: int | None = None, **props: Any) -> dbc.Input:
    return dbc.Input(id=id, type="number", value=value, min=low, max=high, step=1, inputmode="numeric", **props)


def date_input(id: Any, *, value: str | None = None, **props: Any) -> dbc.Input:
    """The browser's own date field; its value is ISO text."""
    return dbc.Input(id=id, type="date", value=value, **props)


def select(
    id: Any, options: Mapping[str, str] | Sequence[str], *, value: str | None = None, small: bool = False, **props: Any
) -> dbc.Select:
    """A list to choose one from; a mapping gives value -> text."""
    size = {"size": "sm"} if small else {}
    return dbc.Select(id=id, options=choices(options), value=value, **size, **props)


def choices(options: Mapping[str, str] | Sequence[str]) -> list[dict[str, str]]:
    """The options of a `select` as the browser has them."""
    pairs = options.items() if isinstance(options, Mapping) else [(option, option) for option in options]
    return [{"value": key, "label": text} for key, text in pairs]


def labelled(label: str, control: Component) -> html.Label:
    """A control in a table or toolbar, whose label only screen readers hear."""
    return html.Label([hidden_text(label), control], className="sc-labelled")


def dialog(
    id: Any,
    title: str,
    body: Children,
    confirm: Component | None,
    *,
    cancel_id: Any,
    cancel_text: str = "Cancel",
    note: Children = None,
    opened: bool = False,
) -> Component:
    """A dialog with one primary action, or none; Escape, the cross and Cancel close it (`cancel_id` through a client-side callback)."""
    heading = f"{id}-title"
    foot: list[Child] = [html.Div(note, className="form-text me-auto")] if note is not None else []
    shown: Component = dbc.Modal(
        [
            dbc.ModalHeader(html.H2(title, id=heading, className="modal-title"), close_button=True),
            dbc.ModalBody(body),
            dbc.ModalFooter([*foot, button(cancel_text, id=cancel_id, kind="ghost"), confirm]),
        ],
        id=id,
        is_open=opened,
        centered=True,
        labelledby=heading,
        fade=False,
    )
    return shown


def register_asking(callbacks: Callbacks, ask: str, opens: Any, cancel: str) -> None:
    """Have the browser open the dialog `ask` that stands on the page, by the button (or buttons) `opens`, and close it by `cancel`."""
    shown, pressed = ClientsideFunction("shell", "openDialog"), (Input(opens, "n_clicks"), Input(cancel, "n_clicks"))
    callbacks.clientside(shown, Output(ask, "is_open"), *pressed, prevent_initial_call=True)
