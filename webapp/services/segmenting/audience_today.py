"""What became of an audience: how many are still customers, how many may be written to, and which segments they are in today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from segmentation.palette import SegmentStyle
from segmentation.roles import CUSTOMER_KEY
from webapp import bulk
from webapp.models import Customer, Dataset
from webapp.services.access import Actor, Permission, require, team_dataset
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.filtering.coarse import count_of
from webapp.services.segmenting.audience_filters import KEYS
from webapp.services.segmenting.audiences import find_audience
from webapp.services.segmenting.carrying import places_in
from webapp.services.segmenting.labelled import Labelled, open_labelled
from webapp.store import Store

CONSENTS = ("given", "unknown", "withdrawn")


@dataclass(frozen=True)
class AudiencePart:
    """Customers of an audience in one segment of the champion; `style` is None for those in none."""

    style: SegmentStyle | None
    customers: int


@dataclass(frozen=True)
class AudienceToday:
    """An audience as it is now. `present` customers are still there; `consents` counts them by consent, and of these `reachable` may leave.

    `parts` divide those whom the champion (a number; None: there is none) placed, `unplaced` are not in its snapshot. It placed them as
    they were in `snapshot` (a number) of `as_of`, which need not be the `newest` one; these are None where no import stands any more.
    Viewers read rounded counts, and of groups under ten nothing, not even that there is one: whoever knows who is in an audience would
    learn their segment.
    """

    present: int | None
    champion: int | None
    parts: tuple[AudiencePart, ...]
    unplaced: int
    consents: dict[str, int] | None
    reachable: int | None
    legal_basis: bool
    snapshot: int | None = None
    as_of: date | None = None
    newest: int | None = None


def show_today(session: Session, actor: Actor, store: Store, dataset: str, audience_id: str) -> AudienceToday:
    """Counted from the stored columns each time: what it says is true now."""
    require(actor, Permission.VIEW)
    row = team_dataset(session, actor, dataset)
    digest = find_audience(session, actor, row, audience_id).keys_digest
    exact = actor.may(Permission.VIEW_CUSTOMERS)
    latest = latest_snapshot(session, row)
    if latest is None:  # the only import was taken back
        nobody = dict.fromkeys(CONSENTS, 0) if exact else None
        return AudienceToday(0 if exact else None, None, (), 0, nobody, 0 if exact else None, row.legal_basis_confirmed)
    base = open_labelled(session, actor, dataset, None)
    here = places_in(store, KEYS, digest, latest) >= 0
    present = int(here.sum())
    consents = _consents(session, actor, store, row, digest, present) if exact else None
    placed = places_in(store, KEYS, digest, base.snapshot)
    known = here & (placed >= 0) if base.version else np.zeros_like(here)
    return AudienceToday(
        present=present if exact else count_of(present),
        champion=base.version.number if base.version else None,
        parts=tuple(_shown(_parts(base, store, placed[known]), exact=exact)),
        unplaced=present - int(known.sum()) if exact else count_of(present - int(known.sum())) or 0,
        consents=consents,
        reachable=consents["given"] + consents["unknown"] * row.legal_basis_confirmed if consents else None,
        legal_basis=row.legal_basis_confirmed,
        snapshot=base.snapshot.number,
        as_of=base.snapshot.as_of,
        newest=latest.number,
    )


def _shown(parts: Iterable[tuple[SegmentStyle | None, int]], *, exact: bool) -> Iterator[AudiencePart]:
    """The parts as the reader may know of them."""
    for style, customers in parts:
        if (shown := customers if exact else count_of(customers)) is not None:
            yield AudiencePart(style, shown)


def _parts(base: Labelled, store: Store, rows: NDArray[np.int64]) -> list[tuple[SegmentStyle | None, int]]:
    """How many of the champion's rows are in each segment, those that have somebody, the largest first; then those in none."""
    labels = base.labels(store)
    if labels is None:
        return []
    counts = np.bincount(labels.label[rows].astype(np.int64) + 1, minlength=len(base.styles) + 1)
    parts = [(style, int(counts[cluster + 1])) for cluster, style in enumerate(base.styles) if counts[cluster + 1]]
    nowhere: list[tuple[SegmentStyle | None, int]] = [(None, int(counts[0]))] if counts[0] else []
    return [*sorted(parts, key=lambda part: -part[1]), *nowhere]


def _consents(session: Session, actor: Actor, store: Store, dataset: Dataset, digest: str, present: int) -> dict[str, int]:
    """Those who are still customers, by their consent as it is now. The commonest one is what is left, so that few keys are read."""
    here = Customer.dataset_ref == dataset.ref
    totals = dict(session.execute(select(Customer.consent, func.count()).where(here).group_by(Customer.consent)).all())
    commonest = max(CONSENTS, key=lambda word: totals.get(word, 0))
    others = session.execute(select(Customer.customer_key, Customer.consent).where(here, Customer.consent != commonest)).all()
    words = pd.DataFrame([tuple(row) for row in others], columns=[CUSTOMER_KEY, "word"], dtype=object)
    counted = bulk.count_words(store.verified_path(actor.team_id, KEYS, digest), words) if others else {}
    rest = {commonest: present - sum(counted.values())}
    return {word: (counted | rest).get(word, 0) for word in CONSENTS}
