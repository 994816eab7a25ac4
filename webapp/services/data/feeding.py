"""What feeds a dataset: files of customers, or order lines, of which every import keeps a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from webapp.merging import MergeMode
from webapp.models import Dataset, Import, ImportMode, ImportStatus
from webapp.services.access import Actor, team_rows

FileKind = Literal["customers", "orders"]


@dataclass(frozen=True)
class Feeding:
    """How a dataset came by its customers: `kind` is None before its first import; `parts` are digests of order lines with the mode in
    which they came, oldest first."""

    kind: FileKind | None = None
    parts: tuple[tuple[str, MergeMode], ...] = ()


def feeding_of(session: Session, actor: Actor, dataset: Dataset) -> Feeding:
    """What fed `dataset` so far; a part that came again counts where it came first. For services only."""
    stored = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
    rows = list(session.scalars(stored.order_by(Import.finished_at, Import.id)))
    if not rows:
        return Feeding()
    parts: dict[str, MergeMode] = {}
    for row in rows:
        mode = ImportMode(row.mode)
        if row.part_digest and mode is ImportMode.REPLACE:
            parts.clear()
        if row.part_digest:
            parts.setdefault(row.part_digest, mode.value)
    return Feeding("orders" if parts else "customers", tuple(parts.items()))
