"""Lists of customers are of the snapshot that their version was fitted on: how far that is from who is a customer now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from webapp.services.access import Actor, Permission, require, team_dataset
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.segmenting.carrying import count_gone
from webapp.services.segmenting.labelled import open_labelled
from webapp.services.segmenting.selections import select_from
from webapp.store import Store


@dataclass(frozen=True)
class OlderListing:
    """A list of `customers` of `snapshot` (a number) and its day, on which `version` was fitted.

    `gone` of them are not in snapshot `newest`.
    """

    version: int
    snapshot: int
    as_of: date
    newest: int
    customers: int
    gone: int


def older_listing(
    session: Session, actor: Actor, store: Store, dataset: str, query: Mapping[str, str], *, version: int | None = None
) -> OlderListing | None:
    """What the list that `query` leaves of a version (None: the champion) is of; None where it is of the newest snapshot."""
    require(actor, Permission.VIEW_CUSTOMERS)
    latest = latest_snapshot(session, team_dataset(session, actor, dataset))
    if latest is None:
        return None
    base = open_labelled(session, actor, dataset, version, query)
    if base.version is None or latest.id == base.snapshot.id:
        return None
    selection = select_from(base, actor, store, query)
    return OlderListing(
        version=base.version.number,
        snapshot=base.snapshot.number,
        as_of=base.snapshot.as_of,
        newest=latest.number,
        customers=selection.count,
        gone=count_gone(store, base.snapshot, selection.rows, latest),
    )
