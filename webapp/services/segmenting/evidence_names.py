"""Names that a version's evidence gives its segments, taken over in one act: kept names can cross, and then none is free for another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from segmentation.describing.profiles import SegmentProfile
from segmentation.palette import SegmentStyle
from webapp.models import Dataset, Segment
from webapp.services.access import Actor, Permission, require, team_dataset, team_rows
from webapp.services.data.datasets import lock_dataset
from webapp.services.errors import Conflict, NotFound
from webapp.services.modelling.identities import distinct_name
from webapp.services.modelling.versions import find_version
from webapp.services.segmenting.segments import call_segments, crossed_names, other_name, profiles_of, version_styles

Renamed = Mapping[str, tuple[str, str]]
"""Names before and after, by segment key."""


@dataclass(frozen=True)
class NameChange:
    """A segment as it is called, and as the evidence would have it called; `chosen` says that its team gave it the name that it has."""

    style: SegmentStyle
    renamed: SegmentStyle
    chosen: bool


def propose_names(
    session: Session, actor: Actor, dataset: str, *, key: str | None = None, version: int | None = None
) -> tuple[NameChange, ...]:
    """What accepting the evidence's name for a segment of the champion (or of a ready `version`) would change.

    Beside the segment `key` itself, the one that has that name takes its own from the evidence, and so on, round a ring if there is one.
    Without a key, that of all segments whose names crossed: the evidence calls them by the name of another one. Where the name is that of
    a segment which the version does not have, it gets a number. NotFound where the version has no such segment.
    """
    return _proposed(session, actor, team_dataset(session, actor, dataset), key, version)


def accept_names(
    session: Session, actor: Actor, dataset: str, seen: Renamed, *, key: str | None = None, version: int | None = None
) -> tuple[NameChange, ...]:
    """Rename as `propose_names` says, all at once. Conflict where that is not, or not any more, what the reader has `seen`."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    changes = _proposed(session, actor, row, key, version)
    if {each.style.key: (each.style.name, each.renamed.name) for each in changes} != dict(seen):
        raise Conflict("Somebody changed one of these names meanwhile, so nothing was renamed. Look again at what would change.")
    segments = _segments(session, actor, row)
    call_segments(session, actor, row, {segments[each.style.key]: each.renamed.name for each in changes})
    for each in changes:  # they are names from evidence, which an emptied name returns to
        segment = segments[each.style.key]
        segment.name, segment.short_name, segment.chosen_name = each.renamed.name, each.renamed.short_name, None
    session.flush()
    return changes


def restore_names(session: Session, actor: Actor, dataset: str, renamed: Renamed) -> None:
    """Give segments back, all at once, the names that one act took from them. Conflict where one has another name by now."""
    require(actor, Permission.PROMOTE)
    row = team_dataset(session, actor, dataset)
    lock_dataset(session, row)
    segments = _segments(session, actor, row)
    for key, (_, after) in renamed.items():
        if key not in segments or segments[key].shown_name != after:
            raise Conflict(f"“{after}” was renamed since, so nothing was restored. Rename each segment on its page.")
    call_segments(session, actor, row, {segments[key]: before for key, (before, _) in renamed.items()})


def _segments(session: Session, actor: Actor, dataset: Dataset) -> dict[str, Segment]:
    return {each.key: each for each in session.scalars(team_rows(actor, Segment).where(Segment.dataset_id == dataset.id))}


def _proposed(session: Session, actor: Actor, dataset: Dataset, key: str | None, number: int | None) -> tuple[NameChange, ...]:
    found = find_version(session, actor, dataset, number)
    styles = version_styles(session, found) if found else ()
    profiles = profiles_of(session, actor, found).segments if found else ()
    if key is not None and key not in {style.key for style in styles}:
        raise NotFound("This version has no such segment.")
    start = [key] if key is not None else list(crossed_names(styles, profiles))
    concerned = _concerned(styles, profiles, start)
    if not concerned:
        return ()
    segments = _segments(session, actor, dataset)
    others = {each.shown_name.casefold() for each in segments.values() if each.key not in concerned}
    renamed = _renamed(styles, profiles, concerned, others)
    return tuple(NameChange(style, after, segments[style.key].chosen_name is not None) for style, after in renamed)


def _concerned(styles: Sequence[SegmentStyle], profiles: Sequence[SegmentProfile], start: Iterable[str]) -> set[str]:
    """The segments with those keys, and whoever has the name that one of them is to get."""
    said = {style.key: other_name(style, profile) for style, profile in zip(styles, profiles, strict=True)}
    holders = {style.name.casefold(): style.key for style in styles}
    concerned, waiting = set[str](), list(start)
    while waiting:
        key = waiting.pop()
        if (wanted := said[key]) is None or key in concerned:
            continue
        concerned.add(key)
        if (holder := holders.get(wanted.casefold())) is not None:
            waiting.append(holder)
    return concerned


def _renamed(
    styles: Sequence[SegmentStyle], profiles: Sequence[SegmentProfile], concerned: set[str], names: set[str]
) -> Iterator[tuple[SegmentStyle, SegmentStyle]]:
    """Those `concerned` with the names that the evidence gives them, apart from the `names` (case-folded) of others.

    Those for short need not be: `version_styles` tells them apart.
    """
    for style, profile in zip(styles, profiles, strict=True):
        if style.key in concerned:
            name = distinct_name(profile.name, names)
            names.add(name.casefold())
            yield style, replace(style, name=name, short_name=profile.short_name if name == profile.name else name[:40])
