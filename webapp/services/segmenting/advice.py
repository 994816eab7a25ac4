"""Whether a dataset should be re-clustered now, from what the trace has counted since its champion was fitted; nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.advice import Advice, Standing, advise
from segmentation.drift import Drift, drift_of_counts
from segmentation.movement import Division
from webapp.models import ModelVersion, Snapshot, VersionSegment
from webapp.services.access import Actor, Permission, require, team_dataset, team_row
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.modelling.tracing import stored_counts
from webapp.services.modelling.versions import find_version


@dataclass(frozen=True)
class ReclusterAdvice:
    """The advice about a champion; None while it is being counted, with the `problem` that keeps it from being counted."""

    version: int
    advice: Advice | None
    problem: str = ""


def advise_recluster(session: Session, actor: Actor, dataset: str) -> ReclusterAdvice | None:
    """Whether the champion should be followed by a new version; None where there is no champion. For who may see customers."""
    require(actor, Permission.VIEW_CUSTOMERS)
    row = team_dataset(session, actor, dataset)
    version, current = find_version(session, actor, row, None), latest_snapshot(session, row)
    if version is None or current is None:
        return None
    counted = stored_counts(session, actor, version).get(current.id)
    if counted is None or counted.division is None or counted.since_fit is None:
        return ReclusterAdvice(version.number, None, counted.problem if counted else "")
    fitted = team_row(session, actor, Snapshot, "snapshot", id=version.snapshot_id)
    since = counted.since_fit
    standing = Standing(
        fitted=fitted.number,
        newest=current.number,
        days=(current.as_of - fitted.as_of).days,
        before=fitted.customers,
        now=current.customers,
        joined=since.joined,
        left=since.left,
        segments=_sizes_drift(session, version, fitted, counted.division),
        measures=[(each.label, Drift(each.psi, 0, each.chance)) for each in since.measures],
        placed=since.placed,
        unlike=since.unlike,
        stability=(version.report or {}).get("figures", {}).get("stability_ari"),
    )
    return ReclusterAdvice(version.number, advise(standing))


def _sizes_drift(session: Session, version: ModelVersion, fitted: Snapshot, now: Division) -> Drift:
    """How far segment sizes are from those of the fit; whom no segment has is a group as well."""
    rows = select(VersionSegment.size).where(VersionSegment.version_id == version.id).order_by(VersionSegment.cluster)
    sizes = list(session.scalars(rows))
    before = [*sizes, fitted.customers - sum(sizes)]
    return drift_of_counts(np.array(before), np.array([*now.sizes, now.unplaced]))
