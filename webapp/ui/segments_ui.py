"""How segments, verdicts and campaigns appear on every page that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dash import dcc, html
from dash.development.base_component import Component

from segmentation.choosing.verdict import SMALLEST_SHARE
from segmentation.describing.bands import JACCARD, BandName, stability_band
from segmentation.describing.profiles import Evidence, Profiles, SegmentProfile
from segmentation.palette import SegmentStyle
from webapp.services.planning.campaigns import CampaignSummary
from webapp.services.segmenting.segments import SegmentsOverview, crossed_names
from webapp.ui import format
from webapp.ui.campaign_form import STATUS_WORDS
from webapp.ui.campaign_tags import campaign_tags
from webapp.ui.components import Child, Tone, badge, bar_pair, icon, segment_mark, slot_class
from webapp.ui.places import segment_address

_BANDS: dict[BandName, tuple[Tone, str]] = {
    "highly stable": ("good", "check-circle-fill"),
    "stable": ("good", "check-circle-fill"),
    "doubtful": ("warn", "exclamation-triangle-fill"),
    "unstable": ("warn", "exclamation-octagon-fill"),
}
EVERYBODY = "all"
"""Stands for a segment's key in the address of an export of all customers."""

MOST_CARDS = 5
"""Segment cards in one row of a wide page."""

_COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_VERDICTS: dict[str | None, tuple[str, Tone, str]] = {
    "natural": ("Natural groups", "good", "check-circle-fill"),
    "useful": ("Useful, without gaps", "info", "info-circle-fill"),
    "none": ("No natural segments", "neutral", "slash-circle"),
}
STATUS_ICONS = {
    "draft": "pencil",
    "planned": "calendar-event",
    "running": "play-circle",
    "done": "check-circle-fill",
    "archived": "archive",
}
"""A campaign's status in one sign; its word always stands beside it."""

_STATUS_TONES: dict[str, Tone] = {"running": "info", "done": "good"}


@dataclass(frozen=True)
class Where:
    """The dataset that links lead to, and the version in the address when it is not the champion."""

    team: str
    dataset: str
    version: int | None = None

    def segment(self, key: str, tab: str | None = None) -> str:
        return segment_address(self.team, self.dataset, key, version=self.version, tab=tab)


def verdict_badge(word: str | None, headline: str = "") -> html.Span | None:
    """The verdict in two or three words, its sentence on hover; nothing where a version has none."""
    if word not in _VERDICTS:
        return None
    text, tone, icon_name = _VERDICTS[word]
    return badge(text, tone, icon_name, title=headline)


def stability_badge(stability: float | None) -> html.Span | None:
    """How far a segment comes back when the customers are resampled: a word and a figure, what they mean on hover."""
    if stability is None:
        return None
    band = stability_band(stability)
    tone, icon_name = _BANDS[band.name]
    return badge(f"{band.name.capitalize()} {stability:.2f}", tone, icon_name, title=f"{band.explanation} {JACCARD}")


def fact_text(fact: Evidence) -> list[Child]:
    """What was measured, its figure, and what that is to be compared to."""
    reference: list[Child] = [" ", html.Small(fact.reference)] if fact.reference else []
    return [html.Span(fact.label), " ", html.Span([html.B(fact.text), *reference], className="v")]


def status_badge(status: str) -> html.Span:
    """Where a campaign stands."""
    return badge(STATUS_WORDS.get(status, status), _STATUS_TONES.get(status, "neutral"), STATUS_ICONS.get(status, "circle"))


def segment_name(slot: int, name: str, href: str | None = None, *, retired: bool = False) -> Component:
    """Mark and name, a link where there is somewhere to go; a segment that the champion no longer has says so."""
    parts: list[Child] = [segment_mark(slot), html.Bdi(name)]
    if retired:
        parts.append(badge("Retired", icon_name="slash-circle", title="The champion no longer has this segment; the tag is kept."))
    return dcc.Link(parts, href=href, className="sc-seg") if href else html.Span(parts, className="sc-seg")


def segments_sentence(overview: SegmentsOverview) -> str:
    """How many segments, in which version, how repeatable, and how small the smallest is."""
    segments = overview.profiles.segments
    start = f"{_spelled(len(segments))} {'segment' if len(segments) == 1 else 'segments'} in version {overview.version.number}."
    smallest = f"the smallest has {format.number(min(segment.size for segment in segments))}."
    repeat = _repeatability(segments)
    return f"{start} {repeat}; {smallest}" if repeat else f"{start} {smallest[0].upper()}{smallest[1:]}"


def _repeatability(segments: Sequence[SegmentProfile]) -> str:
    known = [segment.stability for segment in segments if segment.stability is not None]
    good = sum(stability_band(stability).trusted for stability in known)
    if not known:
        return ""
    if good == len(segments):
        return "All repeat when the customers are resampled"
    if good == 0:
        return "None repeats reliably when the customers are resampled"
    return f"{_spelled(good)} of them {'repeats' if good == 1 else 'repeat'} when the customers are resampled"


@dataclass(frozen=True)
class Holding:
    """What says how far one segment can be planned on: its share of customers, and how far it comes back (None: not measured)."""

    name: str
    share: float
    stability: float | None

    @property
    def weakness(self) -> str:
        """`4.1% of customers`, `comes back 0.62 of 1`; empty where nothing is wrong with it."""
        small = f"{format.percent(self.share, 1)} of customers" if self.share < SMALLEST_SHARE else ""
        shaky = self.stability is not None and not stability_band(self.stability).trusted
        return ", ".join(part for part in (small, f"comes back {self.stability:.2f} of 1" if shaky else "") if part)


def holdings(styles: Sequence[SegmentStyle], profiles: Profiles) -> list[Holding]:
    """The segments of a version as `weak_segments_words` takes them."""
    return [Holding(style.name, each.share, each.stability) for style, each in zip(styles, profiles.segments, strict=True)]


def weak_segments_words(word: str | None, separated: bool, segments: Sequence[Holding]) -> str:
    """Of a version with the verdict `none`: which segments make it so, where they are few of them, and what to do with those.

    Nothing where segments are no better separated than shuffled columns: none of them is to be planned on.
    """
    weak = [each for each in segments if each.weakness]
    if word != "none" or not separated or not weak or 2 * len(weak) > len(segments):
        return ""
    named = format.listing([f"{each.name} ({each.weakness})" for each in weak])
    return f"What does not hold: {named}. Plan on the other segments, and count those customers to their runner-up segments."


def _spelled(n: int) -> str:
    return _COUNTS[n] if n < len(_COUNTS) else format.number(n)


def segment_cards(overview: SegmentsOverview, where: Where) -> html.Div:
    """A card for each segment, in the order of the version's clusters."""
    crossed = crossed_names(overview.styles, overview.profiles.segments)
    cards = [
        segment_card(
            style,
            profile,
            where.segment(style.key),
            overview.campaigns.get(style.key, ()),
            _beside_name(came_from(overview, style.key), crossed.get(style.key)),
        )
        for style, profile in zip(overview.styles, overview.profiles.segments, strict=True)
    ]
    return html.Div(cards, className="sc-segrow", style={"--cols": cards_a_row(len(cards))})


def _beside_name(origin: str, evidence: str | None) -> str:
    """What has to stand beside a segment's name so that nobody is misled by it."""
    return ". ".join(each for each in (origin, f"This version’s evidence says “{evidence}”" if evidence else "") if each)


def came_from(overview: SegmentsOverview, key: str) -> str:
    """What its name does not say: that it is back, which segments of the version before it took in, or which one it was split off from."""
    if key in overview.back:
        return f"Back: version {overview.back[key]} had it"
    if key in overview.split_from:
        return f"Split off from {overview.split_from[key].name}"
    took_in = [style.name for style in overview.took_in.get(key, ())]
    return f"Took in {format.listing(took_in)}" if took_in else ""


def cards_a_row(cards: int) -> int:
    """As many as leave the last row nearly as full as the others, at most `MOST_CARDS`."""
    rows = ceil(cards / MOST_CARDS)
    return ceil(cards / max(rows, 1))


def segment_card(
    style: SegmentStyle, profile: SegmentProfile, href: str, campaigns: Sequence[CampaignSummary] = (), came_from: str = ""
) -> dcc.Link:
    """Name, where it comes from, size, share of customers beside share of spend, three pieces of evidence, how stable it is and its
    campaigns.
    """
    origin = html.P(came_from) if came_from else None
    parts = [
        html.Div([html.H3([segment_mark(style.slot), html.Span(style.name)]), origin], className="sc-segcard-head"),
        html.Div([html.B(format.number(profile.size)), html.Span("customers" if profile.size != 1 else "customer")], className="fig"),
        bar_pair(profile.share, profile.value_share, style.slot),
        html.Ul([html.Li(fact_text(fact)) for fact in profile.evidence[:3]], className="sc-ev"),
        html.Div([stability_badge(profile.stability), campaign_tags(campaigns, short=True), icon("arrow-right")], className="foot"),
    ]
    return dcc.Link(parts, href=href, className=f"sc-card sc-segcard {slot_class(style.slot)}")


def asked_version(query: Mapping[str, str]) -> int | None:
    """The version in the address; None (the champion) where it names none."""
    text = query.get("v", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
