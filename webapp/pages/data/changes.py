"""The tab What changed: customers and columns of one snapshot against another."""

from __future__ import annotations

from math import copysign, inf, isinf

from dash import html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.data.details import word_line
from webapp.pages.data.ids import FIRST_COLUMNS
from webapp.pages.data.parts import clipped, note, show_all, value_words
from webapp.pages.data.where import Where
from webapp.services.data import comparing
from webapp.services.data.comparing import ColumnChange, Comparison
from webapp.services.data.snapshots import ColumnQuality
from webapp.ui.components import Child, Tone, aria, badge, card, empty_state
from webapp.ui.format import MISSING, count, filled_text, listing, number, percent, signed
from webapp.ui.tables import Column, table

DRIFT_HELP = (
    "How far the values moved: the population stability index (PSI). Below 0.1 steady, from 0.25 on large (Siddiqi 2006); "
    "what chance alone would give is steady too."
)
TYPICAL_HELP = "The median; for words the commonest one"
DRIFT: dict[str, tuple[str, Tone, str | None]] = {
    "steady": ("Steady", "neutral", "dash-circle"),
    "some": ("Some drift", "info", "arrow-left-right"),
    "large": ("Large drift", "warn", None),
}
NOTABLE = 0.1
"""Share of itself by which a typical value has to move to be named."""
NAMED = 3
_TOTALS = (("new", "c-new"), ("changed", "c-chg"), ("unchanged", "c-same"), ("gone", "c-gone"))


def changes_tab(view: View, where: Where) -> list[Child]:
    """The comparison with the snapshot in the address, else with the one before."""
    if where.base is None:
        text = "Once a second file changes something, you see here who joined, who changed, and which columns moved."
        if where.shown.number > 1:
            text = "No snapshot is older than this one. Choose Compare beside another one above."
        return [card(body=empty_state("arrow-left-right", "Nothing to compare with", text))]
    store = view.resources.store
    found = comparing.compare_snapshots(view.session, view.actor, store, where.dataset, where.shown.number, where.base.number)
    return [totals_card(found), columns_card(found, where)]


def totals_card(found: Comparison) -> html.Section:
    """Customers by what became of them, as one bar with its figures."""
    parts = [(getattr(found.totals, name), classes, name) for name, classes in _TOTALS]
    total = max(1, sum(amount for amount, _, _ in parts))
    bar = html.Div(
        [html.I(className=classes, style={"flex": str(amount)}) for amount, classes, _ in parts if amount],
        className="sc-counts",
        **aria(hidden="true"),
    )
    legend = [
        html.Span(
            [html.I(className=classes), html.B(number(amount)), f" {word} ", html.Em(percent(amount / total))], className="sc-counts-k"
        )
        for amount, classes, word in parts
    ]
    return card(
        totals_title(found),
        f"Customers of No. {found.after} against No. {found.before}, by their ids and by the columns that both have.",
        [bar, html.Div(legend, className="sc-counts-legend")],
        foot=note("Groups of fewer than 10 customers count as none here; your role sees no smaller ones.") if found.coarse else None,
        className="sc-stack",
    )


def totals_title(found: Comparison) -> str:
    """`74 customers are new, 670 changed, 3 are gone`."""
    totals = found.totals
    told = []
    if totals.new:
        told.append(f"{count(totals.new, 'customer is', 'customers are')} new")
    if totals.changed:
        told.append(f"{number(totals.changed)} changed")
    if totals.gone:
        told.append(f"{number(totals.gone)} {'is' if totals.gone == 1 else 'are'} gone")
    return listing(told) if told else "No customer differs"


def columns_card(found: Comparison, where: Where) -> html.Section:
    """Column by column, those that moved most first."""
    ordered = sorted(found.columns, key=_moved)
    every = where.every == "changes" or len(ordered) <= FIRST_COLUMNS + 1
    columns: list[Column[ColumnChange]] = [
        Column("Column", lambda item: clipped(item.after.label)),
        Column("Drift", _drift, title=DRIFT_HELP),
        Column("Filled before", lambda item: filled_text(item.before.filled), numeric=True, wide=True),
        Column("Filled now", lambda item: filled_text(item.after.filled), numeric=True, wide=True),
        Column("Typical before", lambda item: _typical(item.before), numeric=True, wide=True, title=TYPICAL_HELP),
        Column("Typical now", _typical_now, numeric=True, title=TYPICAL_HELP),
        Column("Words that came or went", _words, wide=True),
    ]
    if not found.coarse:
        changed = Column[ColumnChange](
            "Changed", _changed, numeric=True, wide=True, title="Customers of both snapshots whose value is another one"
        )
        columns.insert(2, changed)
    return card(
        columns_title(found),
        _sub(found),
        table(columns, ordered if every else ordered[:FIRST_COLUMNS], caption="Columns in both snapshots, those that moved most first"),
        flush=True,
        className="sc-stack",
        foot=None if every else show_all(f"Show all {number(len(ordered))} columns", where.link(all="changes")),
    )


def columns_title(found: Comparison) -> str:
    """How many columns moved, and which came or went."""
    moved = [each for each in found.columns if _drifted(each)]
    told = [f"{count(len(moved), 'column')} drifted" if moved else _none_drifted(found)]
    told += [f"{count(len(found.added), 'column is', 'columns are')} new"] if found.added else []
    told += [f"{count(len(found.dropped), 'column is', 'columns are')} gone"] if found.dropped else []
    return listing(told)


def _drifted(item: ColumnChange) -> bool:
    return item.drift in ("some", "large")


def _none_drifted(found: Comparison) -> str:
    """That no column drifted, and beside it the typical value that moved most all the same."""
    shifts = _shifts(found)
    if not shifts:
        return "No column drifted"
    item, share = shifts[0]
    if isinf(share):
        told = f"went from {value_words(item.before.typical, item.before)} to {value_words(item.after.typical, item.after)}"
    else:
        told = f"{'rose' if share > 0 else 'fell'} by {percent(abs(share))}"
    return f"No column drifted, but the typical {item.after.label} {told}"


def _shifts(found: Comparison) -> list[tuple[ColumnChange, float]]:
    """Columns that did not drift and whose typical value moved notably, by what share of itself (from 0: infinite); the farthest first."""
    shifts = [(item, share) for item in found.columns if not _drifted(item) and (share := _shift(item)) is not None]
    return sorted((each for each in shifts if abs(each[1]) >= NOTABLE), key=lambda each: -abs(each[1]))


def _shift(item: ColumnChange) -> float | None:
    before, after = item.before.typical, item.after.typical
    if isinstance(before, str) or isinstance(after, str) or before is None or after is None:
        return None
    if before == 0:
        return copysign(inf, after) if after else 0.0
    return (after - before) / abs(before)


def _sub(found: Comparison) -> list[Child]:
    parts: list[Child] = ["Most drift first. Before is ", f"No. {found.before}, now is No. {found.after}."]
    for words, labels in (("New", found.added), ("Gone", found.dropped)):
        if labels:
            parts += [f" {words}: ", clipped(listing(list(labels)), wide=True), "."]
    if shifts := _shifts(found):
        named = [f"{item.after.label} {'from 0' if isinf(share) else f'{signed(100 * share, 0)}%'}" for item, share in shifts[:NAMED]]
        parts.append(
            " Drift (PSI) asks how differently customers spread over all values of a column, beyond what chance gives; a typical value can "
            f"move without it: {', '.join(named)}."
        )
    if found.sample:
        parts.append(f" Drift is measured on a random {number(found.sample)} customers of each.")
    return parts


def _moved(item: ColumnChange) -> tuple[float, float, float]:
    degree = {"large": 0, "some": 1, "steady": 2, None: 3}[item.drift]
    return degree, -(item.psi or 0.0), -(item.changed or 0)


def _drift(item: ColumnChange) -> Child:
    if item.drift is None:
        return MISSING
    mark = badge(*DRIFT[item.drift])
    if item.psi is None:
        return mark
    return html.Span(
        [mark, html.Span(number(item.psi, 2), className="sc-psi")],
        title=f"PSI {number(item.psi, 3)}; chance alone gives up to {number(item.chance, 3)}",
    )


def _changed(item: ColumnChange) -> Child:
    return MISSING if item.changed is None else number(item.changed)


def _typical(side: ColumnQuality) -> Component:
    return clipped(value_words(side.typical, side))


def _typical_now(item: ColumnChange) -> list[Child]:
    """The value; on a phone with the one before below it."""
    before: list[Child] = ["was ", clipped(value_words(item.before.typical, item.before))]
    return [_typical(item.after), html.Span(before, className="sc-under sc-only-sm")]


def _words(item: ColumnChange) -> Child:
    words = item.words
    if words is None:
        return MISSING
    lines = [word_line("New", words.new, words.new_words), word_line("Gone", words.gone, words.gone_words)]
    shown = [line for line in lines if line is not None]
    return html.Div(shown, className="sc-came") if shown else html.Span("none", className="sc-muted")
