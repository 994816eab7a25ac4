"""A month of one segment's campaigns, laid out: bars over the days that they take, one under another where they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from webapp.services.planning.campaign_calendar import Month, Span, days_in
from webapp.services.planning.campaigns import CampaignSummary

READABLE = 8
"""Days that a name takes: a shorter bar keeps so much room at its right, or at the end of the month at its left, for its name."""


NamePlace = Literal["in", "right", "left"]


@dataclass(frozen=True)
class Bar:
    """A campaign over its days of a month, both counted from 1; whether it began `before` the month and goes on `after` it.

    Its name stands in it, or beside it where it is short.
    """

    campaign: CampaignSummary
    first: int
    last: int
    before: bool
    after: bool
    name: NamePlace

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    @property
    def taken(self) -> tuple[int, int]:
        """The first and the last day that the bar and its name take."""
        return self.first - READABLE * (self.name == "left"), self.last + READABLE * (self.name == "right")


Lane = tuple[Bar, ...]


def lanes(campaigns: Sequence[CampaignSummary], month: Month) -> list[Lane]:
    """As few lines as hold all bars without overlap, the earliest first; at least one, which may be empty."""
    found: list[list[Bar]] = [[]]
    for bar in sorted(filter(None, (bar_of(each, month) for each in campaigns)), key=lambda bar: (bar.taken[0], -bar.last)):
        lane = next((lane for lane in found if not lane or lane[-1].taken[1] < bar.taken[0]), None)
        if lane is None:
            found.append([bar])
        else:
            lane.append(bar)
    return [tuple(lane) for lane in found]


def bar_of(campaign: CampaignSummary, month: Month) -> Bar | None:
    """The bar of a campaign; None where it has no day in the month."""
    span = days_in(campaign, Span(month.first, month.last))
    if span is None:
        return None
    before = campaign.starts_on is None or campaign.starts_on < month.first
    after = campaign.ends_on is None or campaign.ends_on > month.last
    first, last = span.first.day, span.last.day
    name: NamePlace = "in" if last - first + 1 >= READABLE else "right" if last + READABLE <= month.days else "left"
    return Bar(campaign, first, last, before, after, name)
