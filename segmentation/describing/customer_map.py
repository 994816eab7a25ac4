"""The customer map: two principal components, how dense customers lie, and a sample of them as points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from segmentation.describing.profile_types import CustomerMap

Floats = NDArray[np.float64]

POINTS = 1_500
COLUMNS, ROWS = 72, 56
BLUR = 2.2
"""Bandwidth of the density in cells."""
WIDE = (4, 8)
"""Cells on a side that a coarse cell joins: 18 x 14 of them, or 9 x 7 where those would leave out more than half of the customers."""
FEWEST = 10
"""Customers that a coarse cell, or a segment's centre, needs to be shown."""
LEVELS = 5
"""Steps of density that a coarse map tells apart."""


def customer_map(features: Floats, label: NDArray[np.int16], seed: int) -> CustomerMap | None:
    """The map of all customers in a segment; None with fewer than two features or no variance.

    Principal components come from the singular vectors of the covariance, each signed so that its largest loading is
    positive. The grid covers all but the outermost 0.2 % on each side; its density is scaled to a peak of 1. At most
    `POINTS` customers inside the grid are drawn, chosen evenly at random by `seed`.
    """
    if features.ndim != 2 or features.shape[1] < 2 or len(features) < 3:
        return None
    plane, variance = project(features)
    if variance <= 0:
        return None
    (left, bottom), (right, top) = np.quantile(plane, 0.002, axis=0), np.quantile(plane, 0.998, axis=0)
    x_edges, y_edges = _padded(left, right, COLUMNS), _padded(bottom, top, ROWS)
    return _drawn(plane, label, x_edges, y_edges, variance, seed)


def subset_map(whole: CustomerMap, plane: NDArray[np.floating[Any]], label: NDArray[np.int16], seed: int = 0) -> CustomerMap:
    """The map of some customers of `whole`, on the same axes: `plane` (n x 2) are their places on it, `label` (n,) their clusters."""
    return _drawn(plane, label, np.array(whole.x_edges), np.array(whole.y_edges), whole.variance, seed)


def coarse_map(whole: CustomerMap) -> CustomerMap | None:
    """`whole` without a single customer: how dense they lie in wide cells, and the cell of each segment's centre.

    What is drawn of `whole` is counted in cells `WIDE` times as wide; cells with fewer than `FEWEST` are emptied, the others told as one
    of `LEVELS` shares of the fullest, and only then made smooth for the eye. Axes count cells, and centres lie on halves of them.
    None where no cell holds enough.
    """
    if whole.coarse or not whole.x:
        return whole if whole.coarse else None
    at = np.column_stack(
        [_cell(np.array(values), np.array(edges)) for values, edges in ((whole.x, whole.x_edges), (whole.y, whole.y_edges))]
    )
    wide = next((wide for wide in WIDE if 2 * _many(at // wide).sum() >= len(at)), WIDE[-1])
    places, cluster = at // wide, np.array(whole.cluster)
    counts = _many(places)[: ROWS // wide, : COLUMNS // wide]
    if not counts.any():
        return None
    levels = np.ceil(counts / counts.max() * LEVELS) / LEVELS
    density = gaussian_filter(np.kron(levels, np.ones((wide, wide))), BLUR * wide / WIDE[0], mode="constant")
    found = [int(each) for each in np.unique(cluster) if (cluster == each).sum() >= FEWEST]
    centres = np.array([np.round(2 * places[cluster == each].mean(axis=0)) / 2 + 0.5 for each in found]).reshape(len(found), 2)
    return CustomerMap(
        x_edges=_plain(np.linspace(0, COLUMNS // wide, COLUMNS + 1)),
        y_edges=_plain(np.linspace(0, ROWS // wide, ROWS + 1)),
        density=tuple(_plain(row.round(2)) for row in density / density.max()),
        x=_plain(centres[:, 0]),
        y=_plain(centres[:, 1]),
        cluster=tuple(found),
        variance=round(whole.variance, 2),
        coarse=True,
    )


def _many(places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Customers by cell (up, across), none where they are fewer than `FEWEST`."""
    counts = np.zeros((ROWS, COLUMNS), dtype=np.int64)
    np.add.at(counts, (places[:, 1], places[:, 0]), 1)
    return np.where(counts < FEWEST, 0, counts)


def _drawn(
    plane: NDArray[np.floating[Any]], label: NDArray[np.int16], x_edges: Floats, y_edges: Floats, variance: float, seed: int
) -> CustomerMap:
    inside = (plane[:, 0] >= x_edges[0]) & (plane[:, 0] <= x_edges[-1]) & (plane[:, 1] >= y_edges[0]) & (plane[:, 1] <= y_edges[-1])
    density = gaussian_filter(_counted(plane[inside], x_edges, y_edges), BLUR, mode="constant")
    density /= density.max() or 1.0
    chosen = np.flatnonzero(inside & (label >= 0))
    if len(chosen) > POINTS:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, POINTS, replace=False))
    return CustomerMap(
        x_edges=_plain(x_edges),
        y_edges=_plain(y_edges),
        density=tuple(_plain(row) for row in density),
        x=_plain(plane[chosen, 0]),
        y=_plain(plane[chosen, 1]),
        cluster=tuple(int(cluster) for cluster in label[chosen]),
        variance=variance,
    )


def _counted(plane: NDArray[np.floating[Any]], x_edges: Floats, y_edges: Floats) -> Floats:
    """Customers in each cell of an even grid; those on the last edges belong to the last cells."""
    counts = np.bincount(_cell(plane[:, 1], y_edges) * COLUMNS + _cell(plane[:, 0], x_edges), minlength=ROWS * COLUMNS)
    return counts.reshape(ROWS, COLUMNS).astype(np.float64)


def _cell(values: NDArray[np.floating[Any]], edges: Floats) -> NDArray[np.intp]:
    """Which of the even cells between `edges` each value is in."""
    place = ((values - edges[0]) / (edges[-1] - edges[0]) * (len(edges) - 1)).astype(np.intp)
    return np.asarray(np.minimum(place, len(edges) - 2))


def project(features: Floats) -> tuple[Floats, float]:
    """Coordinates on the first two components (n x 2), and the share of variance that they keep."""
    centred = features - features.mean(axis=0)
    axes, strength, _ = np.linalg.svd(centred.T @ centred / len(centred))
    axes = axes[:, :2]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(2)]
    total = float(strength.sum())
    return centred @ (axes * np.where(largest < 0, -1.0, 1.0)), float(strength[:2].sum()) / total if total > 1e-12 else 0.0


def _padded(low: float, high: float, cells: int) -> Floats:
    room = max(0.08 * (high - low), 1e-6)
    return np.linspace(low - room, high + room, cells + 1)


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)
