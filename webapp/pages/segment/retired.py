"""A segment that the champion does not have: its page shows the last version that had it, and says where its customers went."""

from __future__ import annotations

from dataclasses import replace

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.segmenting import retired
from webapp.services.segmenting.retired import RetiredSegment
from webapp.ui.components import Child, empty_state, icon, segment_label
from webapp.ui.places import segment_address, segments_address
from webapp.ui.segments_ui import asked_version


def read_retired(view: View) -> RetiredSegment | None:
    """What became of the segment in the address; None where the champion has it."""
    return retired.find_retired(view.session, view.actor, view.dataset or "", view.item or "")


def settled(view: View, gone: RetiredSegment | None) -> View:
    """The view as if its address named the last version with a retired segment, where it names none."""
    if gone is None or gone.last is None or asked_version(view.query):
        return view
    return replace(view, query={**view.query, "v": str(gone.last)})


def retired_note(view: View, gone: RetiredSegment) -> Component:
    """Since when it is retired, in which version it is seen, and where its customers are."""
    seen = f" You see it as version {asked_version(view.query)} found it."
    return html.P([icon("slash-circle"), html.Span([since_words(gone), seen, *_went(view, gone)])], className="sc-filter-note sc-stack")


def since_words(gone: RetiredSegment) -> str:
    """`Retired since version 3.`"""
    return f"Retired since version {gone.since}." if gone.since else "The champion does not have this segment."


def _went(view: View, gone: RetiredSegment) -> list[Child]:
    if not gone.successors:
        return [" Its customers went to no segment of today in particular."] if gone.since else []
    team, dataset = view.actor.team_slug, view.dataset or ""
    links = [dcc.Link(segment_label(each), href=segment_address(team, dataset, each.key)) for each in gone.successors]
    listed = [part for link in links for part in (", ", link)][1:]
    return [" It was merged into " if gone.merged else " Its customers went to ", *listed, "."]


def without_profile(view: View, gone: RetiredSegment) -> html.Div:
    """In place of a profile that is gone, or that viewers do not read: what became of the segment."""
    reads_versions = view.actor.may(Permission.VIEW_CUSTOMERS)
    why = "No version with it is kept." if reads_versions else "Viewers see the champion's segments, and it is none of them any more."
    link = html.A(
        "See the segments of today", href=segments_address(view.actor.team_slug, view.dataset or ""), className="btn btn-secondary"
    )
    text = html.Span([since_words(gone), *_went(view, gone), f" {why}"])
    state = empty_state("slash-circle", "This segment is retired", text, link)
    return html.Div([html.Div(html.H1(gone.style.name, tabIndex="-1"), className="sc-head"), html.Section(state, className="sc-card")])
