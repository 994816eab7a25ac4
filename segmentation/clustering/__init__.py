"""The algorithms, each with the assigner that places later customers."""

from segmentation.clustering.centres import KMeans, cluster_means, fit_kmeans, within_sum_of_squares
from segmentation.clustering.gaps import BRIDGED, deepest_valley, spread_steps, widest_bridge
from segmentation.clustering.registry import ALGORITHMS, algorithm_named, restored, settings_of
from segmentation.clustering.threads import one_thread
from segmentation.clustering.types import ONE_COLUMN_EACH, Algorithm, Assignments, Clusterer, Features, Layout, State

__all__ = [
    "ALGORITHMS",
    "BRIDGED",
    "ONE_COLUMN_EACH",
    "Algorithm",
    "Assignments",
    "Clusterer",
    "Features",
    "KMeans",
    "Layout",
    "State",
    "algorithm_named",
    "cluster_means",
    "deepest_valley",
    "fit_kmeans",
    "one_thread",
    "restored",
    "settings_of",
    "spread_steps",
    "widest_bridge",
    "within_sum_of_squares",
]
