"""Where a visitor is on the page Data: which snapshot, which one beside it, which part; everything shown follows from the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash.development.base_component import Component

from webapp.edge import View
from webapp.pages.data.ids import TABS
from webapp.services.data.timeline import TimelineEntry
from webapp.ui.places import data_address, item_number
from webapp.ui.tabs import tab_links


@dataclass(frozen=True)
class Where:
    """What the address asks for; what it leaves out, or what does not exist, gives way to something that does.

    `shown` and `against` are snapshots (`against` None: no second one was chosen), `base` the one that changes are told against: the
    second one, else the one before. `every` names the list that is shown whole, `part` counts pages of columns from 1.
    """

    team: str
    dataset: str
    tab: str
    shown: TimelineEntry
    against: TimelineEntry | None
    base: TimelineEntry | None
    column: str | None
    every: str | None
    part: int

    @classmethod
    def of(cls, view: View, snapshots: Sequence[TimelineEntry]) -> Where:
        """`snapshots` are all, newest first; at least one."""
        query = view.query
        current = next((each for each in snapshots if each.current), snapshots[0])
        shown = _numbered(snapshots, query.get("snapshot")) or current
        other = _numbered(snapshots, query.get("against"))
        against = other if other is not shown else None
        earlier = next((each for each in snapshots if each.number < shown.number), None)
        tab = query.get("tab", "")
        usual = "changes" if against else next(iter(TABS))
        return cls(
            team=view.actor.team_slug,
            dataset=view.dataset or "",
            tab=tab if tab in TABS else usual,
            shown=shown,
            against=against,
            base=against or earlier,
            column=query.get("column"),
            every=query.get("all"),
            part=max(1, item_number(query.get("part")) or 1),
        )

    def link(self, **changes: object) -> str:
        """The address with `changes`, each None leaving a part out; a current snapshot goes without saying."""
        asked: dict[str, object] = {
            "snapshot": None if self.shown.current else self.shown.number,
            "against": self.against.number if self.against else None,
            "tab": self.tab,
            "column": self.column,
            "all": self.every,
            "part": None if self.part == 1 else self.part,
        }
        asked |= changes
        if asked["tab"] == ("changes" if asked["against"] else next(iter(TABS))):
            asked["tab"] = None
        return data_address(self.team, self.dataset, **asked)


def tabs(where: Where) -> Component:
    """The parts of the page: each its own address, on the same snapshots."""
    return tab_links(
        "Parts of Data",
        [(words, where.link(tab=tab, column=None, all=None, part=None), tab == where.tab) for tab, words in TABS.items()],
    )


def _numbered(snapshots: Sequence[TimelineEntry], text: str | None) -> TimelineEntry | None:
    number = item_number(text)
    return next((each for each in snapshots if each.number == number), None)
