"""What feeds a dataset: files of customers, or order lines, of which every import keeps a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from webapp.models import Dataset, Import, ImportStatus
from webapp.services.access import Actor, team_rows

FileKind = Literal["customers", "orders"]


@dataclass(frozen=True)
class Feeding:
    """How a dataset came by its customers: `kind` is None before its first import; `parts` are digests of order lines, oldest first."""

    kind: FileKind | None = None
    parts: tuple[str, ...] = ()


def feeding_of(session: Session, actor: Actor, dataset: Dataset) -> Feeding:
    """What fed `dataset` so far; a part that came again counts where it came first. For services only."""
    stored = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
    rows = list(session.scalars(stored.order_by(Import.finished_at, Import.id)))
    if not rows:
        return Feeding()
    parts = tuple(dict.fromkeys(row.part_digest for row in rows if row.part_digest))
    return Feeding("orders" if parts else "customers", parts)
