"""Where a visitor is on the page Explore: everything that is shown follows from the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dash.development.base_component import Component

from segmentation.exploring.rfm import NAMES, RfmName
from webapp.edge import View
from webapp.pages.explore.ids import TABS
from webapp.ui.places import explore_address
from webapp.ui.tabs import tab_links


@dataclass(frozen=True)
class Where:
    """What the address asks for; what it leaves out, or what does not exist, gives way to something that does."""

    team: str
    dataset: str
    tab: str
    outcome: str | None
    measure: str | None
    shown: str | None
    cuts: Mapping[RfmName, str]

    @classmethod
    def of(cls, view: View) -> Where:
        query = view.query
        tab = query.get("tab", "")
        return cls(
            team=view.actor.team_slug,
            dataset=view.dataset or "",
            tab=tab if tab in TABS else next(iter(TABS)),
            outcome=query.get("outcome"),
            measure=query.get("measure"),
            shown=query.get("show"),
            cuts={name: query[name] for name in NAMES if name in query},
        )

    def link(self, **changes: str | None) -> str:
        """The address with `changes`, each None leaving a part out."""
        own: dict[str, str | None] = {"tab": self.tab, "outcome": self.outcome, "measure": self.measure, "show": self.shown}
        asked = own | {str(name): text for name, text in self.cuts.items()} | changes
        return explore_address(self.team, self.dataset, **asked | {"tab": address_tab(asked["tab"])})


def address_tab(tab: str | None) -> str | None:
    """What the address says of a tab; the first goes without saying."""
    return None if tab == next(iter(TABS)) else tab


def tabs(where: Where) -> Component:
    """The parts of the page: each its own address. The outcome that was chosen stays; the rest belongs to its tab."""
    return tab_links(
        "Parts of Explore",
        [
            (words, explore_address(where.team, where.dataset, tab=address_tab(tab), outcome=where.outcome), tab == where.tab)
            for tab, words in TABS.items()
        ],
    )
