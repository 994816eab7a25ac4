"""The head of a customer, why they are where they are, where each version put them, and what was planned for them."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.roles import Role
from webapp.edge import View
from webapp.pages.customer.known import value_text
from webapp.services.browsing.customer import Brought, CustomerDetail, Placement
from webapp.services.planning.campaigns import CampaignSummary
from webapp.ui import format
from webapp.ui.campaign_form import campaign_days
from webapp.ui.components import Child, Tone, aria, badge, card, empty_state, icon, mark_tile, segment_mark
from webapp.ui.places import campaign_address, customers_address, import_address, models_address
from webapp.ui.segments_ui import Where, asked_version, segment_name, status_badge
from webapp.ui.tables import Column, table

CONSENTS: dict[str, tuple[str, Tone, str]] = {
    "given": ("Consent given", "good", "check-circle-fill"),
    "withdrawn": ("Consent withdrawn", "bad", "slash-circle"),
    "unknown": ("Consent unknown", "neutral", "question-circle"),
}
CLEAR, FAIR = 0.9, 0.6


def where(view: View) -> Where:
    return Where(view.actor.team_slug, view.dataset or "", asked_version(view.query))


def sure_words(confidence: float | None) -> str:
    """How sure it is where a customer belongs; under 0.60 they are on the border."""
    if confidence is None:
        return "confidence not known"
    if confidence >= CLEAR:
        return "a clear case"
    return "fairly clear" if confidence >= FAIR else "on the border"


def crumbs(view: View, key: str) -> html.Nav:
    home = customers_address(view.actor.team_slug, view.dataset or "", v=asked_version(view.query))
    here = html.Span(key or "Customer", **aria(current="page"))
    return html.Nav([dcc.Link("Customers", href=home), icon("chevron-right"), here], className="sc-crumb", **aria(label="Where you are"))


def customer_head(view: View, detail: CustomerDetail) -> html.Div:
    """Key, consent, the segment with how sure that is, and the first figures."""
    tile = mark_tile(detail.segment.slot) if detail.segment else html.Span(icon("person"), className="sc-mark-tile sc-mark-none")
    text, tone, icon_name = CONSENTS.get(detail.consent, CONSENTS["unknown"])
    title = html.Div([html.H1(f"Customer {detail.key}", tabIndex="-1"), badge(text, tone, icon_name)], className="sc-persona-name")
    words = html.Div([title, html.P(lead(view, detail), className="lead"), later_note(detail)], className="w")
    parts: list[Child] = [html.Div([tile, words], className="sc-persona"), strip(detail)]
    return html.Div([crumbs(view, detail.key), html.Section(parts, className="sc-card sc-segment-head")])


def lead(view: View, detail: CustomerDetail) -> list[Child]:
    """The segment in a sentence, and the next one."""
    if detail.version is None:
        return ["No segment yet: nothing was promoted in this dataset."]
    if detail.segment is None:
        return [f"In no segment of version {detail.version}. {detail.why_not}"]
    at = where(view)
    sure = f", {sure_words(detail.confidence)} in version {detail.version}"
    if detail.confidence is not None:
        sure += f" (confidence {detail.confidence:.2f})"
    parts: list[Child] = [segment_name(detail.segment.slot, detail.segment.name, at.segment(detail.segment.key)), f"{sure}. "]
    if detail.runner_up is not None:
        parts += ["Next would be ", segment_name(detail.runner_up.slot, detail.runner_up.name, at.segment(detail.runner_up.key)), "."]
    return parts


def later_note(detail: CustomerDetail) -> Component | None:
    if not detail.later:
        return None
    text = f"They came after version {detail.version} was fitted; its model placed them just now. Re-cluster to count them in."
    return html.P([icon("info-circle"), f" {text}"], className="sc-kept-name")


def strip(detail: CustomerDetail) -> Component | None:
    """The first column of each role that people look for first, with the middle of the segment."""
    cells = []
    for role in (Role.SPEND, Role.INCOME, Role.RECENCY_DAYS, Role.ENROLLED_ON, Role.AGE, Role.BIRTH_YEAR):
        found = next((attribute for attribute in detail.attributes if attribute.role == role), None)
        if found is None:
            continue
        usual = found.segment or found.everybody
        word = "segment" if found.segment else "everybody"
        note = f"{word} {value_text(found, usual.median, detail.currency)}" if usual and usual.median is not None else ""
        value = value_text(found, found.value, detail.currency)
        cells.append(html.Div([html.Dt(found.label), html.Dd([html.B(value), html.Em(note)])]))
    return html.Dl(cells, className="sc-strip", style={"--n": len(cells)}) if cells else None


def why_card(detail: CustomerDetail) -> html.Section:
    """The reasons, what is unlike everybody in training, what was filled in."""
    why = detail.explanation
    title = f"Why they are in {detail.segment.name}" if detail.segment else "Why they are where they are"
    if why is None or (not why.reasons and not why.unlike and not why.missing):
        return card(title, None, html.P(detail.why_not or "This version cannot say why.", className="sc-muted"))
    parts: list[Child] = []
    if why.reasons:
        parts.append(html.Ul([html.Li([icon("check-circle-fill", tone="ok"), html.Span(reason.text)]) for reason in why.reasons]))
    if why.unlike:
        odd = [html.Li([icon("exclamation-triangle-fill", tone="wn"), html.Span(oddity.text)]) for oddity in why.oddities]
        parts += [html.H3("Like nobody that the model has seen"), html.Ul(odd)]
    if why.missing_text:
        parts.append(html.P([icon("info-circle"), why.missing_text], className="sc-filter-note"))
    return card(title, "What speaks for it against the next segment, the strongest first.", html.Div(parts, className="sc-why"))


def move_card(detail: CustomerDetail) -> html.Section | None:
    """The fewest changes that would place them in the next segment."""
    if detail.runner_up is None or detail.explanation is None:
        return None
    title = f"What would move them to {detail.runner_up.name}"
    if not detail.move:
        none = "No change of up to three measures would: the two segments are far apart for them."
        return card(title, None, html.P(none, className="sc-muted"))
    items = [html.Li([segment_mark(detail.runner_up.slot), html.Span(change.text)]) for change in detail.move]
    what = "This alone" if len(items) == 1 else "These together"
    return card(title, f"{what}, at what is usual there, would place them there.", html.Div(html.Ul(items), className="sc-why"))


def versions_card(view: View, detail: CustomerDetail) -> html.Section:
    """Where each ready version put them."""
    if not detail.placements:
        text = "Once customers are clustered, each version's segment is listed here."
        return card("Their segment in each version", None, empty_state("layers", "No versions yet", text))
    at = where(view)
    columns: list[Column[Placement]] = [
        Column("Version", lambda each: version_link(view, each)),
        Column("Segment", lambda each: placed_in(each, at)),
        Column("Confidence", lambda each: format.MISSING if each.confidence is None else f"{each.confidence:.2f}", numeric=True),
    ]
    return card("Their segment in each version", None, table(columns, detail.placements, caption="Segment by version"), flush=True)


def version_link(view: View, each: Placement) -> list[Child]:
    href = models_address(view.actor.team_slug, view.dataset or "", version=each.version)
    link = dcc.Link(f"v{each.version}", href=href, title=format.exact_time(each.made_at))
    return [link, " ", badge("Champion", "good")] if each.champion else [link]


def placed_in(each: Placement, at: Where) -> Component:
    """The segment as a link into that version, or why there is none."""
    if each.segment is None:
        return html.Span("no segment" if each.known else "not yet known to it", className="mute")
    version = None if each.champion else each.version
    return segment_name(each.segment.slot, each.segment.name, Where(at.team, at.dataset, version).segment(each.segment.key))


def campaigns_card(view: View, detail: CustomerDetail) -> html.Section:
    """Campaigns that their segment is tagged to."""
    if not detail.campaigns:
        text = "Their segment is not tagged to a campaign." if detail.segment else "Campaigns are tagged to segments, and they are in none."
        return card("Campaigns", None, html.P(text, className="sc-muted"))
    items = [html.Li(campaign_item(view, campaign)) for campaign in detail.campaigns]
    return card("Campaigns", "Those that their segment is tagged to.", html.Ul(items, className="sc-list"), flush=True)


def campaign_item(view: View, campaign: CampaignSummary) -> list[Child]:
    href = campaign_address(view.actor.team_slug, view.dataset or "", campaign.id)
    return [
        html.Div([html.B(dcc.Link(campaign.name, href=href)), html.Span(campaign_days(campaign))], className="w"),
        html.Div(status_badge(campaign.status), className="end"),
    ]


def record_card(view: View, detail: CustomerDetail) -> html.Section:
    """Consent, what it means for exports, and the files that they came in."""
    origin = {"Came with": brought(view, detail.first), "Last changed by": brought(view, detail.last)}
    rows = {"Consent": consent_words(detail), **origin}
    facts = [part for label, content in rows.items() for part in (html.Dt(label), html.Dd(content))]
    return card("Consent and origin", None, html.Dl(facts, className="sc-facts-list"))


def consent_words(detail: CustomerDetail) -> str:
    """What their consent means for exports."""
    if detail.consent == "given":
        return "Given. They may leave in an export."
    if detail.consent == "withdrawn":
        return "Withdrawn. They never leave in an export."
    if detail.legal_basis_confirmed:
        return "Unknown. They may leave: an admin has confirmed a legal basis for this dataset."
    return "Unknown. They leave in no export unless an admin confirms a legal basis for this dataset."


def brought(view: View, origin: Brought) -> list[Child]:
    href = import_address(view.actor.team_slug, view.dataset or "", origin.import_id)
    return [dcc.Link(origin.file_name, href=href), f", {format.day(origin.at)}"]


def missing_customer(view: View, key: str, text: str) -> html.Section:
    """There is no such customer: where to look."""
    home = customers_address(view.actor.team_slug, view.dataset or "", q=key or None)
    look = dcc.Link("Search all customers", href=home, className="btn btn-secondary")
    return card(body=empty_state("person-x", "No such customer", text, look))
