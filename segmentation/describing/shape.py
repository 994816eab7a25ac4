"""The shape of segments beside everyone else: distributions, and the mix of spend, channels and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.describing.profile_types import Distribution, Measure, MixPart
from segmentation.roles import Column, Role, Schema
from segmentation.wording import nice_step

Floats = NDArray[np.float64]
Members = NDArray[np.bool_]

BINS = 22
PARTS = 8
DEALS = ("deal", "discount", "promo", "coupon")


def bin_edges(values: Floats, measure: Measure) -> tuple[tuple[float, ...], bool]:
    """Round edges from the smallest known value to the 99th percentile, and whether values lie beyond the last one.

    Whole numbers get bins of whole width that start on the number, each holding [edge, next edge).
    """
    known = values[np.isfinite(values)]
    if known.size == 0:
        return (0.0, 1.0), False
    whole = measure.unit != "share" and bool(np.all(known == np.round(known)))
    low, high = float(known.min()), float(np.quantile(known, 0.99))
    span = high - low + (1 if whole else 0)
    flat = span <= 1e-6 * max(1.0, abs(high))  # nothing but rounding to spread over bins
    step = (0.05 if measure.unit == "share" else 1.0) if flat else nice_step(span, BINS, whole=whole)
    start = np.floor(low / step + 1e-9) * step
    count = max(int(np.floor((high - start) / step + 1e-9)) + 1, 1)
    if measure.unit == "share" and start + count * step > 1:
        count = max(round((1 - start) / step), 1)
    edges = tuple(round(float(start + step * i), 10) for i in range(count + 1))
    beyond = known > edges[-1] if measure.unit == "share" else known >= edges[-1]
    return edges, bool(beyond.any())


def distribution(measure: Measure, values: Floats, edges: tuple[tuple[float, ...], bool], member: Members) -> Distribution:
    """Share of known values per bin inside and outside the segment; what lies beyond the ends counts in the end bins."""
    bins, open_ended = edges
    return Distribution(
        measure=measure.name,
        edges=bins,
        segment=_bin_shares(values[member], bins),
        rest=_bin_shares(values[~member], bins),
        open_ended=open_ended,
    )


def mixes(customers: pd.DataFrame, schema: Schema, members: Sequence[Members]) -> tuple[tuple[MixPart, ...], ...]:
    """Per segment: shares of spend by category, of orders by channel, and of customers by each category column.

    Shares of spend and orders are sums over sums: every unit of money or every order counts once. Orders won with
    a deal are no channel of their own. A category counts customers with a known value, under its fold; beyond
    `PARTS` levels the rarest are "Other".
    """
    wholes = [_sums("spend", schema.of(Role.SPEND), customers), _sums("orders", channels(schema), customers)]
    wholes += [_levels(column, customers[column.name]) for column in schema.of(Role.CATEGORY, Role.ORDINAL)]
    return tuple(tuple(part for whole in wholes for part in whole.parts(member)) for member in members)


def channels(schema: Schema) -> tuple[Column, ...]:
    """Purchase columns that count orders in a channel; deals are a way to pay less, not a channel."""
    return tuple(column for column in schema.of(Role.PURCHASES) if not any(word in column.name.lower() for word in DEALS))


class _Whole:
    """One whole with its parts: a matrix of what each customer adds to each part."""

    def __init__(self, name: str, parts: Sequence[tuple[str, str]], amounts: Floats | Members) -> None:
        self.name, self.names, self.amounts = name, tuple(parts), amounts

    def parts(self, member: Members) -> list[MixPart]:
        """The parts for one segment, largest in the segment first; none where there is nothing to share out."""
        own = np.nansum(self.amounts[member], axis=0).astype(np.float64)
        rest = np.nansum(self.amounts[~member], axis=0).astype(np.float64)
        if len(self.names) < 2 or own.sum() <= 0 or rest.sum() <= 0:
            return []
        shares = zip(self.names, own / own.sum(), rest / rest.sum(), strict=True)
        parts = [MixPart(self.name, part, label, float(a), float(b)) for (part, label), a, b in shares]
        return sorted(parts, key=lambda part: -part.segment)


def _sums(name: str, columns: Sequence[Column], customers: pd.DataFrame) -> _Whole:
    if len(columns) < 2:
        return _Whole(name, (), np.zeros((len(customers), 0)))
    amounts = customers[[column.name for column in columns]].to_numpy(dtype=np.float64, na_value=np.nan)
    return _Whole(name, [(column.name, column.label) for column in columns], np.maximum(amounts, 0.0))


def _levels(column: Column, values: pd.Series[Any]) -> _Whole:
    place, words = pd.factorize(values)
    folded = pd.Series([*(_fold(column, str(word)) for word in words), None], dtype=object)
    levels, kept = pd.factorize(folded)
    counts = np.bincount(levels[place][place >= 0], minlength=len(kept))
    order = sorted(range(len(kept)), key=lambda level: (-counts[level], str(kept[level])))
    most = order if len(order) <= PARTS + 1 else order[:PARTS]
    slot = np.full(len(kept) + 1, len(most))
    slot[most] = np.arange(len(most))
    names = [(str(kept[level]), str(kept[level])) for level in most] + ([("Other", "Other")] if len(order) > len(most) else [])
    shown = slot[levels[place]]
    return _Whole(column.name, names, np.column_stack([(shown == at) & (place >= 0) for at in range(len(names))] or [place < -1]))


def _fold(column: Column, word: str) -> str:
    """What a word is counted with: its fold, then the first word of its step on an ordered scale."""
    folded = column.folds.get(word, word)
    return next((step.split("|")[0] for step in column.levels if folded in step.split("|")), folded)


def _bin_shares(values: Floats, edges: tuple[float, ...]) -> tuple[float, ...]:
    known = values[np.isfinite(values)]
    if known.size == 0:
        return (0.0,) * (len(edges) - 1)
    place = np.clip(np.searchsorted(edges, known, side="right") - 1, 0, len(edges) - 2)
    return tuple(float(share) for share in np.bincount(place, minlength=len(edges) - 1) / known.size)
