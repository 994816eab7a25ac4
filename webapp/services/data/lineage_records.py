"""How a version's clusters follow those of its reference, as the version keeps it; for services that come before modelling too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.codec import from_json, to_json
from segmentation.lineage import Lineage, Link
from webapp.models import ModelVersion

Table = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Record:
    """A lineage as a version keeps it; tables are by previous, then current cluster. `found` are the links as they were at the fit."""

    reference: str
    links: tuple[Link, ...]
    overlap: Table
    sizes: Table
    distances: tuple[tuple[float, ...], ...] | None
    found: tuple[Link, ...] | None = None


def as_record(reference: str, lineage: Lineage, found: tuple[Link, ...] | None) -> dict[str, Any]:
    """What `ModelVersion.lineage` holds; `found` are the links as they were at the fit, before anybody spoke of this version."""
    distances = None if lineage.distances is None else tuple(map(tuple, lineage.distances.tolist()))
    overlap, sizes = tuple(map(tuple, lineage.overlap.tolist())), tuple(tuple(each.tolist()) for each in lineage.sizes)
    record: dict[str, Any] = to_json(_Record(reference, lineage.links, overlap, sizes, distances, found))
    return record


def read_lineage(version: ModelVersion) -> tuple[str, Lineage] | None:
    """The id of a version's reference, and how it follows that; None for a first version, and for one made before lineages were kept."""
    if version.lineage is None:
        return None
    record = from_json(_Record, version.lineage)
    before, now = (np.array(each, dtype=np.int64) for each in record.sizes)
    overlap = np.array(record.overlap, dtype=np.int64).reshape(len(before), len(now))
    return record.reference, Lineage(record.links, overlap, (before, now), None if record.distances is None else np.array(record.distances))


def found_links(version: ModelVersion) -> tuple[Link, ...] | None:
    """The links of a version as they were at its fit; None where that was not kept."""
    return None if version.lineage is None else from_json(_Record, version.lineage).found
