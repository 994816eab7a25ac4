"""The customers of a flow as filters in an address: where they were, where the version before would put them now, where they are.

A filter column is called `moved-<part>-<id of the movement>`. It reads what was counted once, so that the same address always leaves the
same customers, on every page and in every file that knows filters. Whoever may not see customers has no such columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from segmentation.artifact import unpack_moved
from segmentation.movement import ABSENT, NOBODY, NOWHERE, MovedRows
from segmentation.palette import SegmentStyle
from segmentation.watching import Watch
from segmentation.wording import listed
from webapp.models import Dataset, ModelVersion, Movement, Snapshot
from webapp.services.access import Actor, Permission, team_rows
from webapp.services.filtering.filtering import Rows
from webapp.services.filtering.filters import Condition, Filter, FilterColumn, Form, filters_to_query
from webapp.services.segmenting.carrying import places_in, rows_of
from webapp.services.segmenting.segments import version_styles
from webapp.store import State, Store

WAS, BY_OLD, NOW, WATCH = "was", "old", "now", "watch"
NO_SEGMENT, JOINED = "none", "new"
"""In place of a segment's key."""
WATCHED = {"moved": Watch.MOVED, "slipping": Watch.SLIPPING}
_NAMED = re.compile(r"moved-(?:was|old|now|watch)-([0-9a-f]{32})")


@dataclass(frozen=True)
class OpenMovement:
    """A movement that filters of an address name: where its rows lie, of which snapshot, and how both versions call their clusters.

    `between` says in words what it lies between.
    """

    id: str
    team_id: str
    rows_digest: str
    snapshot_id: str
    snapshot_digest: str
    old: tuple[SegmentStyle, ...]
    new: tuple[SegmentStyle, ...]
    words: tuple[str, str, str]
    between: str


def flow_filter(movement_id: str, *, was: str | None = None, by_old: str | None = None, now: str | None = None) -> str:
    """The text of `?f=` for those who were in `was`, would be in `by_old`, and are in `now`: segment keys, `NO_SEGMENT` or `JOINED`."""
    wanted = ((WAS, was), (BY_OLD, by_old), (NOW, now))
    filters = [Filter(_name(part, movement_id), Condition.ONE_OF, (key,)) for part, key in wanted if key is not None]
    return filters_to_query(filters) or ""


def changed_filter(movement_id: str, key: str, *, came: bool) -> str:
    """The text of `?f=` for those who came to the segment from elsewhere, newcomers too, or who were in it and are elsewhere now."""
    inside, outside = (NOW, WAS) if came else (WAS, NOW)
    filters = (Filter(_name(inside, movement_id), Condition.ONE_OF, (key,)), Filter(_name(outside, movement_id), Condition.NONE_OF, (key,)))
    return filters_to_query(filters) or ""


def watch_filter(movement_id: str, *why: str) -> str:
    """The text of `?f=` for the watch list, or of those who are on it for these reasons (keys of `WATCHED`)."""
    return filters_to_query([Filter(_name(WATCH, movement_id), Condition.ONE_OF, why or tuple(WATCHED))]) or ""


def open_movements(session: Session, actor: Actor, dataset: Dataset, query: Mapping[str, str]) -> tuple[OpenMovement, ...]:
    """The movements of the dataset that the filters of `query` name and that are counted. For services only."""
    named = list(dict.fromkeys(_NAMED.findall(query.get("f", ""))))
    if not named or not actor.may(Permission.VIEW_CUSTOMERS):
        return ()
    wanted = team_rows(actor, Movement).where(Movement.dataset_id == dataset.id, Movement.id.in_(named), Movement.rows_digest.is_not(None))
    return tuple(_opened(session, row) for row in session.scalars(wanted.order_by(Movement.created_at)))


def moved_columns(movements: Sequence[OpenMovement]) -> tuple[FilterColumn, ...]:
    """What those movements let filter by."""
    return tuple(column for each in movements for column in _columns(each))


def is_moved(each: Filter) -> bool:
    """Whether a filter reads a movement."""
    return _NAMED.fullmatch(each.column) is not None


def flow_name(movements: Sequence[OpenMovement], filters: Sequence[Filter]) -> str | None:
    """What people call the customers of a flow: "From Loyal families to Quiet shoppers, version 2 to 3"; None where it is none of ours."""
    if len(movements) != 1 or not filters or not all(is_moved(each) for each in filters):
        return None
    movement = movements[0]
    columns = {column.name: column for column in _columns(movement)}
    told = {(each.column.split("-")[1], each.condition): [columns[each.column].choices[key] for key in each.values] for each in filters}
    was, now, watch = (told.get((part, Condition.ONE_OF), []) for part in (WAS, NOW, WATCH))
    parts = set(told) if len(told) == len(filters) else set()
    if parts == {(WATCH, Condition.ONE_OF)}:
        words = "On the way down" if len(watch) == len(WATCHED) else f"On the way down, {watch[0]}"
    elif parts == {(WAS, Condition.ONE_OF), (NOW, Condition.ONE_OF)}:
        joined = any(each.values == (JOINED,) for each in filters)
        words = f"Joined as {listed(now, 'or')}" if joined else f"From {listed(was, 'or')} to {listed(now, 'or')}"
    elif parts == {(NOW, Condition.ONE_OF), (WAS, Condition.NONE_OF)} and told[WAS, Condition.NONE_OF] == now:
        words = f"Came to {listed(now, 'or')}"
    elif parts == {(WAS, Condition.ONE_OF), (NOW, Condition.NONE_OF)} and told[NOW, Condition.NONE_OF] == was:
        words = f"Went from {listed(was, 'or')}"
    else:
        return None
    return f"{words}, {movement.between}"


def moved_rows(store: Store, movements: Sequence[OpenMovement], each: Filter, snapshot: Snapshot) -> Rows:
    """Numbers of the rows of `snapshot` that meet the filter, ascending."""
    movement = next(known for known in movements if each.column.endswith(known.id))
    part = each.column.split("-")[1]
    rows = _read(store, movement)
    parts: dict[str, NDArray[Any]] = {WAS: rows.was, BY_OLD: rows.by_old, NOW: rows.now, WATCH: rows.watch}
    values = parts[part]
    there = rows.now != NOBODY
    if each.condition is Condition.MISSING:
        chosen = values == NOWHERE
    else:
        chosen = np.isin(values, [_code(movement, part, value) for value in each.values])
        chosen = ~chosen if each.condition is Condition.NONE_OF else chosen
    found = np.flatnonzero(chosen & there)
    if movement.snapshot_id == snapshot.id:
        return found
    return rows_of(places_in(store, "snapshot", movement.snapshot_digest, snapshot)[found])


def _name(part: str, movement_id: str) -> str:
    return f"moved-{part}-{movement_id}"


def _opened(session: Session, row: Movement) -> OpenMovement:
    old, new = (session.get_one(ModelVersion, each) for each in (row.old_version_id, row.new_version_id))
    before, after = (session.get_one(Snapshot, each) for each in (row.old_snapshot_id, row.new_snapshot_id))
    then, today = (f"{each.as_of.day} {each.as_of:%b %Y}" for each in (before, after))
    words = (f"Then ({then}, v{old.number})", f"By v{old.number} now", f"Now ({today}, v{new.number})")
    assert row.rows_digest is not None  # asked for
    return OpenMovement(
        id=row.id,
        team_id=row.team_id,
        rows_digest=row.rows_digest,
        snapshot_id=after.id,
        snapshot_digest=after.digest,
        old=version_styles(session, old),
        new=version_styles(session, new),
        words=words,
        between=f"{then} to {today}" if old.number == new.number else f"version {old.number} to {new.number}",
    )


def _columns(each: OpenMovement) -> tuple[FilterColumn, ...]:
    old, new = ({style.key: style.name for style in styles} | {NO_SEGMENT: "no segment"} for styles in (each.old, each.new))
    watched = {"moved": "in a segment of lower spend", "slipping": "close to one of lower spend"}
    was, by_old, now = each.words
    return (
        FilterColumn(_name(WAS, each.id), was, Form.SEGMENT, choices=old | {JOINED: "not a customer"}),
        FilterColumn(_name(BY_OLD, each.id), by_old, Form.SEGMENT, choices=old),
        FilterColumn(_name(NOW, each.id), now, Form.SEGMENT, choices=new),
        FilterColumn(_name(WATCH, each.id), "On the way down", Form.SEGMENT, choices=watched),
    )


def _code(movement: OpenMovement, part: str, value: str) -> int:
    """What stands in the rows for a choice."""
    if part == WATCH:
        return int(WATCHED[value])
    if value in (NO_SEGMENT, JOINED):
        return NOWHERE if value == NO_SEGMENT else ABSENT
    keys = [style.key for style in (movement.new if part == NOW else movement.old)]
    return keys.index(value)


def _read(store: Store, movement: OpenMovement) -> MovedRows:
    return _read_rows(store, movement.team_id, movement.rows_digest, store.state(movement.team_id, "moved", movement.rows_digest))


@lru_cache(maxsize=8)
def _read_rows(store: Store, team_id: str, digest: str, _state: State) -> MovedRows:
    return unpack_moved(store.read_bytes(team_id, "moved", digest))
