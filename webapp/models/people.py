"""Teams, the people in them, and how they get in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.keys import new_id


class MemberRole(StrEnum):
    """What a user may do in a team, from least to most."""

    VIEWER = "viewer"
    MARKETER = "marketer"
    ANALYST = "analyst"
    ADMIN = "admin"


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
    """A single-use link; only its hash is stored.

    With a `role` it invites to the team, whose member nobody is before they accept; without one it sets the password of a member.
    """

    __tablename__ = "invitations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    role: Mapped[MemberRole | None] = mapped_column(String(16))
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
    """A bearer token of a team; only hash and prefix are stored. `last_used_at` is written once a minute at most."""

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
    last_used_at: Mapped[datetime | None]
    created_by: Mapped[str | None] = mapped_column(String(254))


class AnsweredRequest(Base):
    """A request that a token sent with an `Idempotency-Key`: what it asked for, as a hash, and what it was answered.

    Of the key there is only its hash. Kept for a day (`services.people.answered`).
    """

    __tablename__ = "answered_requests"
    token_id: Mapped[str] = mapped_column(ForeignKey("api_tokens.id"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
