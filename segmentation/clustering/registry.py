"""All algorithms by name, and the clusterings that they store."""

from __future__ import annotations

from collections.abc import Mapping

from segmentation.clustering.birch import Birch, BirchAlgorithm
from segmentation.clustering.centres import KMeans, KMeansAlgorithm
from segmentation.clustering.clouds import Clouds, CloudsAlgorithm
from segmentation.clustering.density import Hdbscan, HdbscanAlgorithm
from segmentation.clustering.gaussian import GaussianMixture, GaussianMixtureAlgorithm
from segmentation.clustering.minibatch import MiniBatchAlgorithm, MiniBatchKMeans
from segmentation.clustering.mixed import KPrototypes, KPrototypesAlgorithm
from segmentation.clustering.types import Algorithm, Clusterer, State
from segmentation.clustering.ward import Ward, WardAlgorithm
from segmentation.errors import SegmentationError

ALGORITHMS: Mapping[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        KMeansAlgorithm(),
        CloudsAlgorithm(),
        MiniBatchAlgorithm(),
        GaussianMixtureAlgorithm(),
        WardAlgorithm(),
        BirchAlgorithm(),
        HdbscanAlgorithm(),
        KPrototypesAlgorithm(),
    )
}
"""In the order in which people read them; the first is the default."""

_STORED: Mapping[str, type[Clusterer]] = {
    kind.algorithm: kind for kind in (KMeans, Clouds, MiniBatchKMeans, GaussianMixture, Ward, Birch, Hdbscan, KPrototypes)
}


def algorithm_named(name: str) -> Algorithm:
    """The algorithm called `name`; SegmentationError where there is none."""
    if name not in ALGORITHMS:
        raise SegmentationError(
            f'There is no algorithm called "{name}". Choose from: {", ".join(ALGORITHMS)}.',
            code="unknown_algorithm",
            details={"algorithms": list(ALGORITHMS)},
        )
    return ALGORITHMS[name]


def restored(name: str, state: State) -> Clusterer:
    """The clustering of the algorithm `name` that `state` was taken from; KeyError for an unknown name or a missing array."""
    return _STORED[name].restored(state)


SETTINGS = ("share", "threshold")
"""What an algorithm settles on by itself beside the number of clusters: HDBSCAN the smallest cluster, BIRCH the width of a subcluster."""


def settings_of(clusterer: Clusterer) -> dict[str, float]:
    """The settings with which `clusterer` was found, by name; empty where there are none beside the number of clusters."""
    return {name: float(getattr(clusterer, name)) for name in SETTINGS if hasattr(clusterer, name)}
