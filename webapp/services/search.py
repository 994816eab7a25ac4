"""Search: what a dataset and its team hold, by the words that people would type."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from segmentation.palette import SegmentStyle
from webapp.models import Audience, Campaign, Customer, Dataset, ModelVersion, Segment, VersionSegment, VersionStatus
from webapp.services.access import Actor, Permission, team_dataset, team_rows
from webapp.services.modelling.versions import champion_id
from webapp.services.segmenting.segments import style_of

MOST = 5
"""Hits in a group; whoever needs more types more."""
LONGEST = 100
Item = TypeVar("Item")


@dataclass(frozen=True)
class SegmentHit:
    """A segment; `version` is the newest one that has it where the champion has not, else None. `earlier` ones came before the champion."""

    style: SegmentStyle
    version: int | None
    earlier: bool


@dataclass(frozen=True)
class CampaignHit:
    """A campaign under its name."""

    id: str
    name: str
    status: str


@dataclass(frozen=True)
class AudienceHit:
    """An audience under its name; `live` unless it is archived."""

    id: str
    name: str
    live: bool


@dataclass(frozen=True)
class DatasetHit:
    """A dataset of the team."""

    slug: str
    name: str


@dataclass(frozen=True)
class Found:
    """What fits, best first, at most `MOST` of each; `customers` are keys, empty for roles that see no customer rows."""

    segments: tuple[SegmentHit, ...] = ()
    customers: tuple[str, ...] = ()
    campaigns: tuple[CampaignHit, ...] = ()
    audiences: tuple[AudienceHit, ...] = ()
    datasets: tuple[DatasetHit, ...] = ()


def search_everything(session: Session, actor: Actor, dataset: str | None, text: str) -> Found:
    """Segments, customers, campaigns and audiences of `dataset` (None: of none), and the team's datasets, whose name or key fits `text`.

    A customer fits by the beginning of their key; nothing else of a customer is looked at.
    """
    wanted = clean_text(text)
    if not wanted:
        return Found()
    datasets = _datasets(session, actor, wanted)
    if dataset is None:
        return Found(datasets=datasets)
    row = team_dataset(session, actor, dataset)
    return Found(
        segments=_segments(session, actor, row, wanted),
        customers=_customers(session, row, wanted) if actor.may(Permission.VIEW_CUSTOMERS) else (),
        campaigns=_campaigns(session, actor, row, wanted),
        audiences=_audiences(session, actor, row, wanted),
        datasets=datasets,
    )


def clean_text(text: str) -> str:
    """`text` as it is looked for: printable characters, single blanks, at most `LONGEST`."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * LONGEST])
    return " ".join(printable.split())[:LONGEST]


def best(items: Iterable[Item], names: Callable[[Item], Sequence[str]], wanted: str) -> list[Item]:
    """The items one of whose `names` holds every word of `wanted`, at most `MOST`.

    First those that are the same, then those that begin so, then those whose words begin so.
    """
    sought = _plain(wanted)
    ranked = [(min((_rank(_plain(name), sought) for name in names(item)), default=UNLIKE), item) for item in items]
    fitting = [pair for pair in ranked if pair[0] < UNLIKE]
    return [item for _, item in sorted(fitting, key=lambda pair: pair[0])][:MOST]


UNLIKE = 4


def _rank(name: str, sought: str) -> int:
    if name == sought:
        return 0
    if name.startswith(sought):
        return 1
    words = sought.split()
    if all(any(part.startswith(word) for part in name.split()) for word in words):
        return 2
    return 3 if all(word in name for word in words) else UNLIKE


def _plain(text: str) -> str:
    """Without case and accents: `cafe` finds `Café`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _segments(session: Session, actor: Actor, dataset: Dataset, wanted: str) -> tuple[SegmentHit, ...]:
    """By the name that the team chose and by that from evidence; those that no ready version has cannot be opened and are left out."""
    rows = session.scalars(team_rows(actor, Segment).where(Segment.dataset_id == dataset.id).order_by(Segment.slot)).all()
    named = best(rows, lambda row: [row.shown_name, row.name, row.short_name], wanted)
    champion = champion_id(session, dataset)
    newest: dict[str, int] = {}
    live: set[str] = set()
    number_of_champion = 0
    for segment_id, version_id, number in _holders(session, actor, dataset):
        newest[segment_id] = max(number, newest.get(segment_id, 0))
        if version_id == champion:
            live.add(segment_id)
            number_of_champion = number
    return tuple(
        SegmentHit(style_of(row), None if row.id in live else newest[row.id], newest[row.id] < number_of_champion)
        for row in named
        if row.id in newest
    )


def _holders(session: Session, actor: Actor, dataset: Dataset) -> Sequence[tuple[str, str, int]]:
    """Which ready version has which segment, as (segment id, version id, version number)."""
    rows = session.execute(
        select(VersionSegment.segment_id, ModelVersion.id, ModelVersion.number)
        .join(ModelVersion, ModelVersion.id == VersionSegment.version_id)
        .where(VersionSegment.team_id == actor.team_id, ModelVersion.dataset_id == dataset.id, ModelVersion.status == VersionStatus.READY)
    )
    return [(segment_id, version_id, number) for segment_id, version_id, number in rows]


def _customers(session: Session, dataset: Dataset, wanted: str) -> tuple[str, ...]:
    """Keys that begin so, the shortest first; the primary key holds all that is read."""
    pattern = _escaped(wanted.lower()) + "%"
    keys = session.scalars(
        select(Customer.customer_key)
        .where(Customer.dataset_ref == dataset.ref, func.lower(Customer.customer_key).like(pattern, escape="\\"))
        .order_by(func.length(Customer.customer_key), Customer.customer_key)
        .limit(MOST)
    )
    return tuple(keys)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _campaigns(session: Session, actor: Actor, dataset: Dataset, wanted: str) -> tuple[CampaignHit, ...]:
    found = session.execute(
        team_rows(actor, Campaign)
        .where(Campaign.dataset_id == dataset.id)
        .order_by(Campaign.created_at.desc(), Campaign.id)
        .with_only_columns(Campaign.id, Campaign.name, Campaign.status)
    )
    hits = [CampaignHit(id, name, str(status)) for id, name, status in found]
    return tuple(best(hits, lambda hit: [hit.name], wanted))


def _audiences(session: Session, actor: Actor, dataset: Dataset, wanted: str) -> tuple[AudienceHit, ...]:
    """Live ones before archived ones of the same name; their names alone are looked at, which every role reads."""
    found = session.execute(
        team_rows(actor, Audience)
        .where(Audience.dataset_id == dataset.id)
        .order_by(Audience.archived_at.is_not(None), Audience.created_at.desc(), Audience.id)
        .with_only_columns(Audience.id, Audience.name, Audience.archived_at)
    )
    hits = [AudienceHit(id, name, archived_at is None) for id, name, archived_at in found]
    return tuple(best(hits, lambda hit: [hit.name], wanted))


def _datasets(session: Session, actor: Actor, wanted: str) -> tuple[DatasetHit, ...]:
    found = session.execute(team_rows(actor, Dataset).order_by(Dataset.name, Dataset.slug).with_only_columns(Dataset.slug, Dataset.name))
    return tuple(best([DatasetHit(slug, name) for slug, name in found], lambda hit: [hit.name], wanted))
