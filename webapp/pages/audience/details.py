"""What an audience is: its head, where it came from, its name and note."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.audience.ids import FORM, Ids
from webapp.services.access import Permission
from webapp.services.browsing.exports import ALL_GONE, why_nobody
from webapp.services.segmenting import audiences
from webapp.services.segmenting.audience_choices import Origin
from webapp.services.segmenting.audience_today import AudienceToday
from webapp.services.segmenting.audiences import AudienceSummary
from webapp.ui import format
from webapp.ui.audiences import audience_fields, moment_words
from webapp.ui.components import Child, Children, badge, button, card, icon, menu, page_head, row
from webapp.ui.places import audience_file_address, audiences_address, customers_address, data_address
from webapp.ui.tables import facts_list

FORMS = {"csv": "CSV", "xlsx": "Excel workbook", "parquet": "Parquet"}


def read_audience(view: View) -> AudienceSummary:
    """The audience in the address; NotFound where the dataset has none such."""
    return audiences.show_audience(view.session, view.actor, view.dataset or "", view.item or "")


def show_head(view: View, now: AudienceToday) -> Component:
    """Name, size, since when; what can be done with it `now`."""
    audience = read_audience(view)
    words = f"{size_words(audience)}, frozen on {format.day(audience.created_at)} by {format.by(audience.created_by)}. "
    why = why_no_file(view, audience, now)
    sub: list[Child] = [words, badge("Archived", icon_name="archive") if audience.archived else None, why]
    crumbs = [("Audiences", audiences_address(view.actor.team_slug, audience.dataset)), (audience.name, None)]
    return page_head(html.Bdi(audience.name), sub, acts(view, audience, leaves=why is None), crumbs=crumbs)


def size_words(audience: AudienceSummary) -> str:
    """`1,240 customers`; for viewers about so many."""
    if audience.size is None:
        return f"{format.customers_or_few(None).capitalize()} customers"
    known = format.count(audience.size, "customer")
    return known if audience.origin else f"About {known}"


def why_no_file(view: View, audience: AudienceSummary, now: AudienceToday) -> Component | None:
    """Why none of those who are still there may leave, and the way to where an admin decides it; None where somebody may."""
    if not view.actor.may(Permission.EXPORT) or now.reachable:
        return None
    if not now.present:
        return html.Span(ALL_GONE, className="sc-under")
    way = None if now.legal_basis else dcc.Link("Open Data", href=data_address(view.actor.team_slug, audience.dataset))
    return html.Span([why_nobody(legal_basis=now.legal_basis), " ", way], className="sc-under")


def acts(view: View, audience: AudienceSummary, *, leaves: bool) -> list[Child]:
    """Set it aside or bring it back, look at its customers, take them away where anybody `leaves`."""
    aside = button("Archive", id=Ids.ARCHIVE, icon_name="archive")
    if audience.archived:
        aside = button("Bring back", id=Ids.RESTORE, icon_name="arrow-counterclockwise")
    see = customers_address(view.actor.team_slug, audience.dataset, v=audience.listed, f=audience.query)
    return [
        aside if view.actor.may(Permission.TAG) else None,
        button("See customers", href=see, icon_name="people") if view.actor.may(Permission.VIEW_CUSTOMERS) else None,
        download_menu(view, audience, leaves=leaves) if view.actor.may(Permission.EXPORT) else None,
    ]


def download_menu(view: View, audience: AudienceSummary, *, leaves: bool) -> Component:
    """A file of those who may leave, as plain links; off where nobody does."""
    if not leaves:
        return button("Download", icon_name="download", kind="primary", disabled=True)
    items: list[Component] = [
        dbc.DropdownMenuItem(
            words, href=audience_file_address(view.actor.team_slug, audience.dataset, audience.id, form), external_link=True
        )
        for form, words in FORMS.items()
    ]
    return menu([icon("download"), "Download", icon("chevron-down")], items, toggle_class="btn-primary", end=True)


def show_details(view: View) -> Component:
    """Where it came from beside name and note, which a role that cannot change them reads."""
    audience = read_audience(view)
    return row((6, origin_card(audience)), (6, words_card(view, audience)))


def origin_card(audience: AudienceSummary) -> Component:
    """Chosen by what, from which customers, when; for viewers, whom to ask."""
    if audience.origin is None:
        text = "What customers were chosen by may tell who somebody is, so it takes the marketer role to read it."
        return card("Where it comes from", None, html.P(text, className="sc-muted"))
    words = audience.origin.words
    shown: dict[str, Children] = {
        "Chosen by": [html.Div(html.Bdi(each)) for each in words] or "Everybody",
        "From": origin_words(audience.origin),
        "Saved": f"{format.day(audience.created_at)} by {format.by(audience.created_by)}",
    }
    sub = "Written down when it was saved; later versions and files change nothing of it."
    return card("Where it comes from", sub, facts_list(shown))


def origin_words(origin: Origin) -> str:
    """From which customers, in words that hold when the version is gone."""
    words = moment_words(origin)
    return f"{words[:1].upper()}{words[1:]}, snapshot {origin.snapshot}"


def words_card(view: View, audience: AudienceSummary) -> Component:
    """Name and note as a form, or as text."""
    sub = "Only these can change; who is in it cannot."
    if not view.actor.may(Permission.TAG):
        note = html.Div(audience.note or "None", className="sc-campaign-note", dir="auto")
        return card("Name and note", None, facts_list({"Name": html.Bdi(audience.name), "Note": note}))
    save = html.Div(button("Save changes", type="submit"), className="sc-form-end")
    fields = audience_fields(FORM, name=audience.name, note=audience.note)
    return card("Name and note", sub, dbc.Form([fields, save], id=Ids.FORM, prevent_default_on_submit=True))
