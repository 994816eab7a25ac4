"""The cards of Compare: how alike, what became of each segment, how profiles and figures changed, and which columns drifted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from dash import dcc, html
from dash.development.base_component import Component

from segmentation import plots
from segmentation.lineage import CONTINUED_FROM, NEAR, ORIGIN, Fate
from segmentation.palette import SegmentStyle
from segmentation.wording import quantity
from webapp.edge import View
from webapp.pages.compare.ids import FIRST_MEASURES, Ids
from webapp.services.data import comparing
from webapp.services.data.comparing import ColumnChange, Comparison
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.segmenting.compared import Match, MeasureChange, SideOf, VersionsCompared
from webapp.services.segmenting.lineages import SegmentLink, VersionLineage
from webapp.ui.charts import chart_or_error
from webapp.ui.components import Child, Tone, badge, card, empty_state, half_row, segment_label, tile
from webapp.ui.format import MISSING, by, count, currency_sign, day, listing, number, percent, signed
from webapp.ui.moving import drawn_between
from webapp.ui.places import data_address, segment_address
from webapp.ui.tables import Column, table
from webapp.ui.terms import TERMS, Term, named_term

ALIKE = ((0.9, "almost the same"), (0.8, "much alike"), (0.65, "alike in the main"), (-2.0, "different"))
"""From which adjusted Rand index on two divisions are called so (Steinley 2004: excellent, good, moderate, poor)."""
RAND_HELP = (
    "Adjusted Rand index: of all pairs of customers, how often both versions agree whether they belong together, beyond chance. "
    "1 the same, 0 chance (Hubert and Arabie 1985)."
)
INFORMATION_HELP = (
    "Adjusted mutual information: how much one version's segment tells of the other's, beyond chance. 1 everything, 0 nothing "
    "(Vinh, Epps and Bailey 2010)."
)
OVERLAP_HELP = (
    "Customers who are in both, as a share of each, and how far apart the means of the two lie: the root mean square over their measures, "
    "in standard deviations of all customers."
)
APART_HELP = "How far the mean moved beyond what all customers changed, in standard deviations (sd) of all customers before: 0.2 is little."
PSI_HELP = "Population stability index (Siddiqi 2006): 0 where customers spread over the values of the column as they did before."
CHANCE_HELP = "What the index stays below 95 times in 100 where nothing changed but who was drawn"
FATES: dict[Fate, tuple[str, Tone, str]] = {
    Fate.CONTINUED: ("Continued", "good", "arrow-right"),
    Fate.SPLIT: ("Split off", "info", "signpost-split"),
    Fate.MERGED: ("Merged", "info", "sign-merge-left"),
    Fate.NEW: ("New", "info", "plus-circle"),
    Fate.RETIRED: ("Retired", "neutral", "slash-circle"),
}
BACK: tuple[str, Tone, str] = ("Back", "info", "arrow-counterclockwise")
"""A segment that is new beside the version before, and that an earlier champion had."""
DRIFT: dict[str, tuple[str, Tone, str | None]] = {
    "steady": ("Steady", "neutral", "dash-circle"),
    "some": ("Some drift", "info", "arrow-left-right"),
    "large": ("Large drift", "warn", None),
}


def alike_words(rand: float) -> str:
    """How alike two divisions with that adjusted Rand index are, in words."""
    return next(words for least, words in ALIKE if rand >= least)


def tiles(found: VersionsCompared) -> html.Div:
    """How alike the two are, and how many customers say so."""
    sizes = f"{count(len(found.before.styles), 'segment')} before"
    left_out = f"{count(found.left_out, 'customer')} of both in no segment of one" if found.left_out else "whom both versions placed"
    rand = "two divisions cannot be compared" if found.rand is None else f"the two divisions are {alike_words(found.rand)}"
    return half_row(
        tile("How alike", number(found.rand, 2), note=rand, help_text=RAND_HELP),
        tile("Shared information", number(found.information, 2), note="1 the same, 0 chance", help_text=INFORMATION_HELP),
        tile("Customers in both", number(found.placed), note=left_out),
        tile("Segments", number(len(found.after.styles)), note=sizes),
    )


def charts(view: View, found: VersionsCompared) -> list[Child]:
    """From segment to segment, as bands and as a table of cells."""
    shared = shared_order(found)
    rows, columns = in_order(found.before.styles, shared), in_order(found.after.styles, shared)
    counts = [[found.table[a][b] for b in columns] for a in rows]
    before, after = tuple(found.before.styles[a] for a in rows), tuple(found.after.styles[b] for b in columns)
    drawing = partial(drawn_between, display=view.display, currency=found.currency)
    flows, overlap = (partial(drawing, plot, counts, before, after) for plot in (plots.version_flows, plots.overlap_map))
    cards = [chart_or_error(name, draw, empty=nobody) for name, draw in ((Ids.FLOWS, flows), (Ids.OVERLAP, overlap))]
    return [html.Div(each, className="sc-stack") for each in cards[: None if found.placed else 1]]


def shared_order(found: VersionsCompared) -> list[str]:
    """The keys of the segments that both versions have, as the later one has them: in this order they stand first, on both sides alike."""
    before = {style.key for style in found.before.styles}
    return [style.key for style in found.after.styles if style.key in before]


def in_order(styles: Sequence[SegmentStyle], shared: Sequence[str]) -> list[int]:
    """Places in `styles`: first those of the `shared` segments in their order, then the others."""
    places = {style.key: at for at, style in enumerate(styles)}
    return [places[key] for key in (*shared, *(key for key in places if key not in shared))]


def nobody() -> Component:
    """In place of a chart of customers whom both versions placed."""
    text = "The two versions have no customers in common whom both placed, so their segments can be matched by their profiles alone."
    return card(body=empty_state("people", "No shared customers", text))


def matching_card(
    view: View, found: VersionsCompared, lineage: VersionLineage | None, correct: Child, take_back: Callable[[SegmentLink], Child]
) -> html.Section:
    """What became of every segment, with the overlap or the person that says so; `correct` is the way to say otherwise, `take_back` the
    way back from what somebody said of a segment."""
    said, backs = words_of_people(lineage, take_back), backs_of(lineage)
    columns: list[Column[Match]] = [
        Column("What became of it", lambda item: [badge(*_fate(item, backs)), _said(item, said), _had(item, backs)]),
        Column("Before", lambda item: _named(view, item.before, found.before)),
        Column("After", lambda item: _named(view, item.after, found.after)),
        Column("Customers", lambda item: f"{number(item.size_before)} → {number(item.size_after)}", numeric=True, wide=True),
        Column("What says so", _overlap_words, wide=True, title=OVERLAP_HELP),
    ]
    matches = sorted(found.matches, key=lambda each: each.fate is not Fate.CONTINUED)
    return card(
        matching_title(matches, backs),
        f"Continued: at least {percent(CONTINUED_FROM)} of the smaller one are in both; where most customers are others, profiles within "
        f"{NEAR} standard deviations (sd). Split or merged: more than {percent(ORIGIN)} of the part are in the other one. "
        "Or a person said so.",
        table(columns, matches, caption="What became of every segment", listed=True),
        tools=correct,
        flush=True,
        className="sc-stack",
    )


def words_of_people(lineage: VersionLineage | None, take_back: Callable[[SegmentLink], Child]) -> dict[str, Child]:
    """Who said what the segments of the later version are, and when, by segment key; only those of whom a person did."""
    return {
        link.current.key: _words_of(link, take_back)
        for link in (lineage.links if lineage else ())
        if link.by == "person" and link.current is not None and link.kind is not Fate.MERGED
    }


def _words_of(link: SegmentLink, take_back: Callable[[SegmentLink], Child]) -> Child:
    if not link.corrected_by:
        return html.Span("a person said so of an earlier version", className="sc-under")
    return html.Div([html.Span(f"{by(link.corrected_by)} said so, {day(link.corrected_at)}", className="sc-under"), take_back(link)])


def _said(match: Match, said: Mapping[str, Child]) -> Child:
    return said.get(match.after.key) if match.after is not None and match.fate is not Fate.MERGED else None


def backs_of(lineage: VersionLineage | None) -> dict[str, SegmentLink]:
    """The segments of the later version that an earlier champion had, by their keys."""
    return {link.current.key: link for link in (lineage.links if lineage else ()) if link.back is not None and link.current is not None}


def _back(match: Match, backs: Mapping[str, SegmentLink]) -> SegmentLink | None:
    return backs.get(match.after.key) if match.after is not None and match.fate in (Fate.SPLIT, Fate.NEW) else None


def _fate(match: Match, backs: Mapping[str, SegmentLink]) -> tuple[str, Tone, str]:
    return BACK if _back(match, backs) else FATES[match.fate]


def _had(match: Match, backs: Mapping[str, SegmentLink]) -> Child:
    """Which champion had a segment that is back, and who says so."""
    back = _back(match, backs)
    return html.Span(back.text, className="sc-under") if back else None


def matching_title(matches: Sequence[Match], backs: Mapping[str, SegmentLink]) -> str:
    """`3 continued, 1 split off and 1 retired`."""
    words = Counter(_fate(match, backs)[0].lower() for match in matches)
    order = [name.lower() for name, *_ in (*FATES.values(), BACK)]
    return listing([f"{number(words[word])} {word}" for word in order if words[word]])


def _named(view: View, style: SegmentStyle | None, side: SideOf) -> Child:
    if style is None:
        return MISSING
    shown = None if side.version.champion else side.version.number
    href = segment_address(view.actor.team_slug, view.dataset or "", style.key, version=shown)
    return dcc.Link(segment_label(style, short=view.display.narrow), href=href)


def _overlap_words(match: Match) -> str:
    if match.before is None or match.after is None:
        known = match.of_after if match.before is None else match.of_before
        return (
            f"{number(match.shared)} of its customers ({percent(known)}) are known to the other version" if known else "no shared customers"
        )
    text = f"{count(match.shared, 'shared customer')}: {percent(match.of_before)} of before, {percent(match.of_after)} of after"
    return text if match.distance is None else f"{text}; profiles {number(match.distance, 2)} sd apart"


@dataclass(frozen=True)
class _Line:
    """One measure of one segment."""

    segment: Child
    change: MeasureChange


def profiles_card(view: View, found: VersionsCompared, *, every: bool, more: str) -> html.Section:
    """How the profile of each continued segment changed, in plain units."""
    if not found.changes:
        text = "No segment of the first version goes on in the second, so there are no profiles to compare."
        return card("Profiles", body=empty_state("card-list", "No segment continues", text), className="sc-stack")
    lines = [
        _Line(segment_label(segment.style, short=view.display.narrow) if not place else "", change)
        for segment in found.changes
        for place, change in enumerate(segment.measures if every else segment.measures[:FIRST_MEASURES])
    ]
    sign = currency_sign(found.currency) or None
    columns: list[Column[_Line]] = [
        Column("Segment", lambda item: item.segment),
        Column("Mean of", lambda item: item.change.label),
        Column("Before", lambda item: quantity(item.change.before, item.change.unit, sign), numeric=True),
        Column("After", lambda item: quantity(item.change.after, item.change.unit, sign), numeric=True),
        Column("In sd", lambda item: signed(item.change.apart, 2), numeric=True, wide=True, title=APART_HELP),
    ]
    foot = None if every else dcc.Link("Show all measures", href=more)
    body = table(columns, lines, caption="Means of continued segments before and after")
    return card(
        profiles_title(found),
        "Of each continued segment the measures that moved most beyond what all customers changed.",
        body,
        foot=foot,
        flush=True,
        className="sc-stack",
    )


def profiles_title(found: VersionsCompared) -> str:
    """Which segment changed most, in what."""
    changed = [(abs(segment.measures[0].apart), segment) for segment in found.changes if segment.measures]
    most, segment = max(changed, key=lambda each: each[0], default=(0.0, None))
    if segment is None or most < 0.2:
        return "Continued segments are what they were"
    return f"{segment.style.name} changed most, in {segment.measures[0].label.lower()}"


def figures_card(found: VersionsCompared) -> html.Section:
    """The figures of both fits side by side."""
    first, second = found.before.version, found.after.version
    shown = [term for term in TERMS if term.name in first.figures or term.name in second.figures]
    columns: list[Column[Term]] = [
        Column("Figure", named_term),
        Column(f"v{first.number}", lambda term: term.shown(first.figures.get(term.name)), numeric=True),
        Column(f"v{second.number}", lambda term: term.shown(second.figures.get(term.name)), numeric=True),
    ]
    sub = [
        f"v{each.number}: {algorithm_name(each.algorithm)}, {count(each.k or 0, 'segment')}, seed {each.seed}" for each in (first, second)
    ]
    body = table(columns, shown, caption="Figures of both versions", class_name="sc-figures")
    return card("Figures side by side", f"{'; '.join(sub)}. Of other features or algorithms they are not on one scale.", body, flush=True)


def drift_card(view: View, found: VersionsCompared) -> html.Section:
    """How far each column moved between the snapshots of the two versions."""
    if found.same_snapshot:
        text = f"Both versions were fitted on the customers of {day(found.before.as_of)}, so whatever differs is the model's doing."
        return card("Columns", body=empty_state("dash-circle", "The same customers", text))
    numbers = found.after.version.snapshot, found.before.version.snapshot
    compared = comparing.compare_snapshots(view.session, view.actor, view.resources.store, view.dataset or "", *numbers)
    ordered = sorted((each for each in compared.columns if each.psi is not None), key=lambda each: -(each.psi or 0))
    columns: list[Column[ColumnChange]] = [
        Column("Column", lambda item: html.Span(item.after.label, className="sc-clip")),
        Column("Drift", lambda item: badge(*DRIFT[item.drift or "steady"])),
        Column("PSI", lambda item: number(item.psi, 3), numeric=True, title=PSI_HELP),
        Column("Chance gives", lambda item: number(item.chance, 3), numeric=True, wide=True, title=CHANCE_HELP),
    ]
    href = data_address(view.actor.team_slug, view.dataset or "", snapshot=numbers[0], against=numbers[1])
    foot = dcc.Link("All that changed between the snapshots", href=href)
    sub = "How differently customers spread over the values of a column (population stability index, PSI): below 0.1 steady, "
    sub += "from 0.25 on large; what chance alone would give is steady too."
    body = table(columns, ordered[:12], caption="Drift of each column between both snapshots")
    return card(drift_title(compared), sub, body, foot=foot, flush=True)


def drift_title(compared: Comparison) -> str:
    """How many columns drifted."""
    moved = sum(each.drift in ("some", "large") for each in compared.columns)
    return f"{count(moved, 'column')} drifted beyond chance" if moved else "No column drifted beyond chance"
