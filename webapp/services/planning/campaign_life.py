"""What becomes of a campaign: a copy, the archive and back, its end; and who did what to it, from the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import AuditEvent, Campaign, CampaignStatus, CampaignTag, Dataset, Segment
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.audit import record_event
from webapp.services.data.names import LONGEST_NAME
from webapp.services.errors import Conflict
from webapp.services.planning.campaigns import CampaignSummary, create_campaign, find_campaign, show_campaign

ARCHIVED = "campaign.archived"


@dataclass(frozen=True)
class CampaignEvent:
    """Something that was done to a campaign.

    `action` is what the audit log calls it; `segment` the name of the segment that a tag was about, `changes` the fields that changed with
    their values before and after (none for a note), `origin` the campaign that a copy was made of.
    """

    at: datetime
    by: str
    action: str
    segment: str | None
    changes: dict[str, tuple[str | None, ...]]
    origin: str | None


def duplicate_campaign(session: Session, actor: Actor, dataset: str, campaign_id: str) -> CampaignSummary:
    """A draft with the same channel, note and live tags, under a name of its own and without dates."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    known = show_campaign(session, actor, dataset, campaign_id)
    made = create_campaign(
        session,
        actor,
        dataset,
        name=_copy_name(session, actor, row, known.name),
        channel=known.channel,
        note=known.note,
        segments=[tag.segment_key for tag in known.tags if not tag.retired],
    )
    record_event(session, actor, "campaign.duplicated", made.id, dataset=row.slug, name=made.name, origin=known.name)
    session.flush()
    return made


def archive_campaign(session: Session, actor: Actor, dataset: str, campaign_id: str) -> CampaignSummary:
    """Set it aside: it keeps its tags, and leaves lists, calendar and warnings. One that is archived stays so."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    campaign = find_campaign(session, actor, row, campaign_id)
    if campaign.status != CampaignStatus.ARCHIVED:
        before, campaign.status = str(campaign.status), CampaignStatus.ARCHIVED
        record_event(session, actor, ARCHIVED, campaign.id, dataset=row.slug, name=campaign.name, before=before)
        session.flush()
    return show_campaign(session, actor, dataset, campaign_id)


def restore_campaign(session: Session, actor: Actor, dataset: str, campaign_id: str) -> CampaignSummary:
    """Bring it back to where it stood before it was archived (a draft where nobody knows). One that is not archived stays as it is."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    campaign = find_campaign(session, actor, row, campaign_id)
    if campaign.status == CampaignStatus.ARCHIVED:
        campaign.status = _status_before(session, actor, campaign)
        record_event(session, actor, "campaign.restored", campaign.id, dataset=row.slug, name=campaign.name, status=str(campaign.status))
        session.flush()
    return show_campaign(session, actor, dataset, campaign_id)


def delete_campaign(session: Session, actor: Actor, dataset: str, campaign_id: str) -> None:
    """Remove a draft that nobody was tagged to; Conflict for any other, which can be archived."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    campaign = find_campaign(session, actor, row, campaign_id)
    tagged = session.scalars(team_rows(actor, CampaignTag).where(CampaignTag.campaign_id == campaign.id).limit(1)).first()
    if campaign.status != CampaignStatus.DRAFT or tagged is not None:
        raise Conflict("Only a draft without segments can be deleted. Archive this campaign instead; it keeps its tags.", code="in_use")
    record_event(session, actor, "campaign.deleted", campaign.id, dataset=row.slug, name=campaign.name)
    session.delete(campaign)
    session.flush()


def list_events(session: Session, actor: Actor, dataset: str, campaign_id: str) -> tuple[CampaignEvent, ...]:
    """Who did what to the campaign, newest first."""
    row = team_dataset(session, actor, dataset)
    campaign = find_campaign(session, actor, row, campaign_id)
    events = session.scalars(
        team_rows(actor, AuditEvent).where(AuditEvent.subject == campaign.id).order_by(AuditEvent.at.desc(), AuditEvent.id)
    ).all()
    keys = {str(event.details["segment"]) for event in events if "segment" in event.details}
    named = session.scalars(team_rows(actor, Segment).where(Segment.dataset_id == row.id, Segment.key.in_(keys)))
    names = {segment.key: segment.shown_name for segment in named}
    return tuple(_event(event, names) for event in events)


def may_delete(campaign: CampaignSummary) -> bool:
    """Whether `delete_campaign` would take it."""
    return campaign.status == CampaignStatus.DRAFT and not campaign.tags


def _event(event: AuditEvent, names: Mapping[str, str]) -> CampaignEvent:
    told: Mapping[str, Any] = event.details
    changes = {str(name): tuple(values) for name, values in dict(told.get("changes") or {}).items()}
    segment = str(told["segment"]) if "segment" in told else None
    at = event.at if event.at.tzinfo else event.at.replace(tzinfo=UTC)
    return CampaignEvent(at, event.actor, event.action, names.get(segment, segment) if segment else None, changes, told.get("origin"))


def _status_before(session: Session, actor: Actor, campaign: Campaign) -> CampaignStatus:
    last = team_rows(actor, AuditEvent).where(AuditEvent.subject == campaign.id, AuditEvent.action == ARCHIVED)
    event = session.scalars(last.order_by(AuditEvent.at.desc(), AuditEvent.id).limit(1)).first()
    before = event.details.get("before") if event else None
    return CampaignStatus(before) if before in set(CampaignStatus) - {CampaignStatus.ARCHIVED} else CampaignStatus.DRAFT


def _copy_name(session: Session, actor: Actor, dataset: Dataset, name: str) -> str:
    """`name (copy)`, `name (copy 2)`: the first that is free, the name cut where it would be too long."""
    taken = set(session.scalars(select(Campaign.name).where(Campaign.dataset_id == dataset.id, Campaign.team_id == actor.team_id)))
    number = 1
    while True:
        ending = " (copy)" if number == 1 else f" (copy {number})"
        room = LONGEST_NAME - len(ending)
        copy = (name if len(name) <= room else name[: room - 1].rstrip() + "…") + ending
        if copy not in taken:
            return copy
        number += 1
