"""Which segment of a version is which of the version before it, in words; and the word of a person, which stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from segmentation.lineage import Fate, Lineage, Link
from segmentation.palette import SegmentStyle
from webapp.models import LineageCorrection, ModelVersion
from webapp.services.access import Actor, Permission, require, team_dataset, team_row
from webapp.services.audit import record_event
from webapp.services.data.datasets import lock_dataset
from webapp.services.data.lineage_records import read_lineage, returns_of
from webapp.services.errors import Conflict, Invalid
from webapp.services.modelling.identities import Continuation, move_identities
from webapp.services.modelling.lineages import CameBack, came_back, corrections_of, store_correction, take_back, versions_after
from webapp.services.modelling.versions import find_version, ready_version
from webapp.services.segmenting.segments import version_styles


@dataclass(frozen=True)
class SegmentLink:
    """What a segment of a version is, or what became of one of its reference: the fields are those of `segmentation.lineage.Link`.

    `kind` is continued, split, merged, new or retired. A continued link has the same segment on both sides. `text` is a sentence that
    says on what ground; where a person said so, `by` is "person", and `corrected_by` and `corrected_at` are there if it was of this
    version, which can be taken back. A split or new one is `back` if it is a segment again that the champion of that number had.
    """

    kind: Fate
    previous: SegmentStyle | None
    current: SegmentStyle | None
    shared: int
    of_previous: float | None
    of_current: float | None
    distance: float | None
    by: str
    text: str
    corrected_by: str | None = None
    corrected_at: datetime | None = None
    back: int | None = None


@dataclass(frozen=True)
class VersionLineage:
    """How the segments of `version` follow those of `reference` (numbers), the version that it was compared to when it was made.

    `links` begin with one for each of the version's own segments, in the order of its clusters (continued, split, new); those of the
    reference that none continues come after (merged, retired). `choices` are the reference's segments: each of the version's own can
    be said to continue one of them, or none, by `correct_lineage`. To accept what was found is to say the same as a person.
    """

    version: int
    reference: int
    links: tuple[SegmentLink, ...]
    choices: tuple[SegmentStyle, ...]


def show_lineage(session: Session, actor: Actor, dataset: str, version: int | None) -> VersionLineage | None:
    """The lineage of a ready version (None: of the champion); None where there is none: it was the first, or made before lineages were
    kept, or nothing was promoted yet.

    Counts of customers who are in two segments can be of a few people, so viewers do not read them.
    """
    require(actor, Permission.VIEW_CUSTOMERS)
    row = team_dataset(session, actor, dataset)
    found = find_version(session, actor, row, version)
    return None if found is None else _shown(session, actor, found)


def correct_lineage(session: Session, actor: Actor, dataset: str, version: int, key: str, *, continues: str | None) -> VersionLineage:
    """Say that the segment `key` of a ready version is the segment `continues` of its reference, or (None) one of its own.

    The cluster then is that segment, with its name, colour and tags; who had them until now becomes a segment of its own, and so does a
    cluster that is to continue none. Versions that were compared to this one follow, however long ago they were made, and so does one
    that is made later; what a person said of them stands. A later version that asks the same (the same customers against the same
    reference) gets the same answer. Other links are not guessed anew. Conflict where the version has no lineage; Invalid where there
    are no such segments.
    """
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    found = ready_version(session, actor, row, version)
    stored = read_lineage(found)
    if stored is None:
        raise Conflict(f"Version {version} was compared to none, so there is nothing to correct.", code="no_lineage")
    reference, lineage = stored
    before = version_styles(session, reference)
    cluster = _place(version_styles(session, found), key, f"Version {version} has no such segment.", "segment")
    wanted = None if continues is None else _place(before, continues, "The version before has no such segment.", "continues")
    store_correction(session, actor, found, cluster, wanted)
    followed = _follow(session, actor, found, lineage)
    record_event(
        session,
        actor,
        "version.lineage_corrected",
        f"{row.slug}/{version}",
        segment=key,
        continues=continues,
        before=_key(before, lineage.pairs[cluster]),
        followed=followed,
    )
    shown = _shown(session, actor, found)
    assert shown is not None
    return shown


def take_back_correction(session: Session, actor: Actor, dataset: str, version: int, key: str) -> VersionLineage:
    """Let the segment `key` of a ready version be what was found at its fit, as if nobody had said which segment it is.

    Who lost a segment to the correction has it again, and versions that were compared to this one follow; other words of people stand.
    A word that a later version got from this one stays there until somebody says otherwise. Conflict where nobody said anything of it.
    """
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    found = ready_version(session, actor, row, version)
    cluster = _place(version_styles(session, found), key, f"Version {version} has no such segment.", "segment")
    if cluster not in {said.cluster for said in corrections_of(session, actor, found)}:
        raise Conflict("Nobody corrected that segment in this version, so there is nothing to take back.", code="nothing_said")
    lineage = _lineage(found)
    if not take_back(session, actor, found, cluster):
        raise Conflict("What was found at this version's fit is not known any more. Say instead which segment it is.", code="not_kept")
    followed = _follow(session, actor, found, lineage)
    record_event(session, actor, "version.lineage_taken_back", f"{row.slug}/{version}", segment=key, followed=followed)
    shown = _shown(session, actor, found)
    assert shown is not None
    return shown


def _place(styles: Sequence[SegmentStyle], key: str, refusal: str, field: str) -> int:
    """The cluster of the segment with that key."""
    place = next((cluster for cluster, style in enumerate(styles) if style.key == key), None)
    if place is None:
        raise Invalid(f"{refusal} Look at the matching again, then decide.", details={"field": field})
    return place


def _key(styles: Sequence[SegmentStyle], cluster: int | None) -> str | None:
    return None if cluster is None else styles[cluster].key


def _follow(session: Session, actor: Actor, version: ModelVersion, was: Lineage) -> list[int]:
    """Let segments follow the corrected links, here and in all versions that were compared to this one; their numbers."""
    now, moved, waiting = datetime.now(UTC), [], [(version, was)]
    while waiting:
        each, earlier = waiting.pop()
        stored = read_lineage(each)
        if stored is None:
            continue
        reference, lineage = stored
        if move_identities(session, actor, each, earlier.pairs, Continuation(reference, lineage.pairs, returns_of(each)), now):
            moved.append(each.number)
            waiting += [(after, _lineage(after)) for after in versions_after(session, actor, each)]
    return sorted(moved)


def _lineage(version: ModelVersion) -> Lineage:
    stored = read_lineage(version)
    assert stored is not None
    return stored[1]


def _shown(session: Session, actor: Actor, version: ModelVersion) -> VersionLineage | None:
    stored = read_lineage(version)
    if stored is None:
        return None
    reference = team_row(session, actor, ModelVersion, "version", id=stored[0])
    before, now = version_styles(session, reference), version_styles(session, version)
    said: dict[int | None, LineageCorrection] = {each.cluster: each for each in corrections_of(session, actor, version)}
    backs = came_back(session, actor, version)

    def shown(link: Link) -> SegmentLink:
        of_person = said.get(link.current) if link.by == "person" else None
        back = backs.get(link.current) if link.current is not None and link.kind in (Fate.SPLIT, Fate.NEW) else None
        return _link(link, stored[1], before, now, of_person, back)

    return VersionLineage(version.number, reference.number, tuple(shown(link) for link in stored[1].links), before)


def _link(
    link: Link,
    lineage: Lineage,
    before: Sequence[SegmentStyle],
    now: Sequence[SegmentStyle],
    said: LineageCorrection | None,
    back: CameBack | None,
) -> SegmentLink:
    previous = None if link.previous is None else before[link.previous]
    current = None if link.current is None else now[link.current]
    return SegmentLink(
        kind=link.kind,
        previous=previous,
        current=current,
        shared=link.shared,
        of_previous=link.of_previous,
        of_current=link.of_current,
        distance=link.distance,
        by=link.by,
        text=_return_sentence(back, now) if back else link_sentence(link, lineage, previous, current),
        corrected_by=said.created_by if said else None,
        corrected_at=said.created_at if said else None,
        back=back.version if back else None,
    )


def _return_sentence(back: CameBack, now: Sequence[SegmentStyle]) -> str:
    name, found = now[back.found.current].name, back.found
    return f"{name} is back: version {back.version} had it, and {_of(found.shared, found.size)} then are in it again."


def link_sentence(link: Link, lineage: Lineage, previous: SegmentStyle | None, current: SegmentStyle | None) -> str:
    """What became of a segment, and the customers who say so."""
    old, new = previous.name if previous else "", current.name if current else ""
    of_old = "" if link.previous is None else _of(link.shared, int(lineage.sizes[0][link.previous]))
    of_new = "" if link.current is None else _of(link.shared, int(lineage.sizes[1][link.current]))
    if link.kind is Fate.CONTINUED and link.by == "profile":
        return f"{new}: most of its customers are others than before, but its profile is the same. {of_old} are in it again."
    if link.kind is Fate.CONTINUED and link.by == "person":
        return f"{new} goes on, as somebody of your team said: {of_old} are in it again."
    if link.kind is Fate.NEW and link.by == "person":
        return f"{new} is new, as somebody of your team said: {of_new} were customers before."
    return {
        Fate.CONTINUED: f"{new}: {of_old} are in it again.",
        Fate.SPLIT: f"{new} was split off from {old}: {of_new} were in that.",
        Fate.MERGED: f"{old} was merged into {new}: {of_old} are in that now.",
        Fate.NEW: f"{new} is new: {of_new} were customers before.",
        Fate.RETIRED: f"{old} is retired: {of_old} are still customers.",
    }[link.kind]


def _of(shared: int, size: int) -> str:
    return f"{shared:,} of its {size:,} customers"
