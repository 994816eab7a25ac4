"""The customer map: where customers lie, and whether gaps part the segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from segmentation.describing.profile_types import CustomerMap, Profiles
from segmentation.palette import SegmentStyle, Theme
from segmentation.plots.chart import WIDTHS, Chart, blank, dodge, label_at, mark, text_width
from segmentation.wording import percent

HEIGHT = 340
CENTRE, ABOVE = 12, 20
"""A centre's mark, and how far above it its name stands, in px."""
COARSE_TITLE = "Where the customers of each segment lie"
CELLS = "density in cells of ten customers or more"
GAP = 0.25
"""Between two segments lies a gap where the density falls below this share of the lower of their two peaks."""
NEIGHBOURS = 10
"""Customers around one on the map that say among whom they lie."""
MIXED = 0.1
"""Segments overlap from this share of their customers on that lies among those of another."""


def customer_map(
    profiles: Profiles, styles: Sequence[SegmentStyle], *, theme: Theme, narrow: bool, currency: str | None = None
) -> Chart | None:
    """Customers on two principal components over their density; None where the profiles hold no map."""
    del currency
    if profiles.map is None or not profiles.map.x:
        return None
    title, plane = customer_map_title(profiles), profiles.map
    by_cluster = {segment.cluster: style for segment, style in zip(profiles.segments, styles, strict=True)}
    if plane.coarse:
        return _coarse_chart(plane, by_cluster, theme, narrow)
    return Chart(
        figure=_figure(plane, by_cluster, theme, narrow),
        title=title,
        subtitle=f"Customer map, two components with {percent(plane.variance)} of the variance; "
        f"{len(plane.x):,} of {profiles.customers:,} drawn",
        explanation="Customers who are alike in the model's features lie close together. The two axes are the directions in "
        "which customers differ most; what they do not show is lost in this picture, so segments that overlap here may still be apart. "
        "Bands with nothing between come from features of few values, such as children, and are no gaps between segments.",
        summary=f"{title}. The picture keeps {percent(plane.variance)} of the variance. {_neighbours(plane, by_cluster)}",
        table=_centre_table(plane, by_cluster),
    )


def _coarse_chart(plane: CustomerMap, by_cluster: dict[int, SegmentStyle], theme: Theme, narrow: bool) -> Chart:
    """Where many customers lie, and where the segments' centres are; it says that points are not for everybody."""
    found, centres = _centres(plane)
    table = pd.DataFrame(
        {
            "Segment": [by_cluster[each].name for each in found],
            "Centre, cells across": centres[:, 0],
            "Centre, cells up": centres[:, 1],
        }
    )
    return Chart(
        figure=_figure(plane, by_cluster, theme, narrow),
        title=COARSE_TITLE,
        subtitle=f"Customer map, two components with {percent(plane.variance)} of the variance; {CELLS}. "
        "Points are for those who may see customers",
        explanation="Customers who are alike in the model's features lie close together. The darker, the more of them; "
        "cells with fewer than ten are left empty, and a mark stands at the centre of each segment. "
        "Points of single customers are for those who may see customers.",
        summary=f"{COARSE_TITLE}. The picture keeps {percent(plane.variance)} of the variance. It shows {CELLS} and no single customer.",
        table=table,
    )


def _centre_table(plane: CustomerMap, by_cluster: Mapping[int, SegmentStyle]) -> pd.DataFrame:
    """Each segment's median point: thousands of single customers would tell a reader nothing, and stop a browser."""
    found, centres = _centres(plane)
    return pd.DataFrame(
        {
            "Segment": [by_cluster[each].name for each in found],
            "Customers drawn": [plane.cluster.count(each) for each in found],
            "First component, median": centres[:, 0].round(3),
            "Second component, median": centres[:, 1].round(3),
        }
    )


def customer_map_title(profiles: Profiles) -> str:
    """Whether gaps part the segments on the map; that none is seen there does not say that there is none."""
    plane = profiles.map
    if plane is not None and plane.coarse:
        return COARSE_TITLE
    if plane is None or len(set(plane.cluster)) < 2:
        return "One segment holds all customers on the map"
    border = _gaps(plane) > GAP
    linked = border.any(axis=1)
    if not linked.any():
        return "Gaps lie between all segments"
    if _connected(border):
        return _without_gaps(plane)
    if (~linked).sum() == 1 and _connected(border[np.ix_(linked, linked)]):
        return "One segment lies apart; on this map the others border on each other"
    return "Some segments lie apart from others"


def _without_gaps(plane: CustomerMap) -> str:
    """What is seen of segments that all border on each other, directly or through others."""
    among = _among(plane)
    elsewhere = 1 - np.trace(among) / among.sum()
    if elsewhere >= MIXED:
        return f"Segments overlap on this map: {percent(float(elsewhere))} of customers lie among those of another"
    density = np.array(plane.density)
    if any(_banded(density.sum(axis=axis)) for axis in (0, 1)):
        return "Customers lie in bands on this map; no segment stands apart"
    return "No gaps between segments are seen on this map"


def _banded(density: NDArray[np.float64]) -> bool:
    """Whether an empty stripe crosses the map: along an axis, density falls below `GAP` of the lower of two peaks that stand out."""
    lower = np.minimum(np.maximum.accumulate(density), np.maximum.accumulate(density[::-1])[::-1])
    return bool(((density < GAP * lower) & (lower >= GAP * density.max())).any())


def _among(plane: CustomerMap) -> NDArray[np.int64]:
    """Customers drawn by their segment (rows) and by that of most of their nearest `NEIGHBOURS` on the map (columns)."""
    found, place = np.unique(plane.cluster, return_inverse=True)
    across, up = (np.array(values) / (edges[-1] - edges[0]) for values, edges in ((plane.x, plane.x_edges), (plane.y, plane.y_edges)))
    points = np.column_stack([across, up])
    _, nearest = cKDTree(points).query(points, np.arange(1, min(NEIGHBOURS + 1, len(points)) + 1))
    near = np.eye(len(found), dtype=np.int64)[place[nearest[:, 1:]]].sum(axis=1)
    table = np.zeros((len(found), len(found)), dtype=np.int64)
    np.add.at(table, (place, near.argmax(axis=1)), 1)
    return table


def _centres(plane: CustomerMap) -> tuple[list[int], NDArray[np.float64]]:
    """Median point of each segment that is drawn."""
    points, cluster = np.column_stack([plane.x, plane.y]), np.array(plane.cluster)
    found = sorted(set(plane.cluster))
    return found, np.array([np.median(points[cluster == each], axis=0) for each in found])


def _gaps(plane: CustomerMap) -> NDArray[np.float64]:
    """For each pair of segments, the lowest density between their centres over the lower of the two (0 on the diagonal).

    It is 1 where they overlap beside that line: `MIXED` of either lie among the other.
    """
    _, centres = _centres(plane)
    density = np.array(plane.density)
    spacing = np.array([plane.x_edges[1] - plane.x_edges[0], plane.y_edges[1] - plane.y_edges[0]])
    cells = (centres - [plane.x_edges[0], plane.y_edges[0]]) / spacing - 0.5
    steps = np.linspace(0, 1, 60)[:, None]
    result = np.zeros((len(centres), len(centres)))
    for a in range(len(centres)):
        for b in range(a):
            line = cells[a] * (1 - steps) + cells[b] * steps
            along = map_coordinates(density, [line[:, 1], line[:, 0]], order=1, mode="nearest")
            result[a, b] = result[b, a] = along.min() / max(min(along[0], along[-1]), 1e-9)
    among = _among(plane)
    mixed = among >= MIXED * among.sum(axis=1, keepdims=True)
    np.fill_diagonal(mixed, val=False)
    return np.where(mixed | mixed.T, 1.0, result)


def _connected(linked: NDArray[np.bool_]) -> bool:
    reached = {0}
    while True:
        more = {int(b) for a in reached for b in np.flatnonzero(linked[a])} | reached
        if more == reached:
            return len(reached) == len(linked)
        reached = more


def _neighbours(plane: CustomerMap, by_cluster: dict[int, SegmentStyle]) -> str:
    found, _ = _centres(plane)
    gaps = _gaps(plane)
    nearest = {(min(a, b), max(a, b)) for a in range(len(found)) for b in [int(gaps[a].argmax())] if gaps[a, b] > GAP}
    pairs = [f"{by_cluster[found[a]].name} and {by_cluster[found[b]].name}" for a, b in sorted(nearest)]
    return f"Closest neighbours: {'; '.join(pairs)}." if pairs else "A gap parts every pair of segments."


def _figure(plane: CustomerMap, by_cluster: dict[int, SegmentStyle], theme: Theme, narrow: bool) -> go.Figure:
    figure = blank(theme, HEIGHT)
    middles = [[(low + high) / 2 for low, high in pairwise(edges)] for edges in (plane.x_edges, plane.y_edges)]
    figure.add_contour(
        x=middles[0],
        y=middles[1],
        z=[list(row) for row in plane.density],
        zmin=0,
        zmax=1,
        colorscale=[list(stop) for stop in theme.density],
        contours={"start": 0.04, "end": 0.94, "size": 0.15, "coloring": "fill"},
        line={"width": 0},
        showscale=False,
        hoverinfo="skip",
    )
    cluster, x, y = np.array(plane.cluster), np.array(plane.x), np.array(plane.y)
    for each, style in by_cluster.items():
        own = cluster == each
        size = CENTRE if plane.coarse else 4.5 if narrow else 5
        marker = mark(style, theme, size=size, opacity=1.0 if plane.coarse else 0.8)
        marker["line"]["width"] = 0.5
        figure.add_scatter(
            x=x[own].tolist(), y=y[own].tolist(), mode="markers", marker=marker, hovertemplate=f"{style.name}<extra></extra>"
        )
    _labels(figure, plane, by_cluster, theme, narrow)
    hidden = {"showgrid": False, "showticklabels": False}
    figure.update_xaxes(range=[plane.x_edges[0], plane.x_edges[-1]], **hidden)
    figure.update_yaxes(range=[plane.y_edges[0], plane.y_edges[-1]], **hidden)
    return figure


def _labels(figure: go.Figure, plane: CustomerMap, by_cluster: dict[int, SegmentStyle], theme: Theme, narrow: bool) -> None:
    """Short names at the centres, moved up or down where they would cover each other."""
    found, centres = _centres(plane)
    width, height = WIDTHS[narrow], HEIGHT - 16
    x = (centres[:, 0] - plane.x_edges[0]) / (plane.x_edges[-1] - plane.x_edges[0]) * width
    y = (plane.y_edges[-1] - centres[:, 1]) / (plane.y_edges[-1] - plane.y_edges[0]) * height
    half = [text_width(by_cluster[each].short_name) / 2 + 8 for each in found]
    moved = y.copy()
    for group in _overlapping(x, half):
        moved[group] = dodge([float(y[place]) for place in group], 24, 14, height - 14)
    background = "rgba(255,255,255,.88)" if theme.name == "light" else "rgba(22,26,33,.85)"
    for place, each in enumerate(found):
        label_at(
            figure,
            float(centres[place, 0]),
            float(centres[place, 1]),
            f"<b>{by_cluster[each].short_name}</b>",
            colour=theme.ink,
            bgcolor=background,
            borderpad=3,
            yshift=float(y[place] - moved[place]) + (ABOVE if plane.coarse else 0),
        )


def _overlapping(x: NDArray[np.float64], half: Sequence[float]) -> list[list[int]]:
    """Labels whose horizontal extents touch, directly or through others."""
    touching = np.array([[abs(x[a] - x[b]) < half[a] + half[b] for b in range(len(x))] for a in range(len(x))])
    groups: list[list[int]] = []
    left = set(range(len(x)))
    while left:
        reached = {min(left)}
        while True:
            more = {int(b) for a in reached for b in np.flatnonzero(touching[a])}
            if more == reached:
                break
            reached = more
        groups.append(sorted(reached))
        left -= reached
    return groups
