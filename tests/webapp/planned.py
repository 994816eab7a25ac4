"""A team with three segments and whatever campaigns a test plans, its rows written straight: no file is read and nothing fitted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from segmentation.codec import to_json
from tests.segmentation.made import made_world
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources
from webapp.models import Champion, Dataset, ModelVersion, Segment, Snapshot, VersionSegment, VersionStatus
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary

DATASET = "customers"
SEGMENTS = {"aaaa1111": ("Loyal families", 100), "bbbb2222": ("Deal seekers", 60), "cccc3333": ("Web browsers", 40)}
KEYS = tuple(SEGMENTS)


@dataclass(frozen=True)
class Planned(Shop):
    """A shop with segments to plan for."""

    def plan(self, name: str = "Spring", *tags: str, channel: str = "email", **fields: Any) -> CampaignSummary:
        """A campaign, tagged to the segments with these keys."""
        with self.writing() as session:
            return campaigns.create_campaign(session, self.actor, DATASET, name=name, channel=channel, segments=tags, **fields)

    def again(self, campaign: CampaignSummary) -> CampaignSummary:
        """The campaign as it is now."""
        with self.reading() as session:
            return campaigns.show_campaign(session, self.actor, DATASET, campaign.id)

    def retire(self, key: str) -> None:
        """Take the segment from the champion."""
        with self.writing() as session:
            segment = session.query(Segment).filter_by(key=key).one()
            session.query(VersionSegment).filter_by(segment_id=segment.id).delete()


@cache
def _profiles() -> dict[str, Any]:
    """Profiles of three segments; their sizes are others than those that are planned for."""
    return to_json(made_world().profiles())  # type: ignore[no-any-return]


def open_planned(resources: Resources) -> Planned:
    """A team with the dataset "customers" in a champion of three segments."""
    shop = open_shop(resources)
    planned = Planned(shop.resources, shop.actor, shop.stranger)
    with planned.writing() as session:
        own: dict[str, Any] = {"team_id": shop.actor.team_id, "created_at": datetime.now(UTC)}
        dataset = Dataset(slug=DATASET, name="Customers", **own)
        session.add(dataset)
        session.flush()
        own["dataset_id"] = dataset.id
        snapshot = Snapshot(
            number=1, digest="0" * 64, as_of=date(2026, 1, 31), customers=200, column_schema={"columns": []}, quality={}, **own
        )
        session.add(snapshot)
        session.flush()
        version = ModelVersion(
            snapshot_id=snapshot.id,
            number=1,
            status=VersionStatus.READY,
            algorithm="kmeans",
            requested={},
            seed=0,
            created_by="x",
            profiles=_profiles(),
            **own,
        )
        session.add(version)
        session.flush()
        session.add(Champion(dataset_id=dataset.id, team_id=shop.actor.team_id, version_id=version.id))
        for place, (key, (name, size)) in enumerate(SEGMENTS.items()):
            segment = Segment(key=key, slot=place + 1, name=name, short_name=name[:14], **own)
            session.add(segment)
            session.flush()
            tie = {"version_id": version.id, "team_id": shop.actor.team_id, "segment_id": segment.id}
            session.add(VersionSegment(cluster=place, size=size, **tie))
    return planned
