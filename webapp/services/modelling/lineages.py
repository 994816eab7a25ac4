"""What people said about how a version's clusters follow those of its reference: kept with the version, and for versions to come.

The reference of a version is the champion at its making, else the latest ready version. Segments follow the links: a cluster that continues
one of the reference is the same segment, and so is one that came back from an earlier champion. So a correction of a version is also one of
every version that was compared to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import delete
from sqlalchemy.orm import Session, defer

from segmentation import lineage as library
from segmentation.lineage import ORIGIN, Lineage, Link, Return
from webapp.models import LineageCorrection, ModelVersion, VersionStatus
from webapp.services.access import Actor, team_row, team_rows
from webapp.services.data.lineage_records import found_links, leads_to, read_lineage, returns_of, with_links
from webapp.services.modelling.identities import segments_of


@dataclass(frozen=True)
class Answers:
    """What people said about one version that had the same reference: its clusters with those that they continue, or None for no one."""

    version_id: str
    said: dict[int, int | None]


@dataclass(frozen=True)
class CameBack:
    """A cluster that is a segment again which the champion of the number `version` had; `found` are the customers who say so."""

    version: int
    found: Return


def came_back(session: Session, actor: Actor, version: ModelVersion) -> dict[int, CameBack]:
    """By cluster what came back with a version, as far as its clusters are those segments still."""
    found, backs = returns_of(version), dict[int, CameBack]()
    own = segments_of(session, actor, version.id) if found else {}
    for champion_id, returns in found.items():
        champion = team_row(session, actor, ModelVersion, "version", id=champion_id)
        had = segments_of(session, actor, champion_id)
        backs |= {each.current: CameBack(champion.number, each) for each in returns if own[each.current].id == had[each.previous].id}
    return backs


def list_answers(session: Session, actor: Actor, reference_id: str) -> tuple[Answers, ...]:
    """What people said about versions with that reference, the version that was last spoken about first."""
    rows = session.scalars(
        team_rows(actor, LineageCorrection)
        .where(LineageCorrection.reference_id == reference_id)
        .order_by(LineageCorrection.created_at.desc(), LineageCorrection.cluster)
    )
    said: dict[str, dict[int, int | None]] = {}
    for row in rows:
        said.setdefault(row.version_id, {})[row.cluster] = row.continues
    return tuple(Answers(version_id, answers) for version_id, answers in said.items())


def carry_answers(answers: dict[int, int | None], earlier: Lineage, known: dict[int, int | None]) -> dict[int, int | None]:
    """`known` answers with those that people gave about an earlier version, where the new version asks the same.

    `earlier` leads from that version to the new one, both compared to the same reference. The question is the same where the cluster is:
    more than half of either is in the other. An answer that is known already stands, and nothing is continued twice.
    """
    found = dict(known)
    for old, continues in answers.items():
        shares = earlier.overlap[old] / np.maximum(np.maximum(earlier.sizes[0][old], earlier.sizes[1]), 1)
        new = int(shares.argmax()) if shares.size else 0
        taken = continues is not None and continues in found.values()
        if shares.size and shares[new] > ORIGIN and new not in found and not taken:
            found[new] = continues
    return found


def store_correction(session: Session, actor: Actor, version: ModelVersion, cluster: int, continues: int | None) -> None:
    """Keep what a person said of a cluster of `version`, here and for versions to come; ValueError for clusters that are not there."""
    stored = read_lineage(version)
    if stored is None:
        raise ValueError("A version without a lineage cannot be corrected.")
    reference, lineage = stored
    corrected = library.correct_lineage(lineage, cluster, continues)
    version.lineage = with_links(version, corrected.links, _found(session, actor, version, lineage))
    session.execute(delete(LineageCorrection).where(LineageCorrection.version_id == version.id, LineageCorrection.cluster == cluster))
    undone = set(library.answers_in(lineage)) - set(library.answers_in(corrected))
    session.execute(delete(LineageCorrection).where(LineageCorrection.version_id == version.id, LineageCorrection.cluster.in_(undone)))
    session.add(
        LineageCorrection(
            version_id=version.id,
            cluster=cluster,
            team_id=actor.team_id,
            reference_id=reference,
            continues=continues,
            created_by=actor.name,
            created_at=datetime.now(UTC),
        )
    )
    session.flush()


def take_back(session: Session, actor: Actor, version: ModelVersion, cluster: int) -> bool:
    """Let a cluster be what it would be had nobody said what it is; False where that is not known, because nobody kept what the fit found.

    What else was said of the version stands: it is said again, in its order, of what the fit found. ValueError where nothing was said.
    """
    stored, said = read_lineage(version), {row.cluster: row for row in corrections_of(session, actor, version)}
    if stored is None or cluster not in said:
        raise ValueError("Nobody said what that cluster is.")
    found = found_links(version)
    if found is None:
        return False
    session.delete(said.pop(cluster))
    lineage = replace(stored[1], links=found)
    for row in said.values():
        lineage = library.correct_lineage(lineage, row.cluster, row.continues)
    version.lineage = with_links(version, lineage.links, found)
    session.flush()
    return True


def corrections_of(session: Session, actor: Actor, version: ModelVersion) -> Sequence[LineageCorrection]:
    """What people said of a version, in the order in which they did."""
    said = team_rows(actor, LineageCorrection).where(LineageCorrection.version_id == version.id)
    return session.scalars(said.order_by(LineageCorrection.created_at, LineageCorrection.cluster)).all()


def _found(session: Session, actor: Actor, version: ModelVersion, lineage: Lineage) -> tuple[Link, ...] | None:
    """The links as the fit left them, which a version of an earlier release holds only until the first correction."""
    return found_links(version) or (None if corrections_of(session, actor, version) else lineage.links)


def versions_after(session: Session, actor: Actor, version: ModelVersion) -> tuple[ModelVersion, ...]:
    """The versions whose reference is `version` or to which segments came back from it, in their order, those removed since included."""
    made = team_rows(actor, ModelVersion).where(
        ModelVersion.dataset_id == version.dataset_id,
        ModelVersion.status.in_((VersionStatus.READY, VersionStatus.REMOVED)),
    )
    found = session.scalars(made.order_by(ModelVersion.number).options(defer(ModelVersion.profiles), defer(ModelVersion.report)))
    return tuple(each for each in found if version.id in leads_to(each))
