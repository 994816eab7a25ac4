"""Bring a file: choose or drop it, see it go up, be told the limit beforehand (`assets/upload.js` does the sending)."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.ui.components import Child, aria, button, data, icon
from webapp.ui.format import number
from webapp.ui.forms import field, text_input
from webapp.ui.places import upload_address


def upload_form(view: View, *, dataset: str | None) -> Component:
    """A drop zone and a button; into `dataset`, or into a new one whose name is asked for."""
    limit = view.resources.config.upload_megabytes
    told = f"CSV, Excel or Parquet: a row for each customer, or for each order line. Up to {number(limit)} MB."
    zone = html.Div(
        [
            html.Div(icon("cloud-arrow-up"), className="ic"),
            html.Div(
                [html.B("Drop a file here"), html.Span(told)],
                className="w",
            ),
            button("Choose a file", icon_name="folder2-open", kind="primary", className="sc-upload-choose"),
        ],
        className="sc-drop",
    )
    parts: list[Child] = [zone, _going(), html.Div(className="sc-upload-error", role="alert")]
    if dataset is None:
        control = text_input("new-dataset-name", placeholder="Customers", class_name="sc-upload-name")
        help_text = "Later files go into the same dataset; campaigns and segments belong to it."
        parts.insert(0, field("What to call these customers", control, help_text=help_text))
    target = data(url=upload_address(view.actor.team_slug), limit=str(limit), dataset=dataset or "")
    return html.Div(parts, className="sc-upload", **target)


def _going() -> html.Div:
    bar = html.Div(
        html.Div(html.Div(className="progress-bar"), className="progress"),
        role="progressbar",
        **aria(label="Upload", valuemin="0", valuemax="100"),
    )
    words = html.Div(
        [html.Span(className="sc-upload-words"), button("Cancel", kind="danger", small=True, className="sc-upload-cancel")],
        className="sc-progress-head",
    )
    return html.Div([words, bar], className="sc-upload-going", **aria(live="polite"))
