"""One column in detail: its histogram, its figures, and what its import noticed."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from segmentation.intake import Finding
from segmentation.plots import Chart
from segmentation.plots.exploration import category_bars, histograms
from webapp.edge import View
from webapp.pages.data.parts import clipped, value_words
from webapp.pages.data.where import Where
from webapp.services.access import Permission
from webapp.services.data import column_pages
from webapp.services.data.quality import ColumnHealth, Health
from webapp.services.data.snapshot_changes import WordCount
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, badge, card, hidden_text, icon
from webapp.ui.drawing import unescaped_words
from webapp.ui.exploring import Look, escaped
from webapp.ui.format import MISSING, count, filled_text, number, percent
from webapp.ui.wording import role_label

KEPT_BACK = "One customer's value: for those who may see customers"


def column_card(view: View, where: Where, health: Health, column: ColumnHealth, look: Look) -> Component:
    """Figures and findings, and below them how customers spread over the column."""
    quality = column.quality
    title: list[Child] = [
        clipped(quality.label, wide=True),
        badge("Sensitive", title="Never used to find segments") if column.sensitive else None,
    ]
    parts: list[Child] = [_figures(view, health, column), _words(column), _findings(column.findings)]
    facts = card(
        html.Span(title, className="sc-snapshot"), role_label(quality.role), [part for part in parts if part], className="sc-stack"
    )
    return html.Div([facts, _chart(view, where, column, look)])


def _figures(view: View, health: Health, column: ColumnHealth) -> Component:
    extremes = view.actor.may(Permission.VIEW_CUSTOMERS)
    quality, marks = column.quality, column.marks
    rows: list[tuple[str, Child]] = [("Filled", filled_text(quality.filled)), ("Different values", number(quality.distinct))]
    if quality.kind != "text":
        rows.append(("Lowest", value_words(quality.low, quality) if extremes else _kept_back()))
    rows.append(("Commonest word" if quality.kind == "text" else "Median", clipped(value_words(quality.typical, quality))))
    if quality.kind != "text":
        rows.append(("Highest", value_words(quality.high, quality) if extremes else _kept_back()))
    for sign, label in (("outliers", "Outliers"), ("implausible", "Implausible")):
        mark = marks[sign]  # type: ignore[index]
        if mark.degree == "hidden":
            rows.append((label, "fewer than 10"))
        elif mark.count:
            rows.append((label, f"{number(mark.count)} ({percent(mark.count / health.customers)})"))
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in rows], className="sc-facts-grid")


def _kept_back() -> html.Span:
    return html.Span([MISSING, hidden_text(KEPT_BACK)], title=KEPT_BACK)


def _words(column: ColumnHealth) -> Child:
    words = column.words
    if words is None or not (words.new or words.gone):
        return None
    lines = [
        word_line(title, amount, named)
        for title, amount, named in (("New", words.new, words.new_words), ("Gone", words.gone, words.gone_words))
    ]
    return html.Div([line for line in lines if line], className="sc-came")


def word_line(title: str, amount: int, named: Sequence[WordCount]) -> Child:
    """`New: York 12, Bath 3 and 4 more`."""
    if not amount:
        return None
    parts: list[Child] = [html.B(f"{title}: ")] if title else []
    for each in named:
        figure = html.Span(f" {number(each.customers)}", className="sc-muted") if each.customers else None
        parts.append(html.Span([clipped(each.word), figure], className="sc-came-word"))
    if amount > len(named):
        parts.append(html.Span(f"and {number(amount - len(named))} more", className="sc-muted"))
    return html.Div(parts)


def _findings(findings: Sequence[Finding]) -> Child:
    if not findings:
        return None
    ordered = sorted(findings, key=lambda finding: finding.severity != "flag")
    return html.Ul([_finding(finding) for finding in ordered], className="sc-probs sc-probs-in")


def _finding(finding: Finding) -> html.Li:
    flag = finding.severity == "flag"
    mark = icon("exclamation-triangle-fill", tone="wn", label="Handled") if flag else icon("info-circle", tone="i", label="To know")
    words: list[Child] = [html.B(finding.message)]
    if finding.lines:
        shown = ", ".join(number(line) for line in finding.lines)
        more = finding.count - len(finding.lines)
        words.append(
            html.Span(
                f"{'Line' if finding.count == 1 else 'Lines'} {shown}{f' and {number(more)} more' if more > 0 else ''} of the file",
                className="ln",
            )
        )
    return html.Li([mark, html.Div(words)])


def _chart(view: View, where: Where, column: ColumnHealth, look: Look) -> Child:
    name = column.quality.name
    against = where.against.number if where.against else None
    page = column_pages.show_columns(
        view.session, view.actor, view.resources.store, where.dataset, where.shown.number, [name], against=against
    )

    def draw() -> Chart | None:
        if page is None:
            return None
        shown, behind = escaped(page.shown), escaped(page.behind) if page.behind else None
        chart = histograms(shown, behind=behind, single=True, **look.options()) or category_bars(shown, behind=behind, **look.options())
        return unescaped_words(chart) if chart else None

    foot = f"The line shows No. {against}." if against is not None else None
    return chart_or_error("column", draw, empty=lambda: _not_drawn(column), foot=foot)


def _not_drawn(column: ColumnHealth) -> Component:
    text = "It has no values." if not column.quality.filled else "Its values belong to single customers, or too few customers share one."
    return card("Nothing to draw", f"{text} {count(column.quality.distinct, 'different value')}.")
