"""What viewers read of customers before any clustering: no group under ten, no single customer's value, figures rounded."""

from __future__ import annotations

from dataclasses import replace

from segmentation.exploring.exploration import OTHER
from segmentation.exploring.exploration_types import Association, Exploration, ExploredOutcome, GroupRate, Level, Levels, Spread
from segmentation.exploring.rfm_summary import RfmSummary, Tally
from webapp.services.filtering.coarse import ends, gathered, share_of, two_digits
from webapp.services.filtering.filtering import SMALLEST_GROUP


def coarse_exploration(found: Exploration) -> Exploration:
    """`found` as viewers read it.

    Histograms begin and end with bins of at least ten customers, which count what lies beyond; a bin of 1 to 9 is counted with a
    neighbour, a word that so few have with "Other". Extremes are left out, and groups under ten of an outcome's table.
    """
    levels = tuple(level for each in found.levels if (level := _levels(each)).levels)
    kept = {each.category for each in levels}
    return replace(
        found,
        spreads=tuple(_spread(each) for each in found.spreads),
        levels=levels,
        categories=tuple(category for category in found.categories if category.name in kept),
        correlations=tuple(tuple(None if rho is None else round(rho, 2) for rho in row) for row in found.correlations),
        repeats=tuple(replace(pair, rho=round(pair.rho, 2)) for pair in found.repeats),
        outcomes=tuple(_outcome(each) for each in found.outcomes if each.customers >= SMALLEST_GROUP),
    )


def _spread(known: Spread) -> Spread:
    counts = [share * known.known for share in known.shares]
    first, last = (0, len(counts) - 1) if known.names else ends(counts)
    if known.known < SMALLEST_GROUP:
        return replace(known, known=0, shares=(0.0,) * len(counts), mean=None, median=None, low=None, high=None, skewness=None)
    parts = gathered(counts, first, last)
    return replace(
        known,
        known=_counted(known.known),
        missing=_missing(known.missing, known.known),
        edges=known.edges[first : last + 2],
        shares=tuple(share_of(part / known.known, known.known) for part in parts),
        open_ended=known.open_ended or last + 1 < len(counts),
        mean=two_digits(known.mean),
        median=two_digits(known.median),
        low=None,
        high=None,
        skewness=None if known.skewness is None else round(known.skewness, 1),
    )


def _levels(known: Levels) -> Levels:
    """Words of at least ten customers, commonest first; the others are one, which is made large enough by the rarest that is left."""
    kept = [level for level in known.levels if level.customers >= SMALLEST_GROUP and level.label != OTHER]
    rest = sum(level.customers for level in known.levels) - sum(level.customers for level in kept)
    while 0 < rest < SMALLEST_GROUP and kept:
        rest += kept.pop().customers
    others = [Level(OTHER, rest, rest / known.known)] if rest >= SMALLEST_GROUP else []
    levels = tuple(Level(each.label, _counted(each.customers), share_of(each.share, known.known)) for each in (*kept, *others))
    return replace(known, known=_counted(known.known), missing=_missing(known.missing, known.known), levels=levels)


def _counted(customers: int) -> int:
    return round(two_digits(float(customers)))


def _missing(share: float, known: int) -> float:
    """The share without a value; none where they are 1 to 9."""
    everybody = round(known / (1 - share)) if share < 1 else 0
    return share_of(share, everybody) if everybody - known >= SMALLEST_GROUP else 0.0


def _outcome(known: ExploredOutcome) -> ExploredOutcome:
    rate, low, high = (share_of(each, known.customers) for each in (known.rate, known.low, known.high))
    associations = tuple(each for own in known.associations if len((each := _association(own)).groups) > 1)
    return replace(
        known,
        customers=_counted(known.customers),
        hits=_counted(round(rate * known.customers)),
        rate=rate,
        low=low,
        high=high,
        associations=associations,
    )


def _association(known: Association) -> Association:
    """Without words that fewer than ten have; a measure of which any group is so small is left out, for its groups are a scale."""
    groups = [_group(group) for group in known.groups if group.customers >= SMALLEST_GROUP]
    if known.groups[0].start is not None and len(groups) < len(known.groups):
        groups = []
    if groups:
        groups[0], groups[-1] = _without_start(groups[0]), _without_end(groups[-1])
    return replace(
        known,
        customers=_counted(known.customers),
        strength=round(known.strength, 2),
        p=two_digits(known.p),
        groups=tuple(groups),
    )


def _without_start(group: GroupRate) -> GroupRate:
    """The lowest group, which is told as "up to"; where it begins is one customer's value."""
    if group.start is None or group.end is None or group.start == group.end:
        return group
    return replace(group, start=group.end - 1)


def _without_end(group: GroupRate) -> GroupRate:
    """The highest group, which is told as "or more"; where it ends is one customer's value."""
    if group.start is None or group.end is None or group.start == group.end:
        return group
    return replace(group, end=group.start + 1)


def _group(known: GroupRate) -> GroupRate:
    rate, low, high = (share_of(each, known.customers) for each in (known.rate, known.low, known.high))
    return replace(
        known,
        start=two_digits(known.start),
        end=two_digits(known.end),
        customers=_counted(known.customers),
        hits=_counted(round(rate * known.customers)),
        rate=rate,
        low=low,
        high=high,
    )


def coarse_rfm(summary: RfmSummary) -> RfmSummary:
    """Cells and groups of at least ten customers, with rounded figures; the others are empty."""
    few = summary.unscored < SMALLEST_GROUP
    everyone = replace(_tally(summary.everyone), customers=summary.customers if few else summary.everyone.customers)
    return replace(
        summary,
        unscored=0 if few else summary.unscored,
        cells=tuple(replace(cell, tally=_tally(cell.tally)) for cell in summary.cells),
        groups=tuple((group, _tally(tally)) for group, tally in summary.groups),
        everyone=everyone,
    )


def _tally(known: Tally) -> Tally:
    if known.customers < SMALLEST_GROUP:
        spend = None if known.spend is None else 0.0
        return Tally(0, 0.0, spend, spend, None, 0, 0, None, None, None)
    rated = known.known >= SMALLEST_GROUP and known.rate is not None
    rate, low, high = (share_of(each, known.known) if each is not None and rated else None for each in (known.rate, known.low, known.high))
    return Tally(
        customers=_counted(known.customers),
        share=round(known.share, 2),
        spend=two_digits(known.spend),
        spend_share=None if known.spend_share is None else round(known.spend_share, 2),
        spend_mean=two_digits(known.spend_mean),
        known=_counted(known.known) if rated else 0,
        hits=_counted(round(rate * known.known)) if rate is not None else 0,
        rate=rate,
        low=low,
        high=high,
    )
