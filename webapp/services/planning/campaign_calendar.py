"""Campaigns over time: which reach a segment in a month, which at the same time, and what day it is for the team."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Champion, Segment, VersionSegment
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.planning.campaigns import CampaignSummary, list_campaigns
from webapp.services.zones import zone_of

EARLIEST, LATEST = date.min, date.max


@dataclass(frozen=True)
class Month:
    """One month of a calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> Month | None:
        """`2026-12`; None where it says no month between 1970 and 2199."""
        year, _, number = text.partition("-")
        if not (year.isascii() and year.isdigit() and number.isascii() and number.isdigit()) or len(year) != 4 or len(number) > 2:
            return None
        return cls(int(year), int(number)) if 1970 <= int(year) < 2200 and 1 <= int(number) <= 12 else None

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def days(self) -> int:
        return monthrange(self.year, self.number)[1]

    @property
    def last(self) -> date:
        return date(self.year, self.number, self.days)

    def moved(self, months: int) -> Month:
        """So many months later, or earlier."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True)
class Span:
    """From one day to another, both within."""

    first: date
    last: date

    def within(self, other: Span) -> Span | None:
        """The days that both have; None where they share none."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Span(first, last) if first <= last else None


@dataclass(frozen=True)
class Clash:
    """Another live campaign for some of the same segments at the same time. A day without end is `EARLIEST` or `LATEST`."""

    campaign: CampaignSummary
    segments: tuple[str, ...]
    shared: Span


@dataclass(frozen=True)
class CalendarRow:
    """One segment in a month: the campaigns with a day in it, by their first day, and those of them that meet."""

    key: str
    name: str
    slot: int
    customers: int
    retired: bool
    campaigns: tuple[CampaignSummary, ...]
    together: tuple[tuple[CampaignSummary, CampaignSummary, Span], ...]


@dataclass(frozen=True)
class Calendar:
    """A month of campaigns by segment. `loose` have dates and no segment, `undated` no dates yet; `today` is the team's day."""

    month: Month
    today: date
    rows: tuple[CalendarRow, ...]
    loose: tuple[CampaignSummary, ...]
    undated: tuple[CampaignSummary, ...]


def team_today(session: Session, actor: Actor) -> date:
    """What day it is in the team's time zone."""
    return datetime.now(zone_of(session, actor)).date()


def show_calendar(
    session: Session, actor: Actor, dataset: str, campaigns: Sequence[CampaignSummary], *, month: Month | None = None
) -> Calendar:
    """`campaigns` of the dataset in a month (default: the one that it is): the champion's segments first, retired ones with a tag last."""
    require(actor, Permission.VIEW)
    today = team_today(session, actor)
    month = month or Month.of(today)
    here = Span(month.first, month.last)
    dated = sorted((each for each in campaigns if days_in(each, here)), key=lambda each: (each.starts_on or EARLIEST, each.name))
    return Calendar(
        month=month,
        today=today,
        rows=_rows(session, actor, dataset, dated, here),
        loose=tuple(each for each in dated if not each.tags),
        undated=tuple(each for each in campaigns if not (each.starts_on or each.ends_on)),
    )


def find_clashes(session: Session, actor: Actor, dataset: str, campaign: CampaignSummary) -> tuple[Clash, ...]:
    """Other live campaigns for the same segments in the same days, the earliest first; none for one that is done or archived."""
    own = _span(campaign)
    if own is None or not campaign.live:
        return ()
    keys, found = {tag.segment_key for tag in campaign.tags}, []
    for other in list_campaigns(session, actor, dataset):
        names = tuple(tag.segment_name for tag in other.tags if tag.segment_key in keys)
        theirs = _span(other)
        shared = theirs.within(own) if theirs else None
        if other.id != campaign.id and other.live and names and shared:
            found.append(Clash(other, names, shared))
    return tuple(sorted(found, key=lambda clash: (clash.shared.first, clash.campaign.name)))


def days_in(campaign: CampaignSummary, month: Span) -> Span | None:
    """The part of `month` that a campaign takes; None without one, or without dates."""
    own = _span(campaign)
    return own.within(month) if own else None


def _span(campaign: CampaignSummary) -> Span | None:
    """When it runs: without a first day since ever, without a last day for good; None without either."""
    if not (campaign.starts_on or campaign.ends_on):
        return None
    return Span(campaign.starts_on or EARLIEST, campaign.ends_on or LATEST)


def _rows(session: Session, actor: Actor, dataset: str, dated: Sequence[CampaignSummary], month: Span) -> tuple[CalendarRow, ...]:
    """A row for each segment of the champion in the order of its clusters, then for each retired one that a shown campaign is tagged to."""
    retired = {tag.segment_key: tag for each in dated for tag in each.tags if tag.retired}
    live = _champions_segments(session, actor, dataset)
    rows = [_row(key, name, slot, size, False, dated, month) for key, name, slot, size in live]
    return (*rows, *(_row(key, tag.segment_name, tag.slot, 0, True, dated, month) for key, tag in sorted(retired.items())))


def _champions_segments(session: Session, actor: Actor, dataset: str) -> list[tuple[str, str, int, int]]:
    """Key, name, slot and size of each."""
    row = team_dataset(session, actor, dataset)
    champion = session.scalars(team_rows(actor, Champion).where(Champion.dataset_id == row.id)).one_or_none()
    if champion is None:
        return []
    found = session.execute(
        select(Segment, VersionSegment.size)
        .join(VersionSegment, VersionSegment.segment_id == Segment.id)
        .where(VersionSegment.version_id == champion.version_id, Segment.team_id == actor.team_id)
        .order_by(VersionSegment.cluster)
    )
    return [(segment.key, segment.shown_name, segment.slot, size) for segment, size in found]


def _row(key: str, name: str, slot: int, customers: int, retired: bool, dated: Sequence[CampaignSummary], month: Span) -> CalendarRow:
    own = tuple(each for each in dated if each.reaches(key))
    return CalendarRow(key, name, slot, customers, retired, own, _together(own, month))


def _together(campaigns: Sequence[CampaignSummary], month: Span) -> tuple[tuple[CampaignSummary, CampaignSummary, Span], ...]:
    """Each two that run in the same days of the month, with those days."""
    spans = {each.id: days_in(each, month) for each in campaigns}
    found = []
    for one, other in combinations(campaigns, 2):
        first, second = spans[one.id], spans[other.id]
        shared = first.within(second) if first and second else None
        if shared:
            found.append((one, other, shared))
    return tuple(found)
