"""Campaigns and the segments that they are tagged to."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.db import names_what_is_gone
from webapp.models import (
    Campaign,
    CampaignStatus,
    CampaignTag,
    Champion,
    Dataset,
    ModelVersion,
    Segment,
    VersionSegment,
    VersionStatus,
)
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.names import clean_name
from webapp.services.data.successors import find_retirements
from webapp.services.errors import Invalid, NotFound

CHANNELS = ("email", "post", "sms", "web", "store", "catalogue", "phone")
LIVE = frozenset({CampaignStatus.DRAFT, CampaignStatus.PLANNED, CampaignStatus.RUNNING})
"""Where a campaign stands that is still to reach somebody."""

LONGEST_NOTE = 2_000
"""Characters of a campaign's note."""


@dataclass(frozen=True)
class Successor:
    """A segment of the champion that customers of a retired one are in now."""

    key: str
    name: str
    slot: int


@dataclass(frozen=True)
class TagSummary:
    """A campaign's tie to a segment. `retired` says that the champion no longer has that segment; else it has so many `customers`.

    `retired_with` is the first version (its number) without it, and `successors` are where its customers are now, as far as that is
    known: to be offered, never assumed. Where it was `merged`, whole, into its one successor, that has its tags too.
    """

    id: str
    segment_key: str
    segment_name: str
    slot: int
    created_by: str
    created_at: datetime
    retired: bool
    customers: int = 0
    retired_with: int | None = None
    successors: tuple[Successor, ...] = ()
    merged: bool = False

    def concerns(self, segment: str) -> bool:
        """Whether it is a tag of the segment with that key, or of one that was merged into it."""
        return self.segment_key == segment or (self.merged and any(each.key == segment for each in self.successors))


@dataclass(frozen=True)
class CampaignSummary:
    """One campaign with its tags, oldest first."""

    id: str
    name: str
    channel: str
    starts_on: date | None
    ends_on: date | None
    status: str
    tags: tuple[TagSummary, ...]
    created_by: str
    created_at: datetime
    note: str = ""

    @property
    def live(self) -> bool:
        """Whether it is still to reach somebody: neither done nor archived."""
        return self.status in LIVE

    @property
    def customers(self) -> int:
        """How many it reaches: nobody is in two segments of one version, so that sizes add up; retired segments have nobody."""
        return sum(tag.customers for tag in self.tags)

    def reaches(self, segment: str) -> bool:
        """Whether it is tagged to the segment with that key."""
        return any(tag.segment_key == segment for tag in self.tags)

    def concerns(self, segment: str) -> bool:
        """Whether it is tagged to the segment with that key, or to one that was merged into it."""
        return any(tag.concerns(segment) for tag in self.tags)

    def tag_of(self, segment: str) -> TagSummary:
        """The tag by which it concerns the segment with that key: the segment's own before that of a merged one. ValueError without any."""
        return min((tag for tag in self.tags if tag.concerns(segment)), key=lambda tag: tag.segment_key != segment)


def list_campaigns(session: Session, actor: Actor, dataset: str, *, segment: str | None = None) -> tuple[CampaignSummary, ...]:
    """The dataset's campaigns, newest first; with `segment` (a key) only those tagged to it, or to one that was merged into it."""
    row = team_dataset(session, actor, dataset)
    tags = _tags(session, actor, row)
    found = session.scalars(
        team_rows(actor, Campaign).where(Campaign.dataset_id == row.id).order_by(Campaign.created_at.desc(), Campaign.id)
    ).all()
    summaries = (_summary(campaign, tuple(tags[campaign.id])) for campaign in found)
    return tuple(summary for summary in summaries if segment is None or summary.concerns(segment))


def show_campaign(session: Session, actor: Actor, dataset: str, campaign_id: str) -> CampaignSummary:
    """One campaign."""
    row = team_dataset(session, actor, dataset)
    campaign = find_campaign(session, actor, row, campaign_id)
    return _summary(campaign, tuple(_tags(session, actor, row)[campaign.id]))


def locate_campaign(session: Session, actor: Actor, campaign_id: str) -> str:
    """The slug of the dataset that a campaign of the team belongs to."""
    campaign = team_row(session, actor, Campaign, "campaign", id=campaign_id)
    return team_row(session, actor, Dataset, "dataset", id=campaign.dataset_id).slug


def create_campaign(
    session: Session,
    actor: Actor,
    dataset: str,
    *,
    name: str,
    channel: str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    status: str = "draft",
    note: str = "",
    segments: Sequence[str] = (),
) -> CampaignSummary:
    """A new campaign, tagged to `segments` (keys); Invalid names the field that cannot be taken."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    keys = tuple(dict.fromkeys(segments))
    for key in keys:  # before anything is written, so that a refusal leaves nothing behind
        team_row(session, actor, Segment, "segment", dataset_id=row.id, key=key)
    campaign = Campaign(team_id=actor.team_id, dataset_id=row.id, created_by=actor.name, created_at=datetime.now(UTC))
    _store(session, campaign, name=name, channel=channel, starts_on=starts_on, ends_on=ends_on, status=status, note=note)
    record_event(session, actor, "campaign.created", campaign.id, dataset=row.slug, name=campaign.name)
    for key in keys:
        tag_segment(session, actor, dataset, campaign.id, key)
    return show_campaign(session, actor, dataset, campaign.id)


def change_campaign(
    session: Session,
    actor: Actor,
    dataset: str,
    campaign_id: str,
    *,
    name: str,
    channel: str,
    starts_on: date | None,
    ends_on: date | None,
    status: str,
    note: str | None = None,
) -> CampaignSummary:
    """Replace every field of a campaign; without a `note` that stays as it is."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    campaign = find_campaign(session, actor, row, campaign_id)
    before = _fields(campaign)
    kept = campaign.note if note is None else note
    _store(session, campaign, name=name, channel=channel, starts_on=starts_on, ends_on=ends_on, status=status, note=kept)
    if changes := _changes(before, _fields(campaign)):
        record_event(session, actor, "campaign.changed", campaign.id, dataset=row.slug, name=campaign.name, changes=changes)
    return show_campaign(session, actor, dataset, campaign_id)


def tag_segment(session: Session, actor: Actor, dataset: str, campaign_id: str, segment_key: str) -> TagSummary:
    """Tie a campaign to a segment; the same tag again is the tag that is there."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    campaign = find_campaign(session, actor, row, campaign_id)
    segment = team_row(session, actor, Segment, "segment", dataset_id=row.id, key=segment_key)
    if (tag := _tag(session, actor, row, campaign, segment_key)) is not None:
        return tag
    if not _is_held(session, segment):
        raise NotFound("No version has this segment any more, so nothing can be tagged on it.")
    added = CampaignTag(
        team_id=actor.team_id, campaign_id=campaign.id, segment_id=segment.id, created_by=actor.name, created_at=datetime.now(UTC)
    )
    try:
        with session.begin_nested():
            session.add(added)
    except IntegrityError:
        pass  # somebody tied the same two at the same moment: theirs is the tag
    else:
        record_event(session, actor, "campaign.tagged", campaign.id, dataset=row.slug, segment=segment.key, tag=added.id)
    tag = _tag(session, actor, row, campaign, segment_key)
    assert tag is not None
    return tag


def untag_segment(session: Session, actor: Actor, dataset: str, tag_id: str) -> None:
    """Remove a tag."""
    require(actor, Permission.TAG)
    row = team_dataset(session, actor, dataset)
    tag = team_row(session, actor, CampaignTag, "tag", id=tag_id)
    campaign = find_campaign(session, actor, row, tag.campaign_id)
    segment = team_row(session, actor, Segment, "segment", id=tag.segment_id)
    session.delete(tag)
    record_event(session, actor, "campaign.untagged", campaign.id, dataset=row.slug, segment=segment.key)
    session.flush()


def find_campaign(session: Session, actor: Actor, dataset: Dataset, campaign_id: str) -> Campaign:
    """The row of one campaign of the dataset. For services only."""
    return team_row(session, actor, Campaign, "campaign", dataset_id=dataset.id, id=campaign_id)


def clean_note(note: str) -> str:
    """`note` without blanks around it, its lines ended alike; Invalid where it is too long, or holds what is no text."""
    cleaned = "\n".join(unicodedata.normalize("NFC", note).splitlines()).strip()
    if len(cleaned) > LONGEST_NOTE:
        raise Invalid(f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(cleaned):,}.", details={"field": "note"})
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in cleaned):
        raise Invalid("The note holds characters that are no text. Type it anew.", details={"field": "note"})
    return cleaned


def _fill(
    campaign: Campaign, *, name: str, channel: str, starts_on: date | None, ends_on: date | None, status: str, note: str = ""
) -> None:
    if channel not in CHANNELS:
        raise Invalid(f"Choose a channel: {', '.join(CHANNELS)}.", details={"field": "channel"})
    if status not in set(CampaignStatus):
        raise Invalid(f"Choose a status: {', '.join(CampaignStatus)}.", details={"field": "status"})
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid("The campaign ends before it starts. Choose a later last day.", details={"field": "ends_on"})
    campaign.name = clean_name(name, "name")
    campaign.channel = channel
    campaign.starts_on, campaign.ends_on = starts_on, ends_on
    campaign.status = CampaignStatus(status)
    campaign.note = clean_note(note)


def _fields(campaign: Campaign) -> dict[str, str | None]:
    """What can be changed of it, as the audit log holds it."""
    days = {"starts_on": campaign.starts_on, "ends_on": campaign.ends_on}
    words = {"name": campaign.name, "channel": campaign.channel, "status": str(campaign.status), "note": campaign.note}
    return words | {name: day.isoformat() if day else None for name, day in days.items()}


def _changes(before: dict[str, str | None], after: dict[str, str | None]) -> dict[str, list[str | None]]:
    """Before and after of each field that changed; of a note only that it did."""
    changed = {name: [value, after[name]] for name, value in before.items() if value != after[name]}
    return changed | ({"note": []} if "note" in changed else {})


def _store(session: Session, campaign: Campaign, **values: Any) -> None:
    """Fill and write within a savepoint, so that a name that is taken undoes nothing else."""
    try:
        with session.begin_nested():
            _fill(campaign, **values)
            session.add(campaign)
    except IntegrityError as refusal:
        if names_what_is_gone(refusal):
            raise
        raise Invalid("This dataset has a campaign of that name already. Choose another name.", details={"field": "name"}) from None


def _is_held(session: Session, segment: Segment) -> bool:
    """Whether there is a version left whose pages show the segment."""
    held = select(VersionSegment.segment_id).join(ModelVersion, ModelVersion.id == VersionSegment.version_id)
    ready = held.where(VersionSegment.segment_id == segment.id, ModelVersion.status == VersionStatus.READY)
    return session.scalars(ready.limit(1)).first() is not None


def _tag(session: Session, actor: Actor, dataset: Dataset, campaign: Campaign, segment_key: str) -> TagSummary | None:
    return next((tag for tag in _tags(session, actor, dataset)[campaign.id] if tag.segment_key == segment_key), None)


def _tags(session: Session, actor: Actor, dataset: Dataset) -> dict[str, list[TagSummary]]:
    """Tags of every campaign of the dataset, oldest first, by campaign id."""
    live = dict(
        session.execute(
            select(VersionSegment.segment_id, VersionSegment.size)
            .join(Champion, Champion.version_id == VersionSegment.version_id)
            .where(Champion.dataset_id == dataset.id, Champion.team_id == actor.team_id)
        ).all()
    )
    rows = session.execute(
        select(CampaignTag, Segment)
        .join(Segment, Segment.id == CampaignTag.segment_id)
        .where(Segment.dataset_id == dataset.id, CampaignTag.team_id == actor.team_id)
        .order_by(CampaignTag.created_at, CampaignTag.id)
    ).all()
    gone = find_retirements(session, actor, dataset, {segment.id for _, segment in rows} - set(live)) if live else {}
    after = {segment for each in gone.values() for segment in each.successors}
    known = {each.id: each for each in session.scalars(team_rows(actor, Segment).where(Segment.id.in_(after)))} if after else {}
    tags: dict[str, list[TagSummary]] = defaultdict(list)
    for tag, segment in rows:
        retirement = gone.get(segment.id)
        tags[tag.campaign_id].append(
            TagSummary(
                id=tag.id,
                segment_key=segment.key,
                segment_name=segment.shown_name,
                slot=segment.slot,
                created_by=tag.created_by,
                created_at=tag.created_at,
                retired=segment.id not in live,
                customers=live.get(segment.id, 0),
                retired_with=retirement.version if retirement else None,
                successors=tuple(_successor(known[each]) for each in retirement.successors) if retirement else (),
                merged=retirement is not None and retirement.merged,
            )
        )
    return tags


def _successor(segment: Segment) -> Successor:
    return Successor(segment.key, segment.shown_name, segment.slot)


def _summary(campaign: Campaign, tags: tuple[TagSummary, ...]) -> CampaignSummary:
    return CampaignSummary(
        id=campaign.id,
        name=campaign.name,
        channel=campaign.channel,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        status=str(campaign.status),
        tags=tags,
        created_by=campaign.created_by,
        created_at=campaign.created_at,
        note=campaign.note,
    )
