"""The figures of a fit in plain words: what each is called, its term, what it says, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dash import html

from segmentation.choosing.verdict import REPEATABLE, SMALLEST_SHARE
from segmentation.clustering import BRIDGED
from webapp.ui.components import Child
from webapp.ui.format import number, percent

Shown = Callable[[float | None], str]


def two(value: float | None) -> str:
    """`0.37`."""
    return number(value, 2)


@dataclass(frozen=True)
class Term:
    """One figure. `name` is its field in a candidate and among a version's figures, `null` that of what shuffled columns give."""

    name: str
    words: str
    term: str
    text: str
    null: str = ""
    shown: Shown = two

    @property
    def title(self) -> str:
        """For hovering over a heading."""
        return f"{self.term[:1].upper()}{self.term[1:]}. {self.text}"


SEPARATION = Term(
    "silhouette",
    "Separation",
    "silhouette",
    "How much nearer customers are to their own segment than to the next: 1 far apart, 0 on the border. Higher is better.",
    "silhouette_null",
)
DISTANCE = Term(
    "gap",
    "Distance from shuffled",
    "gap statistic",
    "How much tighter segments are than those found in shuffled columns, as a logarithm; ± is one standard error. Higher is better.",
)
REPEATABILITY = Term(
    "stability_ari",
    "Repeatability",
    "adjusted Rand index",
    f"Agreement with segments found when customers are drawn again: 1 the same, 0 chance. {REPEATABLE:.2f} is needed. "
    "Twenty draws are made for each fit: another seed gives another figure, by some 0.02 where segments hold, by more where they do not.",
    "stability_null",
)
FORETOLD = Term(
    "prediction_strength",
    "Foretold",
    "prediction strength",
    "How far one half of the customers foretells who belongs together in the other; the worst segment counts. 0.80 is good.",
    "prediction_strength_null",
)
COMPACTNESS = Term(
    "davies_bouldin",
    "Overlap",
    "Davies-Bouldin index",
    "The width of two segments against the distance between them, for the worst neighbour of each. Lower is better.",
    "davies_bouldin_null",
)
CONTRAST = Term(
    "calinski_harabasz",
    "Contrast",
    "Calinski-Harabasz index",
    "Variance between segments over variance inside them. Higher is better; it compares only the same customers and features.",
    "calinski_harabasz_null",
    lambda value: number(value),
)
EXPLAINED = Term(
    "explained",
    "Explained",
    "share of variance",
    "How much of what makes customers differ lies between segments. It grows with every segment, so what counts is the lead.",
    "explained_null",
    lambda value: percent(value, 0),
)
BRIDGE = Term(
    "bridge",
    "In between",
    "density in the valley over the lower peak",
    f"How many customers lie between the two segments that are least apart. A gap needs {BRIDGED:.0%} or less; 100% is no gap at all.",
    shown=lambda value: percent(value, 0),
)
SMALLEST = Term(
    "smallest_share",
    "Smallest segment",
    "share of customers",
    f"The smallest segment's share of all customers. {SMALLEST_SHARE:.0%} is needed for figures that can be trusted.",
    shown=lambda value: percent(value, 1),
)
UNASSIGNED = Term(
    "unassigned",
    "Not assigned",
    "share of customers in no segment",
    "Some algorithms leave out customers who are like nobody else.",
    shown=lambda value: percent(value, 1),
)
AGREEMENT = Term(
    "agreement",
    "Stand-in agrees",
    "agreement of the assigner",
    "Some algorithms cannot place a later customer; a stand-in does, and this share of customers it places as the algorithm did.",
    shown=lambda value: percent(value, 1),
)

TERMS = (SEPARATION, DISTANCE, REPEATABILITY, FORETOLD, COMPACTNESS, CONTRAST, EXPLAINED, BRIDGE, SMALLEST, UNASSIGNED, AGREEMENT)
"""In the order in which pages show them."""


def named_term(term: Term) -> list[Child]:
    """The plain words with the term beside them, and under them what the figure says."""
    name = html.Span([html.Span(term.words, className="sc-strong"), " ", html.Span(term.term, className="sc-muted sc-term")])
    return [name, html.Span(term.text, className="sc-under")]
