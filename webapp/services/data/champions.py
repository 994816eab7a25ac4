"""What placing customers by the champion needs to know, for services and tasks that come before modelling."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Champion, Dataset, ModelVersion, Segment, VersionSegment
from webapp.services.access import Actor, team_rows


@dataclass(frozen=True)
class ChampionModel:
    """The version that the dataset works with: where its model and labels lie, the snapshot that it was fitted on, its segments.

    `segments` are key and present name, by cluster.
    """

    number: int
    model_digest: str
    labels_digest: str
    fitted_on: str
    segments: tuple[tuple[str, str], ...]


def champion_model(session: Session, actor: Actor, dataset: Dataset) -> ChampionModel | None:
    """The champion; None where there is none. For services and tasks only."""
    standing = team_rows(actor, ModelVersion).join(Champion, Champion.version_id == ModelVersion.id)
    version = session.scalars(standing.where(Champion.dataset_id == dataset.id)).one_or_none()
    if version is None or version.model_digest is None or version.labels_digest is None:
        return None
    names = session.execute(
        select(Segment.key, Segment.chosen_name, Segment.name)
        .join(VersionSegment, VersionSegment.segment_id == Segment.id)
        .where(VersionSegment.version_id == version.id, VersionSegment.team_id == actor.team_id)
        .order_by(VersionSegment.cluster)
    )
    segments = tuple((key, chosen or name) for key, chosen, name in names)
    return ChampionModel(version.number, version.model_digest, version.labels_digest, version.snapshot_id, segments)
