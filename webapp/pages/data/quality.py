"""The tab Quality: columns by what is wrong with them, those with most trouble first, and one of them in detail."""

from __future__ import annotations

from collections.abc import Mapping

from dash import dcc, html
from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.data.details import column_card
from webapp.pages.data.ids import FIRST_COLUMNS
from webapp.pages.data.parts import clipped, show_all
from webapp.pages.data.where import Where
from webapp.services.data import quality
from webapp.services.data.quality import ColumnHealth, Health, Mark, Sign
from webapp.ui.components import Child, aria, card, row
from webapp.ui.exploring import Look
from webapp.ui.format import count, number, percent
from webapp.ui.tables import Column, table
from webapp.ui.wording import role_label

HEADS: Mapping[Sign, tuple[str, str]] = {
    "missing": ("Missing", "Customers without a value"),
    "outliers": ("Outliers", "Values more than three quartile distances beyond the quartiles (Tukey), for amounts also on a log scale"),
    "implausible": ("Implausible", "Values of the file that cannot be true; they were made missing"),
    "new_words": ("New words", "Words of a category that the snapshot before does not have"),
    "constant": ("Constant", "The same value for everybody, so it cannot tell customers apart"),
}
NOUNS: Mapping[Sign, tuple[str, str]] = {
    "missing": ("missing", "Nothing missing"),
    "outliers": ("far from all others", "No outliers"),
    "implausible": ("made missing as implausible", "Nothing implausible"),
}


def quality_tab(view: View, where: Where, look: Look) -> list[Child]:
    """The matrix, and beside it the column in the address, else the one with most trouble."""
    base = where.base.number if where.base else None
    health = quality.show_health(view.session, view.actor, view.resources.store, where.dataset, where.shown.number, before=base)
    if health is None or not health.columns:
        return []
    chosen = next((each for each in health.columns if each.quality.name == where.column), health.columns[0])
    detail = html.Div(column_card(view, where, health, chosen, look), className="sc-in-sight")
    return [row((7, matrix_card(health, chosen, where)), (5, detail))]


def matrix_card(health: Health, chosen: ColumnHealth, where: Where) -> html.Section:
    every = where.every == "columns" or len(health.columns) <= FIRST_COLUMNS + 1
    shown = list(health.columns) if every else list(health.columns[:FIRST_COLUMNS])
    if chosen not in shown:
        shown.append(chosen)
    columns: list[Column[ColumnHealth]] = [Column("Column", lambda item: _name(item, where)), *(_sign_column(sign) for sign in HEADS)]
    against = f" New words are against No. {health.before}." if health.before is not None else ""
    body = table(
        columns, shown, caption="Columns and what is wrong with them", pick=lambda item: item is chosen, dense=True, class_name="sc-matrix"
    )
    return card(
        matrix_title(health),
        f"Most trouble first; point at a mark for its figure, choose a column for details.{against}",
        [body, _key()],
        flush=True,
        foot=None if every else show_all(f"Show all {number(len(health.columns))} columns", where.link(all="columns")),
    )


def matrix_title(health: Health) -> str:
    """How many columns have any sign of trouble."""
    if not health.troubled:
        return f"All {number(len(health.columns))} columns are sound" if len(health.columns) > 1 else "The only column is sound"
    has = "has" if health.troubled == 1 else "have"
    return f"{number(health.troubled)} of {count(len(health.columns), 'column')} {has} gaps or odd values"


def _name(item: ColumnHealth, where: Where) -> list[Child]:
    link = dcc.Link(clipped(item.quality.label), href=where.link(column=item.quality.name))
    return [link, html.Span(role_label(item.quality.role), className="sc-under")]


def _sign_column(sign: Sign) -> Column[ColumnHealth]:
    head, title = HEADS[sign]
    return Column(head, lambda item: mark_cell(sign, item.marks[sign]), title=title)


def mark_cell(sign: Sign, mark: Mark) -> Component:
    """One mark, whose figure is its title and what a screen reader says."""
    words = mark_words(sign, mark)
    return html.Span(className=f"sc-sign {mark.degree}", title=words, role="img", **aria(label=words))


def mark_words(sign: Sign, mark: Mark) -> str:
    """`24 customers, 1.1%: missing`."""
    if mark.degree == "unknown":
        return "No words to compare" if sign == "new_words" else "Not looked for in this kind of column"
    if mark.degree == "hidden":
        return "Fewer than 10 customers, which your role does not see"
    if sign == "new_words":
        return f"{count(mark.count, 'new word')}" if mark.count else "No new words"
    if sign == "constant":
        return "The same for everybody" if mark.count else "Values differ"
    noun, none = NOUNS[sign]
    return f"{count(mark.count, 'customer')}, {percent(mark.share)}: {noun}" if mark.count else none


def _key() -> html.Div:
    """What the marks mean."""
    marks = (("none", "none"), ("some", "some"), ("much", "much"), ("unknown", "not looked for"))
    parts = [html.Span([html.Span(className=f"sc-sign {degree}"), words]) for degree, words in marks]
    return html.Div(parts, className="sc-sign-key")
