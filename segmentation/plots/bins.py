"""The bins of a histogram on an axis and in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from segmentation.describing.profile_types import Measure
from segmentation.wording import quantity


def bin_words(measure: Measure, edges: Sequence[float], open_ended: bool, currency: str | None) -> list[str]:
    """`10 to under 20`, `3`, `90 and more`."""
    words = []
    for place, (low, high) in enumerate(pairwise(edges)):
        start = quantity(low, measure.unit, currency)
        if open_ended and place == len(edges) - 2:
            words.append(f"{start} and more")
        elif centring(measure, edges):
            words.append(start)
        else:
            words.append(f"{start} to under {quantity(high, measure.unit, currency)}")
    return words


def edge_ticks(measure: Measure, edges: Sequence[float], open_ended: bool, currency: str | None) -> dict[str, object]:
    """Three ticks on edges: near both ends and in the middle; the last one says where the end is open."""
    shown = edges[:-1] if measure.unit == "count" else edges
    last = len(shown) - 1
    step = max(1, last // 2)
    chosen = sorted({0, min(step, last), min(2 * step, last)})
    texts = [quantity(shown[place], measure.unit, currency, short=measure.unit == "money") for place in chosen]
    if open_ended:
        texts[-1] += "+"
    return {"tickvals": [shown[place] + centring(measure, edges) for place in chosen], "ticktext": texts}


def centring(measure: Measure, edges: Sequence[float]) -> float:
    """Half a bin where a bin is one whole number: its value is drawn in the bin's middle, not at its edge."""
    return 0.5 if measure.unit == "count" and edges[1] - edges[0] == 1 else 0.0


def with_room(edges: Sequence[float]) -> list[float]:
    """An axis range that keeps the outermost bins off the panel's edge."""
    room = 0.03 * (edges[-1] - edges[0])
    return [edges[0] - room, edges[-1] + room]
