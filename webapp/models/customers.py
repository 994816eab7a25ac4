"""Datasets, the files that were brought, and the customers in them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models.keys import new_id, new_ref


class ImportStatus(StrEnum):
    """Where an import stands."""

    UPLOADED = "uploaded"  # bytes are stored, nothing read yet
    CHECKING = "checking"  # the dry run is queued or running
    CHECKED = "checked"  # the dry run is there; somebody has to confirm
    IMPORTING = "importing"  # confirmed; its job is queued or running
    DONE = "done"  # customers and snapshot are stored
    FAILED = "failed"  # refused, with the reason in `message`; nothing was stored
    CANCELLED = "cancelled"  # somebody stopped its job; nothing was stored
    UNDONE = "undone"  # it was stored, and taken back as a whole
    DISCARDED = "discarded"  # nobody wanted it; its report and its files are gone


class ImportMode(StrEnum):
    """What a file is to the customers that are there."""

    UPDATE = "update"  # its customers are new or changed; others stay
    APPEND = "append"  # only its new customers count; known ones are left alone
    REPLACE = "replace"  # it is the whole customer base; whom it lacks leaves


class Dataset(Base):
    """A named customer base, which its customers know by `ref`. `column_schema` and `file_format` are what the last import confirmed.

    Of its versions the newest `keep_versions` are kept, beside those that somebody relies on (None: all are).
    """

    __tablename__ = "datasets"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(BigInteger, unique=True, default=new_ref)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str | None] = mapped_column(String(3))
    legal_basis_confirmed: Mapped[bool] = mapped_column(default=False)
    column_schema: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    file_format: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    keep_versions: Mapped[int | None]
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("team_id", "slug"),)


class Import(Base):
    """One uploaded file and what became of each of its rows; customers know it by `ref`. `report` is the dry run first, the result later.

    `before` is what undoing it needs beside the snapshot before (None: made before imports could be undone).
    `part_digest` addresses the order lines that it added to the dataset; None for a file of customers.
    """

    __tablename__ = "imports"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(BigInteger, unique=True, default=new_ref)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(255))
    file_digest: Mapped[str] = mapped_column(String(64))
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    part_digest: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[ImportStatus] = mapped_column(String(16))
    message: Mapped[str | None] = mapped_column(Text)
    mode: Mapped[ImportMode] = mapped_column(String(16), default=ImportMode.UPDATE, server_default="update")
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    as_of: Mapped[date | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rejects_digest: Mapped[str | None] = mapped_column(String(64))
    snapshot_id: Mapped[str | None] = mapped_column(ForeignKey("snapshots.id"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class SavedMapping(Base):
    """What the last confirmed file with these headers was taken for; `fingerprint` stands for the set of headers, whatever their order."""

    __tablename__ = "saved_mappings"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"))
    saved_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("dataset_id", "fingerprint"),)


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


class Layout(Base):
    """Which columns the records of a dataset's customers list, in their order. A file that brings or drops columns makes another."""

    __tablename__ = "layouts"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), index=True)
    columns: Mapped[list[Any]] = mapped_column(JSON)


class Customer(Base):
    """One customer as the record has it; reading many at once goes to the snapshot instead.

    `record` lists the values of the layout's columns: a million rows that each name their columns are twice as long. Those that earlier
    releases stored have no layout and an object.

    Every byte and every index of it is written a million times by an import of a million. So dataset and imports are named by their `ref`
    (their ids take 33 bytes), the dataset alone says whose team's customer this is, and the database itself looks up nothing: that
    dataset, imports and layout belong together, `doctor` counts.
    """

    __tablename__ = "customers"
    dataset_ref: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customer_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    record: Mapped[list[Any] | dict[str, Any]] = mapped_column("attributes", JSON)
    consent: Mapped[str] = mapped_column(String(16), default="unknown")
    first_import_ref: Mapped[int] = mapped_column(BigInteger)
    last_import_ref: Mapped[int] = mapped_column(BigInteger)
    layout_id: Mapped[int | None]
    layout: Mapped[Layout | None] = relationship(primaryjoin="foreign(Customer.layout_id) == Layout.id", viewonly=True)

    @property
    def attributes(self) -> dict[str, Any]:
        """The values by canonical name, missing ones left out."""
        if self.layout is None:
            return dict(self.record)
        return {name: value for name, value in zip(self.layout.columns, self.record, strict=True) if value is not None}

    # The commonest first, and no list: SQLite makes a table of three words, and takes a fifth of an import's writing to look there.
    __table_args__ = (CheckConstraint("consent = 'unknown' OR consent = 'given' OR consent = 'withdrawn'", name="consent"),)


class DepartedConsent(Base):
    """The consent of a customer whom a later file left out, so that it holds again should they come back."""

    __tablename__ = "departed_consents"
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    customer_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), index=True)
    consent: Mapped[str] = mapped_column(String(16))
    __table_args__ = (CheckConstraint("consent IN ('given', 'withdrawn')", name="consent"),)
