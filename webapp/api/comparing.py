"""Two versions of a dataset side by side."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.api.datasets import VERSION_FIELD
from webapp.api.operations import Call, Operation
from webapp.services.access import Permission
from webapp.services.errors import Conflict
from webapp.services.segmenting.compared import Match, compare_versions
from webapp.services.segmenting.movements import Uncounted


@dataclass(frozen=True)
class MatchAnswer:
    """What became of one segment (keys): continued, split, merged, new or retired; `shared` customers are in both."""

    fate: str
    before: str | None
    after: str | None
    shared: int
    of_before: float | None
    of_after: float | None


@dataclass(frozen=True)
class ComparisonAnswer:
    """Version `before` beside `after`: adjusted Rand index and adjusted mutual information over the `customers` whom both placed."""

    before: int
    after: int
    ari: float | None
    ami: float | None
    customers: int
    contingency: tuple[tuple[int, ...], ...]
    matches: tuple[MatchAnswer, ...]


def get_comparison(call: Call) -> ComparisonAnswer:
    asked = (call.query["a"], call.query["b"])
    found = compare_versions(call.session, call.actor, call.resources.store, call.parts["dataset"], *asked)
    if isinstance(found, Uncounted):
        text = (
            "These versions have other customers, and nobody has counted yet who moved between them. Have it counted on the page Compare, "
        )
        raise Conflict(f"{text}or by `smartcart compare`, and ask again.", code="not_counted")
    return ComparisonAnswer(
        before=found.before.version.number,
        after=found.after.version.number,
        ari=found.rand,
        ami=found.information,
        customers=found.placed,
        contingency=found.table,
        matches=tuple(map(_match, found.matches)),
    )


def _match(match: Match) -> MatchAnswer:
    before, after = (None if style is None else style.key for style in (match.before, match.after))
    return MatchAnswer(match.fate.value, before, after, match.shared, match.of_before, match.of_after)


OPERATIONS = (
    Operation(
        name="compare_versions",
        method="GET",
        path="/datasets/{dataset}/compare",
        summary="Two versions side by side: how alike, and what became of each segment",
        needs=Permission.VIEW_CUSTOMERS,
        run=get_comparison,
        query={"a": VERSION_FIELD, "b": VERSION_FIELD},
        refusals={409: "A version is not ready, or nobody has counted yet who moved between the two."},
    ),
)
