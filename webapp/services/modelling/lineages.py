"""How a version's clusters follow those of its reference: stored with the version, and what people said about it.

The reference of a version is the champion at its making, else the latest ready version. Segments follow the links: a cluster that continues
one of the reference is the same segment. So a correction of a version is also one of every version that was compared to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import delete
from sqlalchemy.orm import Session

from segmentation import lineage as library
from segmentation.codec import from_json, to_json
from segmentation.lineage import ORIGIN, Lineage, Link
from webapp.models import LineageCorrection, ModelVersion, VersionStatus
from webapp.services.access import Actor, team_rows

Table = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Record:
    """A lineage as a version keeps it; tables are by previous, then current cluster."""

    reference: str
    links: tuple[Link, ...]
    overlap: Table
    sizes: Table
    distances: tuple[tuple[float, ...], ...] | None


@dataclass(frozen=True)
class Answers:
    """What people said about one version that had the same reference: its clusters with those that they continue, or None for no one."""

    version_id: str
    said: dict[int, int | None]


def as_record(reference: str, lineage: Lineage) -> dict[str, Any]:
    """What `ModelVersion.lineage` holds."""
    distances = None if lineage.distances is None else tuple(map(tuple, lineage.distances.tolist()))
    overlap, sizes = tuple(map(tuple, lineage.overlap.tolist())), tuple(tuple(each.tolist()) for each in lineage.sizes)
    record: dict[str, Any] = to_json(_Record(reference, lineage.links, overlap, sizes, distances))
    return record


def read_lineage(version: ModelVersion) -> tuple[str, Lineage] | None:
    """The id of a version's reference, and how it follows that; None for a first version, and for one made before lineages were kept."""
    if version.lineage is None:
        return None
    record = from_json(_Record, version.lineage)
    before, now = (np.array(each, dtype=np.int64) for each in record.sizes)
    overlap = np.array(record.overlap, dtype=np.int64).reshape(len(before), len(now))
    return record.reference, Lineage(record.links, overlap, (before, now), None if record.distances is None else np.array(record.distances))


def list_answers(session: Session, actor: Actor, reference_id: str) -> tuple[Answers, ...]:
    """What people said about versions with that reference, the version that was last spoken about first."""
    rows = session.scalars(
        team_rows(actor, LineageCorrection)
        .where(LineageCorrection.reference_id == reference_id)
        .order_by(LineageCorrection.created_at.desc(), LineageCorrection.cluster)
    )
    said: dict[str, dict[int, int | None]] = {}
    for row in rows:
        said.setdefault(row.version_id, {})[row.cluster] = row.continues
    return tuple(Answers(version_id, answers) for version_id, answers in said.items())


def carry_answers(answers: dict[int, int | None], earlier: Lineage, known: dict[int, int | None]) -> dict[int, int | None]:
    """`known` answers with those that people gave about an earlier version, where the new version asks the same.

    `earlier` leads from that version to the new one, both compared to the same reference. The question is the same where the cluster is:
    more than half of either is in the other. An answer that is known already stands, and nothing is continued twice.
    """
    found = dict(known)
    for old, continues in answers.items():
        shares = earlier.overlap[old] / np.maximum(np.maximum(earlier.sizes[0][old], earlier.sizes[1]), 1)
        new = int(shares.argmax()) if shares.size else 0
        taken = continues is not None and continues in found.values()
        if shares.size and shares[new] > ORIGIN and new not in found and not taken:
            found[new] = continues
    return found


def store_correction(session: Session, actor: Actor, version: ModelVersion, cluster: int, continues: int | None) -> None:
    """Keep what a person said of a cluster of `version`, here and for versions to come; ValueError for clusters that are not there."""
    stored = read_lineage(version)
    if stored is None:
        raise ValueError("A version without a lineage cannot be corrected.")
    reference, lineage = stored
    corrected = library.correct_lineage(lineage, cluster, continues)
    version.lineage = as_record(reference, corrected)
    session.execute(delete(LineageCorrection).where(LineageCorrection.version_id == version.id, LineageCorrection.cluster == cluster))
    undone = set(library.answers_in(lineage)) - set(library.answers_in(corrected))
    session.execute(delete(LineageCorrection).where(LineageCorrection.version_id == version.id, LineageCorrection.cluster.in_(undone)))
    session.add(
        LineageCorrection(
            version_id=version.id,
            cluster=cluster,
            team_id=actor.team_id,
            reference_id=reference,
            continues=continues,
            created_by=actor.name,
            created_at=datetime.now(UTC),
        )
    )
    session.flush()


def versions_after(session: Session, actor: Actor, version: ModelVersion) -> tuple[ModelVersion, ...]:
    """The ready versions whose reference is `version`, in their order."""
    found = team_rows(actor, ModelVersion).where(
        ModelVersion.dataset_id == version.dataset_id,
        ModelVersion.status == VersionStatus.READY,
        ModelVersion.lineage["reference"].as_string() == version.id,
    )
    return tuple(session.scalars(found.order_by(ModelVersion.number)))
