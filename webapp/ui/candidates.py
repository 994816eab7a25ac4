"""Candidates of a sweep: how each stands, and the table of them, sorted as the address asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from segmentation.choosing.selection import Candidate
from segmentation.choosing.verdict import REPEATABLE, judge, lacks
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.sweep_results import Tried
from webapp.ui.components import Child, badge, icon
from webapp.ui.format import MISSING, duration, number, percent
from webapp.ui.tables import Column, meter, table
from webapp.ui.terms import AGREEMENT, COMPACTNESS, CONTRAST, DISTANCE, FORETOLD, REPEATABILITY, SEPARATION, SMALLEST, UNASSIGNED, Term

FEW = 10
"""Rows that a table shows until somebody asks for all."""

_LACKS = {"separation": "Not separated", "repeatability": "Does not repeat", "size": "Segment too small"}
_WHY = {
    "separation": "Hardly better separated than shuffled columns",
    "repeatability": f"Agreement between resamples under {REPEATABLE:.2f}",
    "size": "The smallest segment is too small to plan for",
}
Key = Callable[[Candidate], float | None]


@dataclass(frozen=True)
class Order:
    """What a table is sorted by: a key of `SORTS`, and whether the largest come first."""

    by: str = "best"
    descending: bool = True

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Order:
        """As the address says; anything unknown is the usual order."""
        text = query.get("sort", "")
        by = text.removeprefix("-")
        return cls(by, text.startswith("-")) if by in SORTS else cls()

    def turned(self, by: str) -> str:
        """What the address says to sort by `by`, the other way round where it is so already. The best come first at first."""
        first = by not in LOWER_IS_BETTER
        return f"-{by}" if (not self.descending if by == self.by else first) else by


def standing(found: Tried, candidate: Candidate, *, chosen: str = "Recommended") -> Component:
    """The verdict on one candidate in a word, with the reason on hover."""
    if (candidate.algorithm, candidate.k) == found.recommended:
        return badge(chosen, "info", "star-fill")
    if is_natural(found, candidate):
        return badge("Natural", "good", title="There are gaps between all segments")
    missing = lacks(candidate)
    if missing:
        return badge(_LACKS[missing[0]], "warn", title="; ".join(_WHY[lack] for lack in missing))
    return badge("Useful", title="Separated, repeatable, and no segment too small")


def is_natural(found: Tried, candidate: Candidate) -> bool:
    return judge(found.candidates, candidate).word == "natural"


def sorted_candidates(found: Tried, order: Order) -> list[Candidate]:
    """All candidates; in the usual order the recommended one first, then those that lack nothing, the best separated first."""
    if order.by == "best":
        return sorted(found.candidates, key=lambda each: (*_usual(found, each), -each.silhouette))
    if order.by == "method":
        return sorted(found.candidates, key=lambda each: (algorithm_name(each.algorithm), each.k), reverse=order.descending)
    key = SORTS[order.by]
    known = [each for each in found.candidates if key(each) is not None]
    unknown = [each for each in found.candidates if key(each) is None]
    return sorted(known, key=lambda each: key(each) or 0.0, reverse=order.descending) + unknown


def _usual(found: Tried, candidate: Candidate) -> tuple[bool, bool, int]:
    chosen = (candidate.algorithm, candidate.k) == found.recommended
    natural = is_natural(found, candidate)
    return not chosen, not natural, 0 if natural else len(lacks(candidate))


def candidate_columns(
    found: Tried, *, order: Order, address: Callable[[str], str] | None = None, chosen: str = "Recommended"
) -> list[Column[Candidate]]:
    """The columns of a leaderboard. With `address` (of a `sort`) its heads are links that sort."""

    def head(by: str, words: str) -> Child:
        if address is None:
            return words
        arrow = icon("arrow-down" if order.descending else "arrow-up") if order.by == by else None
        # Not dcc.Link, which would jump to the top of the page (see lab.js).
        return html.A([words, arrow], href=address(order.turned(by)), className="sc-sort sc-turn")

    def figure(term: Term, cell: Callable[[Candidate], Child | list[Child]]) -> Column[Candidate]:
        return Column(head(term.name, term.words), cell, numeric=True, title=term.title, order=_order(order, term.name))

    columns = [
        Column(
            head("method", "Method"),
            lambda each: html.Span(algorithm_name(each.algorithm), className="sc-strong"),
            order=_order(order, "method"),
        ),
        Column(head("k", "Segments"), lambda each: number(each.k), numeric=True, order=_order(order, "k")),
        Column("Verdict", lambda each: standing(found, each, chosen=chosen)),
        figure(SEPARATION, lambda each: _beside(SEPARATION.shown(each.silhouette), SEPARATION.shown(each.silhouette_null))),
        figure(DISTANCE, lambda each: [number(each.gap, 2), html.Span(f"± {each.gap_error:.3f}", className="sc-under")]),
        figure(REPEATABILITY, lambda each: meter(each.stability_ari, number(each.stability_ari, 2), warn=each.stability_ari < REPEATABLE)),
        figure(FORETOLD, lambda each: FORETOLD.shown(each.prediction_strength)),
        figure(COMPACTNESS, lambda each: COMPACTNESS.shown(each.davies_bouldin)),
        figure(CONTRAST, lambda each: CONTRAST.shown(each.calinski_harabasz)),
        figure(SMALLEST, lambda each: SMALLEST.shown(each.smallest_share)),
    ]
    if any(each.unassigned for each in found.candidates):
        columns.append(figure(UNASSIGNED, lambda each: UNASSIGNED.shown(each.unassigned) if each.unassigned else MISSING))
    if any(each.agreement is not None for each in found.candidates):
        columns.append(figure(AGREEMENT, lambda each: AGREEMENT.shown(each.agreement)))
    columns.append(
        Column(
            head("seconds", "Time"),
            lambda each: duration(each.seconds),
            numeric=True,
            title="Time for one fit",
            order=_order(order, "seconds"),
        )
    )
    return columns


def candidate_table(found: Tried, columns: Sequence[Column[Candidate]], shown: Sequence[Candidate], caption: str) -> Component:
    """The table with the recommended (or fitted) row marked."""
    return table(
        columns, shown, caption=caption, class_name="sc-nowrap sc-leader", pick=lambda each: (each.algorithm, each.k) == found.recommended
    )


def candidate_list(found: Tried, shown: Sequence[Candidate], action: Callable[[Candidate], Child]) -> html.Ul:
    """The same as a list, for a phone."""
    return html.Ul([_list_item(found, each, action(each)) for each in shown], className="sc-list")


def _list_item(found: Tried, candidate: Candidate, action: Child) -> html.Li:
    name = f"{algorithm_name(candidate.algorithm)}, {candidate.k} segments"
    figures = (
        f"Separation {number(candidate.silhouette, 2)} (shuffled {number(candidate.silhouette_null, 2)}), repeatability "
        f"{number(candidate.stability_ari, 2)}, smallest {percent(candidate.smallest_share, 1)}"
    )
    words = html.Div([html.B(name), html.Span(figures), html.Div(standing(found, candidate), className="sc-list-badge")], className="w")
    return html.Li([words, html.Div(action, className="end")])


def _beside(value: str, null: str) -> list[Child]:
    return [value, html.Span(f"shuffled {null}", className="sc-under")]


def _order(order: Order, by: str) -> str:
    return "" if order.by != by else "descending" if order.descending else "ascending"


SORTS: Mapping[str, Key] = {
    "method": lambda each: None,
    "k": lambda each: each.k,
    SEPARATION.name: lambda each: each.silhouette,
    DISTANCE.name: lambda each: each.gap,
    REPEATABILITY.name: lambda each: each.stability_ari,
    FORETOLD.name: lambda each: each.prediction_strength,
    COMPACTNESS.name: lambda each: each.davies_bouldin,
    CONTRAST.name: lambda each: each.calinski_harabasz,
    SMALLEST.name: lambda each: each.smallest_share,
    UNASSIGNED.name: lambda each: each.unassigned,
    AGREEMENT.name: lambda each: each.agreement,
    "seconds": lambda each: each.seconds,
}
LOWER_IS_BETTER = ("method", "k", COMPACTNESS.name, UNASSIGNED.name, "seconds")
