"""All tables on one page. Rows that a team owns carry `team_id`; they are reached through `services.access` only."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


def new_id() -> str:
    """A random public id; ids are never guessed, reused or counted."""
    return uuid4().hex


class MemberRole(StrEnum):
    """What a user may do in a team, from least to most."""

    VIEWER = "viewer"
    MARKETER = "marketer"
    ANALYST = "analyst"
    ADMIN = "admin"


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"  # waits for a worker
    RUNNING = "running"  # a worker holds its lease
    DONE = "done"  # its result is stored
    FAILED = "failed"  # it ended with the reason in `message`
    CANCELLED = "cancelled"  # somebody stopped it; nothing of it was stored


class ImportStatus(StrEnum):
    """Where an import stands."""

    UPLOADED = "uploaded"  # bytes are stored, nothing read yet
    CHECKING = "checking"  # the dry run is queued or running
    CHECKED = "checked"  # the dry run is there; somebody has to confirm
    IMPORTING = "importing"  # confirmed; its job is queued or running
    DONE = "done"  # customers and snapshot are stored
    FAILED = "failed"  # refused, with the reason in `message`; nothing was stored


class VersionStatus(StrEnum):
    """Where a model version or a sweep stands. A ready one never changes."""

    PENDING = "pending"  # its job is queued or running
    READY = "ready"  # fitted, stored, immutable
    FAILED = "failed"  # the fit ended with the reason in `status_message`
    CANCELLED = "cancelled"  # somebody stopped the fit


class CampaignStatus(StrEnum):
    """Where a campaign stands, as its team says."""

    DRAFT = "draft"
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    ARCHIVED = "archived"


class Team(Base):
    """Who owns everything below."""

    __tablename__ = "teams"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    created_at: Mapped[datetime]


class User(Base):
    """A person who signs in. `email` is stored in lower case."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """A user's one role in one team."""

    __tablename__ = "memberships"
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[MemberRole] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Invitation(Base):
    """A single-use link to set a password and join a team; only its hash is stored."""

    __tablename__ = "invitations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UserSession(Base):
    """One signed-in browser. The cookie holds a random id, the table its hash, so a stolen table opens nothing."""

    __tablename__ = "sessions"
    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """A wrong password: account and address are keyed hashes, so the table names nobody."""

    __tablename__ = "sign_in_attempts"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_hash: Mapped[str] = mapped_column(String(64))
    address_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    __table_args__ = (
        Index("ix_sign_in_attempts_account_hash_at", "account_hash", "at"),
        Index("ix_sign_in_attempts_address_hash_at", "address_hash", "at"),
    )


class ApiToken(Base):
    """A bearer token of a team; only hash and prefix are stored."""

    __tablename__ = "api_tokens"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[MemberRole] = mapped_column(String(16))
    prefix: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Dataset(Base):
    """A named customer base. `column_schema` and `file_format` are what the last import confirmed."""

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str | None] = mapped_column(String(3))
    legal_basis_confirmed: Mapped[bool] = mapped_column(default=False)
    column_schema: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    file_format: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("team_id", "slug"),)


class Import(Base):
    """One uploaded file and what became of each of its rows. `report` is the dry run first, the result later."""

    __tablename__ = "imports"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(255))
    file_digest: Mapped[str] = mapped_column(String(64))
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[ImportStatus] = mapped_column(String(16))
    message: Mapped[str | None] = mapped_column(Text)
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    as_of: Mapped[date | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rejects_digest: Mapped[str | None] = mapped_column(String(64))
    snapshot_id: Mapped[str | None] = mapped_column(ForeignKey("snapshots.id"))
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Snapshot(Base):
    """The immutable, dated state of a dataset; `digest` addresses its Parquet file in the store.

    `exploration` is what was found out about its customers before any clustering (None: not yet); it is read only when it is asked for.
    """

    __tablename__ = "snapshots"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date]
    customers: Mapped[int]
    column_schema: Mapped[dict[str, Any]] = mapped_column(JSON)
    quality: Mapped[dict[str, Any]] = mapped_column(JSON)
    exploration: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("dataset_id", "number"), UniqueConstraint("dataset_id", "digest"))


class Customer(Base):
    """One customer as the record has it; reading many at once goes to the snapshot instead."""

    __tablename__ = "customers"
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    customer_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON)
    consent: Mapped[str] = mapped_column(String(16), default="unknown")
    first_import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"))
    last_import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"))
    __table_args__ = (CheckConstraint("consent IN ('given', 'withdrawn', 'unknown')", name="consent"),)


class _Fit:
    """What a model version and a sweep have in common; either is immutable once ready."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    snapshot_id: Mapped[str] = mapped_column(ForeignKey("snapshots.id"))
    number: Mapped[int]
    status: Mapped[VersionStatus] = mapped_column(String(16))
    status_message: Mapped[str | None] = mapped_column(Text)
    requested: Mapped[dict[str, Any]] = mapped_column(JSON)
    seed: Mapped[int]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]


class ModelVersion(_Fit, Base):
    """One fitted clustering. Model and labels lie in the store under their digests."""

    __tablename__ = "model_versions"
    algorithm: Mapped[str] = mapped_column(String(32))
    k: Mapped[int | None]
    verdict: Mapped[str | None] = mapped_column(String(16))
    profiles: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    model_digest: Mapped[str | None] = mapped_column(String(64))
    labels_digest: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)


class Sweep(_Fit, Base):
    """Algorithms and numbers of segments tried on a snapshot; nothing of it is kept but the figures in `report`."""

    __tablename__ = "sweeps"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)


class Champion(Base):
    """Which version a dataset works with now. A pointer: promotion and rollback move it."""

    __tablename__ = "champions"
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))


class Promotion(Base):
    """One move of the champion pointer, so that any date's champion can be told."""

    __tablename__ = "promotions"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]


class Segment(Base):
    """A group that lives across versions. `slot` picks colour and symbol; `chosen_name` overrides the evidence's name."""

    __tablename__ = "segments"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    key: Mapped[str] = mapped_column(String(16), unique=True)
    slot: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str] = mapped_column(String(40))
    chosen_name: Mapped[str | None] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class VersionSegment(Base):
    """Which cluster of a version a segment is; its profile lies in the version's `profiles` at that index."""

    __tablename__ = "version_segments"
    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"), primary_key=True)
    cluster: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id"), index=True)
    size: Mapped[int]
    __table_args__ = (UniqueConstraint("version_id", "segment_id"),)


class Campaign(Base):
    """A planned action."""

    __tablename__ = "campaigns"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    channel: Mapped[str] = mapped_column(String(32))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    status: Mapped[CampaignStatus] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("dataset_id", "name"),)


class CampaignTag(Base):
    """Ties a campaign to a segment; it stays when versions come and go."""

    __tablename__ = "campaign_tags"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id"), index=True)
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("campaign_id", "segment_id"),)


ACTIVE_JOB = text("status IN ('queued', 'running') AND exclusive_key IS NOT NULL")


class Job(Base):
    """Background work. A worker holds it by `owner`, `attempt` and a lease; every write of its result checks all three.

    `exclusive_key` ("recluster:<dataset>") makes "one active job of this kind" a fact of the database.
    """

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    exclusive_key: Mapped[str | None] = mapped_column(String(80))
    subject_id: Mapped[str] = mapped_column(String(32))
    status: Mapped[JobStatus] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(120), default="")
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        Index("uq_jobs_active_exclusive_key", "exclusive_key", unique=True, sqlite_where=ACTIVE_JOB, postgresql_where=ACTIVE_JOB),
        Index("ix_jobs_status_created_at", "status", "created_at"),
    )


class Worker(Base):
    """A worker that is alive, as its heartbeat says."""

    __tablename__ = "workers"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class AuditEvent(Base):
    """Who did what, when, to what. Written with the act itself, in the same transaction; never changed."""

    __tablename__ = "audit_events"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(120), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (Index("ix_audit_events_team_id_at", "team_id", "at"),)
