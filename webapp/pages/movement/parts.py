"""The cards of Movement: what dominates, what made each segment grow, from where to where, and who is on the way down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dash import dcc, html
from dash.development.base_component import Component

from segmentation import plots
from segmentation.movement import HUNDREDTHS, Split
from segmentation.watching import SLIPPING, TOP
from webapp.edge import View
from webapp.pages.movement.ids import FIRST_FLOWS, UNITS, Ids
from webapp.services.access import Permission
from webapp.services.segmenting.flows import JOINED, changed_filter, flow_filter, watch_filter
from webapp.services.segmenting.movements import MovementReport
from webapp.ui.audiences import save_link
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, aria, button, card, chip, empty_state, half_row, icon, tile, verdict
from webapp.ui.filters import here
from webapp.ui.format import MISSING, count, day, money, number, percent, signed
from webapp.ui.moving import (
    cause_sentence,
    cause_verb,
    customers_href,
    customers_link,
    drawn_between,
    group_key,
    group_label,
    moment_words,
    shown_version,
    unlisted_note,
)
from webapp.ui.places import selection_csv_address
from webapp.ui.tables import Column, table


@dataclass(frozen=True)
class Flow:
    """Customers who went from one group to another."""

    was: int
    now: int
    customers: int
    spend: int | None


def shown_unit(view: View, report: MovementReport) -> str:
    """The unit in the address, where it can be shown."""
    unit = view.query.get("unit", "")
    known = unit in UNITS and not (unit == "value" and report.spend is None)
    return unit if known else "customers"


def answer(report: MovementReport) -> html.Section:
    """What moved more, in a sentence, before any figure."""
    words = cause_sentence(report)
    title, _, rest = words.partition(": ")
    between = f"From {moment_words(report.before)} to {moment_words(report.after)}."
    return verdict(title if rest else words, f"{rest[:1].upper()}{rest[1:]} {between}".strip(), icon_name="arrow-left-right")


def tiles(report: MovementReport) -> html.Div:
    """How many stayed, moved, joined and left."""
    total = report.customers.total
    stayed = report.shared - total.moved
    share = percent(stayed / report.shared) if report.shared else MISSING
    joined, left = sum(total.joined), sum(total.left)
    return half_row(
        tile("Stayed", number(stayed), note=f"{share} of those who were there both times"),
        tile("Changed segment", number(total.moved), note="no segment counts as one"),
        tile("Joined", number(joined), note=f"since {day(report.before.as_of)}"),
        tile("Left", number(left), note="are no customers any more"),
    )


def unit_chips(view: View, report: MovementReport) -> html.Div:
    """Customers, per cent or value."""
    shown = shown_unit(view, report)
    units = [name for name in UNITS if name != "value" or report.spend is not None]
    chips = [chip(UNITS[name], href=here(view, unit=None if name == "customers" else name), on=name == shown) for name in units]
    return html.Div(chips, className="sc-chips sc-stack", role="group", **aria(label="Unit"))


def charts(view: View, report: MovementReport) -> list[Child]:
    """What made each segment grow, and the transition matrix, in the chosen unit."""
    unit = shown_unit(view, report)
    split = report.spend if unit == "value" and report.spend is not None else report.customers
    drawing = partial(drawn_between, display=view.display, currency=report.currency)
    change = partial(drawing, plots.net_change, split, report.groups, value=unit == "value")
    matrix = partial(drawing, plots.transitions, split, report.groups, unit=unit)
    cards = [chart_or_error(name, draw, empty=_nothing_changed) for name, draw in ((Ids.CHANGE, change), (Ids.MATRIX, matrix))]
    return [html.Div(each, className="sc-stack") for each in cards]


def _nothing_changed() -> Component:
    return card(
        body=empty_state("dash-circle", "Nothing changed", "Every segment has the customers that it had, who spend what they spent.")
    )


def segments_card(view: View, report: MovementReport) -> html.Section:
    """Every group with what adds up to its change, and the way to who came and went."""
    split = report.customers
    groups = [at for at in range(len(split.before)) if split.before[at] or split.after[at]]
    columns: list[Column[int]] = [
        Column("Segment", lambda at: group_label(report, at, short=view.display.narrow)),
        Column("Before", lambda at: number(split.before[at]), numeric=True, wide=True),
        *_parts(split),
        Column("Now", lambda at: number(split.after[at]), numeric=True),
        Column("Net", lambda at: signed(split.after[at] - split.before[at], 0), numeric=True),
        Column("Why", lambda at: cause_verb(report, at), wide=True),
        Column("Came", lambda at: _came(view, report, at), numeric=True, title="Joined or moved here: see them"),
        Column("Went", lambda at: _went(view, report, at), numeric=True, title="Moved elsewhere: see them"),
    ]
    sub = "Before + joined − left + what customers did + what the model did = now, for every segment."
    body = table(columns, groups, caption="What made each segment grow or shrink", class_name="sc-nowrap")
    return card("Segment by segment", sub, body, flush=True, className="sc-stack", foot=unlisted_note(report))


def _parts(split: Split) -> list[Column[int]]:
    moves = split.customers or split.total
    columns: list[Column[int]] = [
        Column("Joined", lambda at: signed(moves.joined[at], 0), numeric=True, wide=True),
        Column("Left", lambda at: signed(-moves.left[at], 0), numeric=True, wide=True),
        Column(
            "Moved" if split.customers is None else "Customers moved",
            lambda at: signed(moves.moved_in(at) - moves.moved_out(at), 0),
            numeric=True,
            wide=True,
            title="In minus out by the version before, by what is known of customers now",
        ),
    ]
    model = split.model
    if model is not None:
        columns.append(
            Column(
                "Model moved",
                lambda at: signed(model.net(at), 0),
                numeric=True,
                wide=True,
                title="In minus out because the version changed",
            )
        )
    return columns


def _came(view: View, report: MovementReport, at: int) -> Child:
    total = report.customers.total
    came = total.joined[at] + total.moved_in(at)
    query = changed_filter(report.id, group_key(report, at), came=True)
    return customers_link(view, report, number(came), query, joined=bool(total.joined[at])) if came else number(0)


def _went(view: View, report: MovementReport, at: int) -> Child:
    went = report.customers.total.moved_out(at)
    return customers_link(view, report, number(went), changed_filter(report.id, group_key(report, at), came=False)) if went else number(0)


def largest_flows(report: MovementReport) -> list[Flow]:
    """Flows between different groups, and newcomers, largest first; -1 stands for "was not a customer"."""
    total, spend = report.customers.total, report.spend.total if report.spend else None
    flows = [
        Flow(was, now, size, spend.flows[was][now] if spend else None)
        for was, row in enumerate(total.flows)
        for now, size in enumerate(row)
        if size and was != now
    ]
    flows += [Flow(-1, now, size, spend.joined[now] if spend else None) for now, size in enumerate(total.joined) if size]
    return sorted(flows, key=lambda flow: -flow.customers)


def flows_card(view: View, report: MovementReport) -> html.Section:
    """The largest flows; each can be looked at, exported and used as a selection of customers."""
    flows = largest_flows(report)
    if not flows:
        return card(body=empty_state("dash-circle", "No flows", "Nobody joined or changed their segment."), className="sc-stack")
    short = view.display.narrow
    columns: list[Column[Flow]] = [
        Column("From", lambda flow: "Joined" if flow.was < 0 else group_label(report, flow.was, short=short)),
        Column("To", lambda flow: group_label(report, flow.now, short=short)),
        Column("Customers", lambda flow: number(flow.customers), numeric=True),
        Column("Spend now", lambda flow: _amount(flow.spend, report), numeric=True, wide=True),
        Column("Who", lambda flow: _flow_actions(view, report, flow), numeric=True, hide_head=True),
    ]
    sub = "Look at the customers of a flow, save them as an audience, or take along those who may leave, by their consent."
    shown = flows if view.query.get("flows") == "all" else flows[:FIRST_FLOWS]
    body = table(columns, shown, caption="Largest flows of customers", listed=True)
    rest = len(flows) - len(shown)
    more = dcc.Link(f"Show {count(rest, 'smaller flow')} of the matrix too", href=here(view, flows="all")) if rest else None
    return card("Largest flows", sub, body, flush=True, className="sc-stack", foot=more)


def _amount(spend: int | None, report: MovementReport) -> str:
    return MISSING if spend is None else money(spend / HUNDREDTHS, report.currency)


def _flow_actions(view: View, report: MovementReport, flow: Flow) -> Child:
    query = flow_filter(report.id, was=JOINED if flow.was < 0 else group_key(report, flow.was), now=group_key(report, flow.now))
    joined = flow.was < 0
    if joined and report.listed is None:
        return MISSING
    return html.Div(
        [
            button("See them", href=customers_href(view, report, query), small=True),
            save_link(view, query, version=shown_version(report), what=_flow_words(report, flow)),
            _export(view, report, query),
        ],
        className="sc-actions",
    )


def _flow_words(report: MovementReport, flow: Flow) -> str:
    """The flow for whoever hears a button instead of seeing its row."""
    was, now = ("No segment" if at == len(report.groups) else report.groups[at].name for at in (flow.was, flow.now))
    return f"who joined as {now}" if flow.was < 0 else f"who went from {was} to {now}"


def _export(view: View, report: MovementReport, query: str) -> Child:
    if not view.actor.may(Permission.EXPORT):
        return None
    href = selection_csv_address(view.actor.team_slug, view.dataset or "", v=report.listed or report.after.version, f=query)
    # A plain link: a file is saved by its headers, and where nobody may leave, the browser shows the page that says why.
    words: list[Child] = [icon("download"), "CSV"]
    return html.A(words, href=href, className="btn btn-ghost btn-sm", title="Those of them who may leave, by their consent")


def watch_card(view: View, report: MovementReport) -> html.Section:
    """Valuable customers on the way down: what that means, how many, and who."""
    means = (
        f"Customers who were in the top {percent(1 - TOP)} by spend on {day(report.before.as_of)} and whom version {report.before.version} "
        "now puts into a segment whose customers spend less on average; or who still are in one of above-average spend, but with at least "
        f"{SLIPPING:.2f} less confidence and a segment of lower spend as runner-up. One model judges both days, so that nobody is here "
        "because the model changed."
    )
    if not report.watched:
        return card("Nobody valuable is on the way down", means, className="sc-stack")
    title = f"{count(report.watched, 'valuable customer is', 'valuable customers are')} on the way down"
    ways = (("See all of them", ()), ("Moved to a lower segment", ("moved",)), ("About to", ("slipping",)))
    buttons = [button(words, href=customers_href(view, report, watch_filter(report.id, *why)), small=True) for words, why in ways]
    query = watch_filter(report.id)
    save = save_link(view, query, version=shown_version(report), what="who are on the way down")
    body = html.Div([*buttons, save, _export(view, report, query)], className="sc-actions sc-actions-start")
    return card(title, means, body, className="sc-stack")
