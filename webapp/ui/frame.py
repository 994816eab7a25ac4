"""Navigation and context: where one is, what there is, and which version every figure below speaks of."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.services.access import Permission
from webapp.services.data import datasets
from webapp.services.data.datasets import DatasetSummary
from webapp.services.modelling import versions
from webapp.services.modelling.versions import VersionSummary
from webapp.services.people import users
from webapp.services.people.users import TeamChoice
from webapp.services.work import jobs
from webapp.ui.components import Child, Children, aria, as_list, badge, data, hidden_text, icon, menu
from webapp.ui.format import number
from webapp.ui.help import GO, help_button
from webapp.ui.page import Page
from webapp.ui.places import (
    Place,
    account_address,
    address,
    home_address,
    models_address,
    new_address,
    new_team_address,
    segments_address,
    team_address,
    team_page_address,
)

GROUPS = ("", "Understand", "Act", "Model", "Manage")
VERSIONED = ("segments", "customers", "customer", "models")
"""Pages whose figures follow `?v=`, or on the page of one model its number."""


def show_frame(view: View, page: Page | None, pages: Sequence[Page]) -> tuple[Component | list[Component], ...]:
    """Navigation (twice: side and drawer), the context menus, the user's menu."""
    known = datasets.list_datasets(view.session, view.actor)
    current = next((dataset for dataset in known if dataset.slug == view.dataset), None)
    place = Place(view.actor.team_slug, current.slug if current else None, view.page, view.item, view.query)
    counts = _counts(view, current)
    listed = versions.list_versions(view.session, view.actor, current.slug) if current else ()
    teams = users.list_teams(view.session, view.actor.user_id) if view.actor.user_id else ()
    context = [_team_menu(view, teams, alone=not known), *_dataset_menu(view, known, current), *_version_menu(view, place, listed)]
    open_to = [item for item in pages if view.actor.may(item.needs)]
    return navigation(open_to, place, page, counts), navigation(open_to, place, page, counts, brand=False), context, user_menu(view)


COUNTED = {"segments": "Segments of the champion", "models": "The champion"}
"""What a figure in the navigation counts, where a page can show something else."""


def navigation(pages: Sequence[Page], place: Place, page: Page | None, counts: dict[str, str], *, brand: bool = True) -> html.Div:
    """The pages that there are for this dataset, in groups; without a dataset those of the team."""
    lit = (page.under or page.name) if page else None
    parts: list[Child] = [_brand(place)] if brand else []
    for group in GROUPS:
        shown = [item for item in pages if item.group == group and item.icon and (place.dataset or item.team_wide)]
        if group and shown:
            parts.append(html.Div(group, className="sc-nav-group"))
        parts += [_nav_item(item, place, lit, counts.get(item.name)) for item in shown]
    return html.Div([html.Div(parts, className="sc-nav-items"), help_button("side" if brand else "drawer")], className="sc-nav-all")


def _nav_item(page: Page, place: Place, lit: str | None, count: str | None) -> html.A:
    parts: list[Child] = [icon(page.icon or ""), html.Span(page.title, className="lbl")]
    if count is not None:
        parts.append(html.Span(count, className="end", title=COUNTED.get(page.name)))
    active = page.name == lit
    more = {**(aria(current="page") if active else {}), **(data(go=GO[page.name]) if page.name in GO else {})}
    # A plain link, because dcc.Link takes no aria-current; `sc-go` lets shell.js change the page without a reload.
    class_name = "item sc-go active" if active else "item sc-go"
    return html.A(parts, href=address(place.team, place.dataset, page.path), className=class_name, title=page.title, **more)


def _brand(place: Place) -> dcc.Link:
    words = html.Span(["SmartCart ", html.Small("Segments")], className="lbl")
    return dcc.Link(
        [html.Span(className="sc-logo", **aria(hidden="true")), words],
        href=team_address(place.team),
        className="sc-brand",
        title="SmartCart Segments",
    )


def _counts(view: View, dataset: DatasetSummary | None) -> dict[str, str]:
    if dataset is None:
        return {}
    active = sum(job.status in ("queued", "running") for job in jobs.list_jobs(view.session, view.actor, dataset.slug, limit=20))
    counts = {
        "segments": number(dataset.segments),
        "customers": number(dataset.customers),
        "campaigns": number(dataset.campaigns),
        "jobs": number(active),
    }
    shown = {name: count for name, count in counts.items() if count != "0"}
    return {**shown, "models": f"v{dataset.champion}"} if dataset.champion else shown


def _team_menu(view: View, teams: Sequence[TeamChoice], *, alone: bool) -> Component:
    initial = html.Span(view.actor.team_name[:1].upper(), className="sc-team-mark", **aria(hidden="true"))
    room = "" if alone else " sc-hide-sm"  # on a phone the team's name stands only where no dataset needs the room
    team_name = html.Span(view.actor.team_name, className=f"sc-clip{room}", title=view.actor.team_name)
    manage = _manage_items(view)
    if len(teams) < 2 and not manage:
        return html.Span([initial, team_name], className=f"sc-ctx-item{room}")
    items = [_choice(team.name, team_address(team.slug), current=team.slug == view.actor.team_slug) for team in teams]
    return menu([hidden_text("Team: "), initial, team_name, icon("chevron-expand")], [*items, *manage])


def _manage_items(view: View) -> list[Component]:
    """For admins: who is in this team, and another team of one's own."""
    if not view.actor.may(Permission.MANAGE_TEAM):
        return []
    team = view.actor.team_slug
    own = dbc.DropdownMenuItem([icon("people"), "Manage team"], href=team_page_address(team, view.dataset))
    return [dbc.DropdownMenuItem(divider=True), own, dbc.DropdownMenuItem([icon("plus-lg"), "New team"], href=new_team_address(team))]


def _dataset_menu(view: View, known: Sequence[DatasetSummary], current: DatasetSummary | None) -> list[Component]:
    if not known:
        return []
    team = view.actor.team_slug
    items = [_choice(item.name, home_address(team, item.slug), current=item is current) for item in known]
    if view.actor.may(Permission.IMPORT):
        items += [dbc.DropdownMenuItem(divider=True), dbc.DropdownMenuItem([icon("plus-lg"), "New dataset"], href=new_address(team))]
    label = current.name if current else "Choose a dataset"
    return [_separator(first=True), menu([hidden_text("Dataset: "), html.Span(label, className="sc-clip"), icon("chevron-expand")], items)]


def _version_menu(view: View, place: Place, listed: Sequence[VersionSummary]) -> list[Component]:
    """Versions to choose from; viewers see the segments of the champion only, and of others what Models tells."""
    every = place.page == "models" or view.actor.may(Permission.VIEW_CUSTOMERS)
    ready = [version for version in listed if version.status == "ready" and (every or version.champion)]
    asked = place.item if place.page == "models" else place.query.get("v")
    shown = next((version for version in ready if str(version.number) == asked), None) if place.page in VERSIONED else None
    shown = shown or next((version for version in ready if version.champion), None)
    if shown is None or place.dataset is None:
        return []
    label: list[Child] = [hidden_text("Version: "), f"v{shown.number}", _version_badge(shown), icon("chevron-expand")]
    items = [
        _choice([f"v{version.number}", _version_badge(version)], _version_address(place, version), current=version is shown)
        for version in ready
    ]
    return [_separator(), menu(label, items)]


def _choice(words: Children, href: str, *, current: bool) -> Component:
    """An entry of a context menu; the one that is shown now is ticked, and said to be."""
    said = [icon("check-lg"), hidden_text(" (shown now)")] if current else [html.Span(className="sc-no-tick")]
    # Not `active`: that would be said as a selected option, which a link is not.
    looks = "sc-current" if current else ""
    entry: Component = dbc.DropdownMenuItem([said[0], *as_list(_clipped(words)), *said[1:]], href=href, class_name=looks)
    return entry


def _clipped(words: Children) -> Children:
    return html.Span(words, className="sc-clip", title=words) if isinstance(words, str) else words


def _version_badge(version: VersionSummary) -> Component:
    return (
        badge("Champion", "good") if version.champion else badge("Earlier or candidate", title="Not the version that the team works with")
    )


def _version_address(place: Place, version: VersionSummary) -> str:
    asked = None if version.champion else version.number
    if place.page == "models":
        return models_address(place.team, place.dataset or "", version=version.number)
    if place.page in VERSIONED:
        kept = {name: place.query.get(name) for name in ("tab", "key", "f", "q")}
        return address(place.team, place.dataset, place.page, place.item, v=asked, **kept)
    return segments_address(place.team, place.dataset or "", version=asked)


def _separator(*, first: bool = False) -> html.Span:
    return html.Span("/", className="sep sc-hide-sm" if first else "sep", **aria(hidden="true"))


def user_menu(view: View) -> Component:
    """Who is signed in, with which role, and the way out (a form that posts, with the token that `shell.js` adds)."""
    initials = "".join(part[:1] for part in view.actor.name.split("@")[0].replace("_", ".").split(".")[:2]).upper()
    who = html.Div(
        [html.B(view.actor.name), html.Span(f"{view.actor.role.capitalize()} of {view.actor.team_name}")], className="sc-user-card"
    )
    leave = html.Form(
        html.Button([icon("box-arrow-right"), "Sign out"], type="submit", className="dropdown-item"),
        action="/logout",
        method="POST",
        className="sc-csrf",
    )
    label = [html.Span(initials, className="sc-avatar", **aria(hidden="true")), hidden_text(f"Your account, {view.actor.name}")]
    account = dbc.DropdownMenuItem([icon("person"), "Your account"], href=account_address(view.actor.team_slug, view.dataset))
    return menu(label, [who, dbc.DropdownMenuItem(divider=True), account, leave], toggle_class="btn-ghost sc-avatar-button", end=True)
