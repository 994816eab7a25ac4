"""Short messages in the shell's toast region; screen readers hear them, and they leave by themselves."""

from __future__ import annotations

from dash import dcc, html, set_props

from webapp.ui.components import Child, Tone, aria, icon

NOTICE = "notice"
_ICONS = {
    "neutral": "info-circle",
    "info": "info-circle",
    "good": "check-circle-fill",
    "warn": "exclamation-triangle-fill",
    "bad": "x-circle-fill",
}


def notice(text: str, tone: Tone = "neutral", *, link: tuple[str, str] | None = None) -> html.Div:
    """One toast; `link` is (what it says, where it leads)."""
    words: list[Child] = [text]
    if link is not None:
        words += [" ", dcc.Link(link[0], href=link[1])]
    close = html.Button(
        icon("x-lg"), type="button", className="btn btn-ghost btn-icon btn-sm sc-toast-close", **aria(label="Close this message")
    )
    return html.Div([icon(_ICONS[tone]), html.Div(words, className="w"), close], className=f"sc-toast {tone}")


def notify(text: str, tone: Tone = "neutral", *, link: tuple[str, str] | None = None) -> None:
    """Show a toast with the answer of the running callback."""
    set_props(NOTICE, {"children": notice(text, tone, link=link)})


def refuse(message: str) -> None:
    """Show why something was not done: what `Callbacks` says a refusal with."""
    notify(message, "warn")
