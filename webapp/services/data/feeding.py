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
    which they came, in the order in which they count."""

    kind: FileKind | None = None
    parts: tuple[tuple[str, MergeMode], ...] = ()

    def and_part(self, digest: str, mode: MergeMode) -> tuple[tuple[str, MergeMode], ...]:
        """The parts once that one has come (again): it counts where it came last.

        Where it only adds, it stands beside its own earlier lines, which replaced orders of the files before them.
        """
        if mode == "replace":
            return ((digest, mode),)
        stay = [part for part in self.parts if part[0] != digest or (mode == "append" and part[1] != "append")]
        return (*stay, (digest, mode))


def feeding_of(session: Session, actor: Actor, dataset: Dataset) -> Feeding:
    """What fed `dataset` so far. For services only."""
    stored = team_rows(actor, Import).where(Import.dataset_id == dataset.id, Import.status == ImportStatus.DONE)
    rows = list(session.scalars(stored.order_by(Import.finished_at, Import.id)))
    fed = Feeding("customers") if rows else Feeding()
    for row in rows:
        if row.part_digest:
            fed = Feeding("orders", fed.and_part(row.part_digest, ImportMode(row.mode).value))
    return fed
