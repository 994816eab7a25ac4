"""Whom to freeze: a choice of customers, what it comes to, where it came from in words, and a name for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from webapp.services.access import Actor
from webapp.services.data.currencies import SIGNS
from webapp.services.errors import Conflict, Invalid
from webapp.services.filtering.columns import SEGMENT
from webapp.services.filtering.filters import Condition, Filter, describe_filter, filters_to_query
from webapp.services.segmenting.flows import flow_filter, flow_name, is_moved
from webapp.services.segmenting.labelled import Labelled, open_labelled
from webapp.services.segmenting.movements import Asked, Uncounted, show_movement
from webapp.services.segmenting.selections import Selection, search_text, select_from
from webapp.store import Store


@dataclass(frozen=True)
class Choice:
    """Whom to freeze: what filters (`f`) and search (`q`) of `query` leave of the customers of a version (None: the champion)."""

    query: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None


@dataclass(frozen=True)
class Flow:
    """Who moved from version `before` to version `after` (None: the champion): from the segment `was` to `now` (keys; None: any).

    `flows.JOINED` in place of `was` stands for those who joined.
    """

    before: int | None
    after: int | None
    was: str | None = None
    now: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where an audience came from: `words` for what was chosen by, `query` as an address had it, and the `segments` that it speaks of, key
    to name.

    `version` (None: nobody had a segment yet), `snapshot` and its day are those of the moment.
    """

    words: tuple[str, ...]
    query: dict[str, str]
    segments: dict[str, str]
    version: int | None
    snapshot: int
    as_of: date


@dataclass(frozen=True)
class Chosen:
    """A choice as it is found: the snapshot with its version, and those whom the choice leaves of it, somebody at least."""

    choice: Choice
    base: Labelled
    selection: Selection

    @property
    def words(self) -> tuple[str, ...]:
        """What they were chosen by, a part each; none for everybody."""
        sign = SIGNS.get(self.base.dataset.currency or "", "")
        words = tuple(describe_filter(each, self.selection.columns, sign) for each in self.selection.filters)
        wanted = search_text(self.choice.query)
        return (*words, f"“{wanted}” in key or texts") if wanted else words

    @property
    def origin(self) -> Origin:
        kept = {name: text for name, text in self.choice.query.items() if name in ("f", "q") and text}
        spoken_of = dict(pair for each in self.selection.filters for pair in self._segments(each))
        version, snapshot = self.base.version, self.base.snapshot
        return Origin(self.words, kept, spoken_of, version.number if version else None, snapshot.number, snapshot.as_of)

    @property
    def name(self) -> str:
        """What they are in a few words."""
        words, as_of = self.words, self.base.snapshot.as_of
        flow = None if search_text(self.choice.query) else flow_name(self.base.movements, self.selection.filters)
        if flow is not None or not words:
            return flow or f"All customers, {as_of.day} {as_of:%b %Y}"
        when = f"version {self.base.version.number}" if self.base.version else f"{as_of.day} {as_of:%b %Y}"
        by_segment = [each for each in self.selection.filters if each.column == SEGMENT and each.condition is Condition.ONE_OF]
        if len(words) == 1 and by_segment:
            return f"{', '.join(name for _, name in self._segments(by_segment[0]))}, {when}"
        return f"{', '.join(words)}, {when}"

    def _segments(self, each: Filter) -> list[tuple[str, str]]:
        """The segments, key and name, that a filter names."""
        if not (is_moved(each) or each.column == SEGMENT):
            return []
        moved = [style for movement in self.base.movements for style in (*movement.old, *movement.new)]
        return [(style.key, style.name) for style in (*self.base.styles, *moved) if style.key in each.values]


def make_choice(
    session: Session,
    actor: Actor,
    dataset: str,
    *,
    filters: str | None = None,
    search: str | None = None,
    segment: str | None = None,
    flow: Flow | None = None,
    version: int | None = None,
) -> Choice:
    """What is said part by part as one choice, which has to meet all of it.

    A flow has to be counted (else Conflict), and is chosen among the customers of the version that lists them all.
    """
    parts = [filters_to_query([Filter(SEGMENT, Condition.ONE_OF, (segment,))])] if segment else []
    if flow is not None:
        movement = show_movement(session, actor, dataset, Asked(flow.before), Asked(flow.after))
        if isinstance(movement, Uncounted):
            text = "Nobody has counted yet who moved between these two versions. Have it counted on Movement or by `smartcart compare`."
            raise Conflict(f"{text} Then save the flow.", code="not_counted")
        parts.append(flow_filter(movement.id, was=flow.was, now=flow.now))
        version = version or movement.listed or movement.after.version
    given = {"f": "*".join(part for part in (*parts, filters) if part), "q": search}
    return Choice({name: text for name, text in given.items() if text}, version)


def choose_customers(session: Session, actor: Actor, store: Store, dataset: str, choice: Choice) -> Chosen:
    """The customers whom the choice leaves; Invalid where that is nobody, or a filter cannot be used: nobody more than was asked for."""
    base = open_labelled(session, actor, dataset, choice.version, choice.query)
    selection = select_from(base, actor, store, choice.query)
    if selection.problems:
        raise Invalid(f"Nothing was saved. {' '.join(selection.problems)}", details={"field": "f"})
    if not selection.count:
        raise Invalid("Nobody is left to save. Take a filter away, then save the customers who remain.", details={"field": "f"})
    return Chosen(choice, base, selection)
