"""The challenger: a version that stands beside the champion, to be compared before somebody promotes it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from webapp.models import Challenger, Dataset, ModelVersion
from webapp.services.access import Actor, Permission, require, team_dataset, team_row, team_rows
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.errors import Conflict
from webapp.services.modelling.versions import VersionSummary, champion_id, ready_version, summarise_version


def set_challenger(session: Session, actor: Actor, dataset: str, number: int) -> VersionSummary:
    """Let a ready version challenge the champion, in place of the one that did; Conflict for the champion itself."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    version = ready_version(session, actor, row, number)
    if version.id == champion_id(session, row):
        raise Conflict(f"Version {number} is the champion. Another one has to challenge it.", code="already_champion")
    move_challenger(session, actor, row, version)
    return summarise_version(session, actor, version)


def withdraw_challenger(session: Session, actor: Actor, dataset: str) -> None:
    """Let no version challenge the champion; it stays as it is where none does."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    pointer = _pointer(session, actor, row)
    if pointer is not None:
        number = session.get_one(ModelVersion, pointer.version_id).number
        session.delete(pointer)
        record_event(session, actor, "version.challenge_ended", f"{row.slug}/{number}")
        session.flush()


def move_challenger(session: Session, actor: Actor, dataset: Dataset, version: ModelVersion) -> None:
    """Point to `version`, which is ready and not the champion. For services and tasks only, with the dataset locked."""
    pointer = _pointer(session, actor, dataset)
    if pointer is not None and pointer.version_id == version.id:
        return
    if pointer is None:
        pointer = Challenger(dataset_id=dataset.id, team_id=actor.team_id)
        session.add(pointer)
    pointer.version_id, pointer.set_by, pointer.set_at = version.id, actor.name, datetime.now(UTC)
    record_event(session, actor, "version.challenges", f"{dataset.slug}/{version.number}")
    session.flush()


def offer_challenger(session: Session, actor: Actor, dataset: Dataset, version: ModelVersion) -> None:
    """Point to `version`, which a schedule asked for, unless a person's choice stands there. For services and tasks only, as above."""
    pointer = _pointer(session, actor, dataset)
    if pointer is None or team_row(session, actor, ModelVersion, "version", id=pointer.version_id).requested.get("schedule"):
        move_challenger(session, actor, dataset, version)


def _pointer(session: Session, actor: Actor, dataset: Dataset) -> Challenger | None:
    return session.scalars(team_rows(actor, Challenger).where(Challenger.dataset_id == dataset.id)).one_or_none()
