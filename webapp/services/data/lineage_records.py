"""How a version's clusters follow those of its reference, as the version keeps it; for services that come before modelling too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from segmentation.codec import from_json, to_json
from segmentation.lineage import Lineage, Link, Return, answers_in
from webapp.models import ModelVersion

Table = tuple[tuple[int, ...], ...]


Returns = Mapping[str, Sequence[Return]]
"""Clusters that continue none of the reference's and are a segment again that an earlier champion had, by the id of that version."""


@dataclass(frozen=True)
class _Record:
    """A lineage as a version keeps it; tables are by previous, then current cluster.

    `found` are the links as they were at the fit, `returns` what came back with it.
    """

    reference: str
    links: tuple[Link, ...]
    overlap: Table
    sizes: Table
    distances: tuple[tuple[float, ...], ...] | None
    found: tuple[Link, ...] | None = None
    returns: Returns = field(default_factory=dict)


def as_record(reference: str, lineage: Lineage, returns: Returns) -> dict[str, Any]:
    """What `ModelVersion.lineage` holds from the fit on, before anybody spoke of this version."""
    distances = None if lineage.distances is None else tuple(map(tuple, lineage.distances.tolist()))
    overlap, sizes = tuple(map(tuple, lineage.overlap.tolist())), tuple(tuple(each.tolist()) for each in lineage.sizes)
    record: dict[str, Any] = to_json(_Record(reference, lineage.links, overlap, sizes, distances, lineage.links, returns))
    return record


def with_links(version: ModelVersion, links: tuple[Link, ...], found: tuple[Link, ...] | None) -> dict[str, Any]:
    """The record of a version that has one with other `links`; `found` are those of the fit, as far as they are known."""
    record: dict[str, Any] = to_json(replace(from_json(_Record, version.lineage), links=links, found=found))
    return record


def read_lineage(version: ModelVersion) -> tuple[str, Lineage] | None:
    """The id of a version's reference, and how it follows that; None for a first version, and for one made before lineages were kept."""
    if version.lineage is None:
        return None
    record = from_json(_Record, version.lineage)
    before, now = (np.array(each, dtype=np.int64) for each in record.sizes)
    overlap = np.array(record.overlap, dtype=np.int64).reshape(len(before), len(now))
    return record.reference, Lineage(record.links, overlap, (before, now), None if record.distances is None else np.array(record.distances))


def merged_into(before: ModelVersion, now: ModelVersion) -> Mapping[int, int]:
    """Clusters of `before` that are a part of one of `now`, with that; nothing where neither of the two was compared to the other.

    `now` can be the earlier one, as it is after a rollback: read backwards, what was split off is merged.
    """
    ahead, back = read_lineage(now), read_lineage(before)
    if ahead is not None and ahead[0] == before.id:
        return ahead[1].merged
    return back[1].split if back is not None and back[0] == now.id else {}


def found_links(version: ModelVersion) -> tuple[Link, ...] | None:
    """The links of a version as they were at its fit; None where that was not kept."""
    return None if version.lineage is None else from_json(_Record, version.lineage).found


def returns_of(version: ModelVersion) -> Returns:
    """What came back with a version, but for clusters of which a person said what they are."""
    stored = read_lineage(version) if version.lineage and version.lineage.get("returns") else None
    if stored is None:
        return {}
    said = answers_in(stored[1])
    found = from_json(_Record, version.lineage).returns
    return {champion: tuple(each for each in returns if each.current not in said) for champion, returns in found.items()}


def leads_to(version: ModelVersion) -> frozenset[str]:
    """The ids of the versions whose segments a version's own may be: its reference, and the champions that some came back from."""
    if version.lineage is None:
        return frozenset()
    return frozenset({version.lineage["reference"], *version.lineage.get("returns", ())})
