"""The clustergram: how customers flow between clusters as their number grows (Schonlau 2002, The Stata Journal 2, 391-402)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segmentation.choosing.stability import contingency
from segmentation.clustering import Clusterer, Features

Labels = NDArray[np.int16]


@dataclass(frozen=True)
class ClusterNode:
    """One cluster of the clustering into `k`: how many `customers`, and the mean of their first principal component."""

    k: int
    cluster: int
    customers: int
    mean: float


@dataclass(frozen=True)
class ClusterFlow:
    """`customers` who are in cluster `start` of `k` and in cluster `end` of `next_k`."""

    k: int
    next_k: int
    start: int
    end: int
    customers: int


@dataclass(frozen=True)
class Clustergram:
    """Clusters by k, from 1 on, and the flows between neighbouring k.

    `customers` is how many were looked at; `variance` is the share of the features' variance along the first principal component.
    """

    customers: int
    variance: float
    nodes: tuple[ClusterNode, ...]
    flows: tuple[ClusterFlow, ...]


def clustergram(features: Features, models: Mapping[int, Clusterer]) -> Clustergram:
    """The clustergram of `features` (n, d) under `models` (by their k, each at least 2); everybody together is k = 1.

    Schonlau draws the mean over the variables; the first principal component, the direction in which customers differ most, keeps
    clusters apart that a plain mean would draw on top of each other. Customers in no segment are left out where they are in none.
    """
    component, variance = first_component(features)
    labels = {1: np.zeros(len(features), np.int16)} | {k: models[k].labels(features) for k in sorted(models)}
    nodes = tuple(node for k, own in labels.items() for node in _nodes(k, own, component))
    flows = tuple(flow for first, second in pairwise(labels) for flow in _flows(first, second, labels[first], labels[second]))
    return Clustergram(len(features), variance, nodes, flows)


def first_component(features: Features) -> tuple[NDArray[np.float64], float]:
    """Scores (n,) on the first principal component and its share of the variance (0 where nothing varies).

    A component's sign is arbitrary: here its largest loading is positive, so that the same features give the same picture.
    """
    centred = features - features.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    loading = vectors[:, -1]
    loading = loading * np.sign(loading[np.abs(loading).argmax()])
    total = float(values.sum())
    return centred @ loading, float(values[-1]) / total if total > 0 else 0.0


def _nodes(k: int, labels: Labels, component: NDArray[np.float64]) -> list[ClusterNode]:
    placed = labels >= 0
    size = np.bincount(labels[placed], minlength=k)
    sums = np.bincount(labels[placed], weights=component[placed], minlength=k)
    return [ClusterNode(k, int(cluster), int(size[cluster]), float(sums[cluster] / size[cluster])) for cluster in np.flatnonzero(size)]


def _flows(k: int, next_k: int, before: Labels, after: Labels) -> list[ClusterFlow]:
    table = contingency(before, after, k, next_k)
    return [ClusterFlow(k, next_k, int(start), int(end), int(table[start, end])) for start, end in np.argwhere(table)]
