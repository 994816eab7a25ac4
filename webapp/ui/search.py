"""Search in the top bar: a field, and a list of what fits, reached with `/` and walked with the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from webapp.edge import Callbacks, View
from webapp.edge.places import ACCOUNT, NEW, TEAM
from webapp.services import search
from webapp.services.access import Permission
from webapp.services.search import SegmentHit
from webapp.ui.campaign_form import STATUS_WORDS
from webapp.ui.components import Child, aria, badge, hidden_text, icon, icon_button, segment_mark
from webapp.ui.format import count
from webapp.ui.forms import labelled, text_input
from webapp.ui.page import Page
from webapp.ui.places import address, audience_address, campaign_address, customer_address, home_address, segment_address

PAGE_WORDS = {
    "home": "start overview dashboard checklist tiles",
    "segments": "groups clusters heat map personas profile share spend",
    "customers": "people persons rows list grid filter export",
    "data": "upload import file csv excel snapshot quality columns outlier drift correlation legal basis consent currency undo",
    "explore": "rfm recency frequency monetary distribution outcome histogram",
    "campaigns": "plan calendar tag email action channel archive",
    "audiences": "frozen list save selection flow export mailing download",
    "lab": "sweep number of segments k elbow silhouette gap compare algorithms method",
    "models": "versions champion promote roll back rollback compare figures model card",
    "compare": "versions difference sankey moved drift",
    "jobs": "queue progress work log failed running cancel history",
    "team": "members users people roles invite invitation token api audit log permission access",
    "account": "password name profile my own sign in",
    "new": "upload import file csv dataset create",
}
"""What people type who look for a page, beside its title."""
FEWEST_LETTERS = 3
"""Before that, a page is found by its title alone: everything begins with some letter."""
WITHOUT_ICON = frozenset({ACCOUNT, NEW, TEAM})
"""Pages that stand alone though the navigation does not show them."""
HINT = "Segments, campaigns, audiences, pages and datasets by name"


class Ids(StrEnum):
    PLACE = "search"
    TEXT = "search-text"
    ASKED = "search-asked"
    RESULTS = "search-results"
    COUNT = "search-count"


def search_box() -> html.Div:
    """The field with its list; on a phone a button that opens both as a sheet. search.js does what keys and pointer ask for."""
    field = html.Div(
        [
            icon("search"),
            labelled("Search", text_input(Ids.TEXT, placeholder="Search", max_length=search.LONGEST, class_name="sc-search-text")),
            html.Kbd("/", className="sc-kbd sc-hide-sm", **aria(hidden="true")),
            icon_button("x-lg", "Close the search", className="sc-only-sm sc-search-close"),
        ],
        className="sc-search",
    )
    results = html.Div(id=Ids.RESULTS, className="sc-search-results", role="listbox", **aria(label="What was found"))
    sheet = html.Div(
        [field, html.Div([results, html.Div(id=Ids.COUNT, className="sc-search-count", role="status")], className="sc-search-pop")],
        className="sc-search-sheet",
    )
    opener = icon_button("search", "Search", className="sc-only-sm sc-search-open")
    return html.Div([opener, sheet, dcc.Store(id=Ids.ASKED)], id=Ids.PLACE, className="sc-search-place", role="search")


def show_found(view: View, text: str, pages: Sequence[Page]) -> tuple[list[Child], list[Child]]:
    """What fits `text`, in groups of options, and how much that is in words."""
    wanted = search.clean_text(text)
    if not wanted:
        return [], [f"{HINT}{'; customers by their key' if view.actor.may(Permission.VIEW_CUSTOMERS) else ''}."]
    groups = [(title, hits) for title, hits in _groups(view, wanted, pages) if hits]
    shown = sum(len(hits) for _, hits in groups)
    if not shown:
        return [], [f"Nothing is called “{wanted}”. {_looked_at(view)}"]
    more = " More may fit: type on." if any(len(hits) == search.MOST for _, hits in groups) else ""
    keys = html.Span(" Arrow keys choose, Enter opens.", className="sc-hide-sm")
    return [_group(title, hits) for title, hits in groups], [f"{count(shown, 'result')}.{more}", keys]


def _looked_at(view: View) -> str:
    if view.actor.may(Permission.VIEW_CUSTOMERS):
        return f"Looked at: {HINT[:1].lower()}{HINT[1:]}, and the beginnings of customer keys."
    return f"Looked at: {HINT[:1].lower()}{HINT[1:]}. Customers are for marketers, analysts and admins."


def _groups(view: View, wanted: str, pages: Sequence[Page]) -> list[tuple[str, list[Component]]]:
    found = search.search_everything(view.session, view.actor, view.dataset, wanted)
    team, dataset = view.actor.team_slug, view.dataset or ""
    return [
        ("Segments", [_segment(team, dataset, hit) for hit in found.segments]),
        ("Customers", [_option("person", key, customer_address(team, dataset, key), note="Customer") for key in found.customers]),
        (
            "Campaigns",
            [
                _option("megaphone", hit.name, campaign_address(team, dataset, hit.id), note=STATUS_WORDS.get(hit.status, hit.status))
                for hit in found.campaigns
            ],
        ),
        (
            "Audiences",
            [
                _option("bookmark", hit.name, audience_address(team, dataset, hit.id), note="Audience" if hit.live else "Archived")
                for hit in found.audiences
            ],
        ),
        ("Pages", [_page(view, page) for page in find_pages(view, wanted, pages)]),
        ("Datasets", [_option("database", hit.name, home_address(team, hit.slug), note="Dataset") for hit in found.datasets]),
    ]


def find_pages(view: View, wanted: str, pages: Sequence[Page]) -> list[Page]:
    """The pages that the actor may open from here and whose title, or what people type for them, fits."""
    can_stand = sorted(
        (page for page in pages if not page.item and (page.icon or page.path in WITHOUT_ICON)), key=lambda page: not page.icon
    )
    open_to = [page for page in can_stand if view.actor.may(page.needs) and (view.dataset or _needs_no_dataset(page))]
    by_words = len(wanted) >= FEWEST_LETTERS

    def names(page: Page) -> list[str]:
        return [page.title, f"{page.title} {PAGE_WORDS.get(page.name, '')}"] if by_words else [page.title]

    return search.best(open_to, names, wanted)


def _needs_no_dataset(page: Page) -> bool:
    return page.team_wide or page.path in WITHOUT_ICON


def _page(view: View, page: Page) -> Component:
    where = None if page.path == NEW else view.dataset
    return _option(page.icon or "file-earmark", page.title, address(view.actor.team_slug, where, page.path), note="Page")


def _segment(team: str, dataset: str, hit: SegmentHit) -> Component:
    note: Child = None
    if hit.version is not None:
        word = "Retired" if hit.earlier else "Not promoted"
        note = badge(f"{word}, v{hit.version}", title=f"Not among the champion's segments; version {hit.version} has it.")
    return _option(
        segment_mark(hit.style.slot), hit.style.name, segment_address(team, dataset, hit.style.key, version=hit.version), note=note
    )


def _option(sign: Component | str, name: str, href: str, *, note: Child = None) -> html.A:
    """One hit. It is a link, so that it opens in a new tab as links do; the field keeps the focus and names it as the chosen one."""
    parts: list[Child] = [icon(sign) if isinstance(sign, str) else sign, html.Span(name, className="what")]
    if note is not None:
        parts.append(html.Span([hidden_text(", "), note] if isinstance(note, str) else note, className="end"))
    return html.A(parts, href=href, className="sc-hit sc-go", role="option", tabIndex="-1", **aria(selected="false"))


def _group(title: str, hits: list[Component]) -> html.Div:
    heading = html.Div(title, className="sc-hit-group", **aria(hidden="true"))
    return html.Div([heading, *hits], role="group", **aria(label=title))


def register(callbacks: Callbacks, pages: Sequence[Page]) -> None:
    @callbacks.on(
        Output(Ids.RESULTS, "children"),
        Output(Ids.COUNT, "children"),
        Input(Ids.ASKED, "data"),
        needs=Permission.VIEW,
        prevent_initial_call=True,
    )
    def found(view: View, text: Any) -> tuple[list[Child], list[Child]]:
        return show_found(view, text if isinstance(text, str) else "", pages)
