"""Figures of an exploration as a visitor sees them: in their theme and width, and with every typed word as plain text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from segmentation.describing.profile_types import Measure
from segmentation.exploring.exploration import Association, Exploration, ExploredOutcome
from segmentation.plots import Chart
from webapp.edge import View
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child
from webapp.ui.drawing import figure_text, unescaped_words
from webapp.ui.format import currency_sign
from webapp.ui.theme import theme_of


@dataclass(frozen=True)
class Look:
    """How figures are drawn for a visitor."""

    theme: Any
    narrow: bool
    currency: str | None

    @classmethod
    def of(cls, view: View, currency: str | None) -> Look:
        return cls(theme_of(view.display), view.display.narrow, currency_sign(currency) or None)

    def options(self) -> dict[str, Any]:
        """As the keyword arguments of every plot."""
        return {"theme": self.theme, "narrow": self.narrow, "currency": self.currency}


def exploration_card(name: str, draw: Callable[..., Chart | None], *drawn: Any, foot: Child = None, **options: Any) -> Child:
    """What `draw` makes of escaped words, in its card; nothing without a chart."""

    def chart() -> Chart | None:
        made = draw(*drawn, **options)
        return None if made is None else unescaped_words(made)

    return chart_or_error(name, chart, foot=foot)


def escaped(exploration: Exploration) -> Exploration:
    """The same under labels that are safe to draw: people and files bring them, and Plotly reads markup in them."""
    return replace(
        exploration,
        measures=tuple(_measure(each) for each in exploration.measures),
        categories=tuple(_measure(each) for each in exploration.categories),
        spreads=tuple(replace(each, names=tuple(figure_text(name) for name in each.names)) for each in exploration.spreads),
        levels=tuple(
            replace(each, levels=tuple(replace(level, label=figure_text(level.label)) for level in each.levels))
            for each in exploration.levels
        ),
        outcomes=tuple(_outcome(each) for each in exploration.outcomes),
    )


def _measure(measure: Measure) -> Measure:
    return replace(measure, label=figure_text(measure.label), short=figure_text(measure.short))


def _outcome(outcome: ExploredOutcome) -> ExploredOutcome:
    return replace(outcome, label=figure_text(outcome.label), associations=tuple(_association(each) for each in outcome.associations))


def _association(association: Association) -> Association:
    groups = tuple(replace(group, label=figure_text(group.label)) for group in association.groups)
    return replace(association, groups=groups)
