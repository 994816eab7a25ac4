"""The table of versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.models.actions import challenge_button, promote_button, segments_button
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.versions import VersionSummary
from webapp.ui.components import Child, badge, card
from webapp.ui.format import MISSING, by, exact_time, number, relative_time
from webapp.ui.places import models_address
from webapp.ui.tables import Column, table
from webapp.ui.terms import REPEATABILITY, SEPARATION
from webapp.ui.wording import verdict_badge, version_badge


def versions_card(view: View, listed: Sequence[VersionSummary]) -> html.Section:
    """All versions, newest first, with the figures that tell them apart."""
    now = datetime.now(UTC)
    columns: list[Column[VersionSummary]] = [
        Column("Version", lambda item: _name(view, item, now)),
        Column("State", lambda item: _state(item)),
        Column("Method", lambda item: f"{algorithm_name(item.algorithm)}, seed {item.seed}", wide=True),
        Column("Segments", lambda item: number(item.k), numeric=True, wide=True),
        Column("Verdict", lambda item: verdict_badge(item.verdict) if item.verdict else MISSING, wide=True),
        Column(
            "Separation",
            lambda item: _figure(item, "silhouette"),
            numeric=True,
            wide=True,
            title=SEPARATION.title,
        ),
        Column(
            "Repeatability",
            lambda item: _figure(item, "stability_ari"),
            numeric=True,
            wide=True,
            title=REPEATABILITY.title,
        ),
        Column("Actions", lambda item: _actions(view, item), numeric=True, hide_head=True),
    ]
    body = table(columns, listed, caption="Versions, newest first", class_name="sc-nowrap", pick=lambda item: item.champion, listed=True)
    return card("Versions", "Immutable once fitted. The champion is the one that pages and exports use.", body, flush=True)


def _name(view: View, item: VersionSummary, now: datetime) -> list[Child]:
    link = dcc.Link(f"v{item.number}", href=models_address(view.actor.team_slug, view.dataset or "", version=item.number))
    made = html.Span(relative_time(item.created_at, now), title=f"{exact_time(item.created_at)}, {by(item.created_by)}")
    under = html.Span([f"snapshot {item.snapshot}, ", made], className="sc-under")
    return [link, under, html.Span(item.note, className="sc-under sc-cut", title=item.note)] if item.note else [link, under]


def _state(item: VersionSummary) -> Component:
    state = version_state(item)
    if item.status == "failed" and item.status_message:
        return html.Div([state, html.Span(item.status_message, className="sc-under sc-clamp", title=item.status_message)])
    return state


def version_state(item: VersionSummary) -> Component:
    """What a version is to its team, else how far it is; and whether it is kept."""
    state = badge("Champion", "good") if item.champion else badge("Challenger", "info", "flag") if item.challenger else None
    shown = state or version_badge(item.status)
    return html.Span([shown, badge("Kept", icon_name="pin-angle", title="Never removed")], className="sc-badges") if item.pinned else shown


def _figure(item: VersionSummary, name: str) -> str:
    return number(item.figures.get(name), 2)


def _actions(view: View, item: VersionSummary) -> Component | None:
    parts = [
        challenge_button(view, item, small=True),
        segments_button(view, item, small=True) if item.status == "ready" else None,
        promote_button(view, item, small=True),
    ]
    return html.Div(parts, className="sc-actions") if any(parts) else None
