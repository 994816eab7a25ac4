"""The customer bases of a team: what there is, and how a new one starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.roles import Schema
from webapp.models import Campaign, CampaignStatus, Champion, Dataset, ModelVersion, Team, VersionSegment, VersionStatus
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.audit import record_event
from webapp.services.data.currencies import CURRENCIES
from webapp.services.data.names import clean_name, slug_of
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import Conflict, Invalid, NotFound

RESERVED_SLUGS = frozenset({"new", "new-team", "uploads", "team", "account"})
"""Addresses under a team that are no dataset."""


@dataclass(frozen=True)
class DatasetSummary:
    """A dataset with its counts. `snapshot` and `champion` are numbers, None where there is none yet.

    `customers`, `as_of` are those of the current snapshot; `segments` those of the champion; archived `campaigns` do not count.
    """

    slug: str
    name: str
    customers: int
    snapshot: int | None
    as_of: date | None
    champion: int | None
    versions: int
    segments: int
    campaigns: int
    currency: str | None
    legal_basis_confirmed: bool


def list_datasets(session: Session, actor: Actor) -> tuple[DatasetSummary, ...]:
    """Every dataset of the team, by name."""
    rows = session.scalars(team_rows(actor, Dataset).order_by(Dataset.name, Dataset.slug)).all()
    return tuple(_summary(session, row) for row in rows)


def show_dataset(session: Session, actor: Actor, slug: str) -> DatasetSummary:
    """One dataset; NotFound where the team has none called `slug`."""
    return _summary(session, team_dataset(session, actor, slug))


def ensure_dataset(session: Session, actor: Actor, name: str) -> Dataset:
    """The row of the team's dataset called `name` (or with that slug), made where there is none. For services and tasks only."""
    require(actor, Permission.IMPORT)
    wanted = clean_name(name, "name")
    called = team_rows(actor, Dataset).where((Dataset.name == wanted) | (Dataset.slug == wanted)).order_by(Dataset.slug)
    if (row := session.scalars(called).first()) is not None:
        return row
    # Of those who bring the first file at once, one makes the dataset; the others wait for it and find it.
    session.execute(select(Team.id).where(Team.id == actor.team_id).with_for_update(key_share=True))
    return session.scalars(called).first() or create_dataset(session, actor, wanted)


def create_dataset(session: Session, actor: Actor, name: str) -> Dataset:
    """The row of a new dataset called `name`, or "`name` 2" where the team has one of that name. For services only."""
    require(actor, Permission.IMPORT)
    wanted, number = clean_name(name, "name"), 2
    taken = set(session.scalars(select(Dataset.name).where(Dataset.team_id == actor.team_id)))
    free = wanted
    while free in taken:
        free, number = f"{wanted} {number}", number + 1
    row = Dataset(team_id=actor.team_id, slug=_free_slug(session, actor, free), name=free, created_at=datetime.now(UTC))
    session.add(row)
    session.flush()
    record_event(session, actor, "dataset.created", row.slug, name=row.name)
    return row


def confirm_legal_basis(session: Session, actor: Actor, slug: str) -> DatasetSummary:
    """Let customers whose consent is unknown leave in exports of this dataset; only an admin can."""
    require(actor, Permission.MANAGE_TEAM)
    row = team_dataset(session, actor, slug)
    if not row.legal_basis_confirmed:
        row.legal_basis_confirmed = True
        record_event(session, actor, "dataset.legal_basis_confirmed", row.slug)
        session.flush()
    return _summary(session, row)


def change_currency(session: Session, actor: Actor, slug: str, currency: str | None) -> DatasetSummary:
    """Name the currency of the dataset's amounts (an ISO 4217 code), or none."""
    require(actor, Permission.IMPORT)
    row = team_dataset(session, actor, slug)
    code = (currency or "").strip().upper() or None
    if code is not None and code not in CURRENCIES:
        raise Invalid(
            f"{code} is no currency. Write its three letters by ISO 4217, such as EUR; leave it empty for none.",
            details={"field": "currency"},
        )
    if code != row.currency:
        record_event(session, actor, "dataset.currency_changed", row.slug, before=row.currency, after=code)
        row.currency = code
        session.flush()
    return _summary(session, row)


def rename_dataset(session: Session, actor: Actor, slug: str, name: str) -> DatasetSummary:
    """Call a dataset something else; its address stays, so that links keep working. Conflict where another one is called so."""
    require(actor, Permission.IMPORT)
    row, wanted = team_dataset(session, actor, slug), clean_name(name, "name")
    taken = team_rows(actor, Dataset).where(Dataset.id != row.id, (Dataset.name == wanted) | (Dataset.slug == wanted))
    if session.scalars(taken).first() is not None:
        raise Conflict(f"Another dataset is called {wanted} already. Choose a name that tells them apart.", details={"field": "name"})
    if wanted != row.name:
        record_event(session, actor, "dataset.renamed", row.slug, before=row.name, after=wanted)
        row.name = wanted
        session.flush()
    return _summary(session, row)


def schema_of(dataset: Dataset) -> Schema | None:
    """The confirmed schema, or None before the first import."""
    return from_json(Schema, dataset.column_schema) if dataset.column_schema else None


def lock_dataset(session: Session, dataset: Dataset) -> None:
    """Make others wait who number, import into or promote in this dataset, until this transaction ends.

    NotFound where somebody removed it meanwhile. Rows that merely belong to it do not wait.
    """
    held = select(Dataset.id).where(Dataset.id == dataset.id).with_for_update(key_share=True)
    if session.execute(held).one_or_none() is None:
        raise NotFound("This dataset is gone: somebody removed it meanwhile.")


def _free_slug(session: Session, actor: Actor, name: str) -> str:
    taken = set(session.scalars(select(Dataset.slug).where(Dataset.team_id == actor.team_id))) | RESERVED_SLUGS
    slug, number = slug_of(name), 2
    candidate = slug
    while candidate in taken:
        candidate, number = f"{slug}-{number}", number + 1
    return candidate


def _summary(session: Session, row: Dataset) -> DatasetSummary:
    snapshot = latest_snapshot(session, row)
    champion = session.execute(
        select(ModelVersion.id, ModelVersion.number)
        .join(Champion, Champion.version_id == ModelVersion.id)
        .where(Champion.dataset_id == row.id)
    ).one_or_none()
    count = select(func.count())
    return DatasetSummary(
        slug=row.slug,
        name=row.name,
        customers=snapshot.customers if snapshot else 0,
        snapshot=snapshot.number if snapshot else None,
        as_of=snapshot.as_of if snapshot else None,
        champion=champion.number if champion else None,
        versions=session.scalar(
            count.select_from(ModelVersion).where(ModelVersion.dataset_id == row.id, ModelVersion.status == VersionStatus.READY)
        )
        or 0,
        segments=session.scalar(count.select_from(VersionSegment).where(VersionSegment.version_id == champion.id)) or 0 if champion else 0,
        campaigns=session.scalar(
            count.select_from(Campaign).where(Campaign.dataset_id == row.id, Campaign.status != CampaignStatus.ARCHIVED)
        )
        or 0,
        currency=row.currency,
        legal_basis_confirmed=row.legal_basis_confirmed,
    )
