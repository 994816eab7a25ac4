"""The head of a segment: who they are, on what evidence, its figures, and the tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.describing.profiles import SegmentProfile
from webapp.edge import View
from webapp.pages.segment.ids import AT, PARTS, Ids
from webapp.services.access import Permission
from webapp.services.filtering.columns import CONFIDENCE, SEGMENT
from webapp.services.filtering.filters import Condition, Filter, filters_to_query
from webapp.services.segmenting import segment_history
from webapp.services.segmenting.segments import SegmentDetail, crossed_names, other_name
from webapp.ui import format
from webapp.ui.audiences import save_link
from webapp.ui.components import Child, aria, button, icon, icon_button, mark_tile, slot_class
from webapp.ui.evidence_names import names_button
from webapp.ui.places import customers_address, customers_csv_address, segments_address
from webapp.ui.redraw import part_id
from webapp.ui.segments_ui import Where, fact_text, stability_badge

TABS = ("profile", "movement", "customers", "campaigns", "history")
_TAB_WORDS = {"profile": "Profile", "movement": "Movement", "customers": "Customers", "campaigns": "Campaigns", "history": "History"}
BORDER = Filter(CONFIDENCE, Condition.AT_MOST, ("0.5999",))
"""Customers whose confidence, as lists show it, is under 0.60."""


@dataclass(frozen=True)
class Figure:
    """One figure of the strip with what it is to be compared to; `href` leads to the customers behind it."""

    label: str
    value: str
    note: str
    title: str = ""
    href: str | None = None


def chosen_tab(view: View) -> str:
    """The tab in the address; Profile where it names none."""
    tab = view.query.get("tab", "")
    return tab if tab in TABS else TABS[0]


def segment_head(view: View, detail: SegmentDetail, where: Where, note: Child = None) -> Component:
    """Breadcrumb, `note`, persona with actions, the strip of figures, tabs. What tags and names change stands in parts (`ui.redraw`)."""
    home = segments_address(where.team, where.dataset, version=where.version)
    here = html.Span(detail.style.name, id=part_id(PARTS, "crumb"), **aria(current="page"))
    crumb = html.Nav(
        [dcc.Link("Segments", href=home), icon("chevron-right"), here],
        className="sc-crumb",
        **aria(label="Where you are"),
    )
    parts = [persona(view, detail, where), strip(figures(detail, border_address(view, detail, where))), tabs(view, detail, where)]
    return html.Div([crumb, note, html.Section(parts, className="sc-card sc-segment-head")])


def persona(view: View, detail: SegmentDetail, where: Where) -> Component:
    """Mark, name, description and what the name was made from."""
    named = [html.Span(fact_text(fact), className="sc-fact") for fact in detail.profile.evidence]
    able = view.actor.may(Permission.PROMOTE)
    rename = icon_button("pencil", "Change name and description", id=Ids.RENAME_OPEN, className="btn-sm") if able else None
    title = html.Div(
        [html.H1(detail.style.name, id=part_id(PARTS, "name"), tabIndex="-1"), rename, stability_badge(detail.profile.stability)],
        className="sc-persona-name",
    )
    words: list[Child] = [
        title,
        html.P(detail.description or detail.profile.persona, id=part_id(PARTS, "lead"), className="lead"),
        html.Div([kept_name(detail), kept_words(detail)], id=part_id(PARTS, "kept")),
        mend_button(detail) if able else None,
    ]
    if named:
        words.append(html.Div([html.Span("Evidence", className="sc-muted"), *named], className=f"sc-facts {slot_class(detail.style.slot)}"))
    return html.Div(
        [
            look_button(detail.style.slot) if able else mark_tile(detail.style.slot),
            html.Div(words, className="w"),
            html.Div(actions(view, where), className="acts"),
        ],
        className="sc-persona",
    )


def kept_name(detail: SegmentDetail) -> Component | None:
    """A segment keeps its name from version to version; where this version's evidence alone says something else, so does the page."""
    found = other_name(detail.style, detail.profile)
    if found is None:
        return None
    crossed = detail.style.key in crossed_names(detail.overview.styles, detail.overview.profiles.segments)
    another = ", the name of another segment of this version" if crossed else ""
    text = f"Its name is kept from earlier versions or was chosen by your team. This version's evidence alone says “{found}”{another}."
    return html.P(text, className="sc-kept-name sc-other-name")


def mend_button(detail: SegmentDetail) -> Component:
    """Under `kept_name`, the way to be called so; the style sheet hides it where nothing is said there, so that the head can stay."""
    return html.Div(names_button(AT, detail.overview.version.number, detail.style.key), className="sc-mend-name")


def kept_words(detail: SegmentDetail) -> Component | None:
    """Under a description of the team's own, what the evidence says."""
    return html.P(f"What the evidence says: {detail.profile.persona}", className="sc-kept-name") if detail.description else None


def look_button(slot: int) -> Component:
    """The large mark, which opens the choice of another colour and symbol."""
    label = "Change colour and symbol"
    return html.Button(mark_tile(slot), id=Ids.LOOK_OPEN, type="button", className="sc-look-open", title=label, **aria(label=label))


def border_address(view: View, detail: SegmentDetail, where: Where) -> str | None:
    """The customers who nearly belong to another segment, for those who see customers."""
    if not view.actor.may(Permission.VIEW_CUSTOMERS) or not detail.profile.border:
        return None
    filters = filters_to_query([Filter(SEGMENT, Condition.ONE_OF, (detail.style.key,)), BORDER])
    return customers_address(where.team, where.dataset, f=filters, v=where.version)


def actions(view: View, where: Where) -> list[Child]:
    """What the actor may do with this segment; the primary action last."""
    mine = filters_to_query([Filter(SEGMENT, Condition.ONE_OF, (view.item or "",))]) or ""
    shown: list[Child] = [save_link(view, mine, version=where.version, small=False)]
    if view.actor.may(Permission.EXPORT):
        address = customers_csv_address(where.team, where.dataset, view.item or "", version=where.version)
        shown.append(button("Export CSV", href=address, icon_name="download", download=""))
    if view.actor.may(Permission.TAG):
        shown.append(tag_button("head"))
    return shown


def tag_button(at: str) -> Component:
    """Opens the dialog that ties a campaign to this segment; `at` tells two of them apart."""
    return button("Tag a campaign", id={"type": Ids.TAG_OPEN, "at": at}, icon_name="tag", kind="primary")


def strip(shown: Sequence[Figure]) -> Component:
    """Figures side by side, each with what it is to be compared to."""
    cells = [html.Div([html.Dt(item.label), html.Dd([_value(item), html.Em(item.note)])], title=item.title or None) for item in shown]
    return html.Dl(cells, className="sc-strip", style={"--n": len(shown)})


def _value(item: Figure) -> Component:
    value = html.B(item.value)
    return dcc.Link(value, href=item.href, className="sc-figure-link") if item.href else value


def figures(detail: SegmentDetail, border: str | None = None) -> list[Figure]:
    """The figures that the data has: size, spend, outcome, recency, border."""
    profile, currency = detail.profile, detail.overview.currency
    shown = [Figure("Customers", format.number(profile.size), f"{format.percent(profile.share)} of all")]
    if profile.value is not None and profile.value_share is not None:
        shown.append(Figure("Share of spend", format.percent(profile.value_share), _short_money(profile.value, currency)))
    if profile.value_median is not None:
        shown.append(
            Figure(
                "Median spend",
                format.money(profile.value_median, currency),
                f"the rest {format.money(profile.rest_value_median, currency)}",
            )
        )
    if outcome := outcome_figure(detail):
        shown.append(outcome)
    if profile.recency_mean is not None:
        interval = f"95% interval {format.number(profile.recency_mean.low, 1)} to {format.number(profile.recency_mean.high, 1)} days"
        note = f"ago on average{rest_recency(detail)}"
        shown.append(Figure("Last purchase", f"{format.number(profile.recency_mean.mean)} days", note, interval))
    on_border = "under 10" if detail.overview.coarse and not profile.border else format.number(profile.border)
    shown.append(Figure("On the border", on_border, "confidence < 0.60", "Customers who nearly belong to another segment.", border))
    return shown


def outcome_figure(detail: SegmentDetail) -> Figure | None:
    """How often the best outcome happens here and among everyone else."""
    if not detail.profile.outcomes:
        return None
    outcome = detail.profile.outcomes[0]
    rest = rest_rate(outcome.outcome, others(detail))
    interval = (
        f"95% interval {format.percent(outcome.low, 1)} to {format.percent(outcome.high, 1)}, {format.count(outcome.customers, 'customer')}"
    )
    return Figure(outcome.label, format.percent(outcome.rate), f"the rest {format.percent(rest)}", interval)


def rest_recency(detail: SegmentDetail) -> str:
    """`, the rest 49`: everyone else's mean days since the last purchase, where it is among what was compared."""
    own = detail.profile.recency_mean
    days = {measure.name for measure in detail.overview.profiles.measures if measure.unit == "days"}
    for each in detail.profile.differences:
        if own is not None and each.measure in days and isclose(each.mean, own.mean, rel_tol=1e-6):
            return f", the rest {format.number(each.rest_mean)}"
    return ""


def others(detail: SegmentDetail) -> list[SegmentProfile]:
    """The version's other segments."""
    return [segment for segment in detail.overview.profiles.segments if segment.cluster != detail.cluster]


def rest_rate(outcome: str, segments: Sequence[SegmentProfile]) -> float | None:
    """The rate of an outcome over several segments together; None where nobody's is known."""
    known = [rate for segment in segments for rate in segment.outcomes if rate.outcome == outcome]
    customers = sum(rate.customers for rate in known)
    return sum(rate.hits for rate in known) / customers if customers else None


def _short_money(amount: float, currency: str | None) -> str:
    figure, unit = format.short_number(amount)
    return f"{format.currency_sign(currency)}{figure}{'' if unit == 'k' else ' '}{unit}".strip()


def tabs(view: View, detail: SegmentDetail, where: Where) -> Component:
    """Profile, Movement, Customers, Campaigns, History: each its own address."""
    happened = segment_history.show_history(view.session, view.actor, where.dataset, detail.style.key)
    figures = {"customers": detail.profile.size, "campaigns": len(detail.campaigns), "history": len(happened)}
    counts = {tab: format.number(figure) for tab, figure in figures.items()}
    links = [
        _tab(tab, where.segment(detail.style.key, None if tab == TABS[0] else tab), counts.get(tab), tab == chosen_tab(view))
        for tab in TABS
    ]
    return html.Nav(html.Div(links, className="nav nav-tabs"), className="sc-tabsbar", **aria(label="Parts of this segment"))


def _tab(tab: str, href: str, count: str | None, active: bool) -> dcc.Link:
    parts: list[Child] = [_TAB_WORDS[tab]]
    if count is not None:
        parts += [" ", html.Span(count, id=part_id(PARTS, f"count-{tab}"), className="count")]
    return dcc.Link(parts, href=href, className="nav-link active" if active else "nav-link")
