"""What viewers read of a fit: no exact figure, and how many customers a feature had no value of only where they are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from itertools import product
from math import copysign
from typing import Any, cast

from segmentation.choosing.clustergram import Clustergram
from segmentation.choosing.selection import Candidate
from segmentation.choosing.verdict import Lack, judge, lacks
from segmentation.features import FeatureSummary
from segmentation.guiding.guidance import Guidance
from webapp.services.filtering.coarse import count_of, digit_step, two_digits

SIZES = ("smallest_share", "unassigned")
"""Figures that are sizes: exact, with as many digits as pages show."""
SIZE_STEP = 0.001
KEPT = ("evaluated_on",)
"""How many customers were looked at is no figure about them."""
DECIDING = ("silhouette", "silhouette_null", "gap", "gap_error", "stability_ari", "smallest_share", "bridge")
"""Fields of a candidate that say how it stands."""


def coarse_figures(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures with two significant digits; sizes as pages show them."""
    return {name: value if name in KEPT else _rounded(name, value) for name, value in figures.items()}


def coarse_candidate(exact: Candidate) -> Candidate:
    """A candidate in coarse figures, which stands as it stood.

    A figure that a limit lies beside is rounded the other way where the nearest would carry it across: "does not repeat" must not
    become "useful" on the page because 0.896 became 0.90.
    """
    figures = {name: value for name, value in asdict(exact).items() if isinstance(value, float)}
    nearest = _with(exact, coarse_figures(figures))
    deciding = {name: _both_ways(name, figures[name]) for name in DECIDING if name in figures}
    tried = (_with(nearest, dict(zip(deciding, values, strict=True))) for values in product(*deciding.values()))
    stands = _standing(exact)
    return next((each for each in tried if _standing(each) == stands), nearest)


def coarse_features(features: Sequence[FeatureSummary]) -> tuple[FeatureSummary, ...]:
    """Features without counts of fewer than ten customers; the others are rounded."""
    return tuple(replace(each, imputed=count_of(each.imputed or 0), bounded=count_of(each.bounded or 0)) for each in features)


def _with(candidate: Candidate, figures: Mapping[str, Any]) -> Candidate:
    return replace(candidate, **figures)


def _rounded(name: str, value: float) -> float:
    return round(value, 3) if name in SIZES else two_digits(value)


def coarse_clustergram(exact: Clustergram) -> Clustergram:
    """Without flows of fewer than ten customers; those of the others are rounded."""
    nodes = tuple(replace(node, mean=two_digits(node.mean)) for node in exact.nodes)
    flows = tuple(replace(flow, customers=many) for flow in exact.flows if (many := count_of(flow.customers)) is not None)
    return replace(exact, variance=two_digits(exact.variance), nodes=nodes, flows=flows)


def coarse_guidance(exact: Guidance) -> Guidance:
    """What an outcome chose, every figure with two significant digits."""
    return cast("Guidance", _two_digits_throughout(exact))


def _two_digits_throughout(value: Any) -> Any:
    """`value` with every number in it rounded that is no count: those of its fields and of tuples."""
    if isinstance(value, float):
        return two_digits(value)
    if isinstance(value, tuple):
        return tuple(map(_two_digits_throughout, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _two_digits_throughout(getattr(value, each.name)) for each in fields(value)})
    return value


def _both_ways(name: str, value: float) -> tuple[float, float]:
    """The nearest coarse figure, and the one on the other side of `value`."""
    nearest = _rounded(name, value)
    step = SIZE_STEP if name in SIZES else digit_step(value)
    return nearest, round(nearest + copysign(step, value - nearest), 10)


def _standing(candidate: Candidate) -> tuple[str, tuple[Lack, ...]]:
    """The word of the verdict on it, and what it lacks."""
    return judge([candidate], candidate).word, lacks(candidate)
