"""How the segments of a version follow those of the version before it, and the correction of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webapp.api.datasets import VERSION_FIELD, VERSION_QUERY
from webapp.api.fields import Field, text
from webapp.api.operations import Call, Operation
from webapp.api.routes import json_body
from webapp.services.access import Permission
from webapp.services.errors import NotFound
from webapp.services.segmenting.lineages import VersionLineage, correct_lineage, show_lineage, take_back_correction


@dataclass(frozen=True)
class LinkAnswer:
    """What a segment of the version is (continued, split, new), or what became of one of its reference (merged, retired).

    `previous` and `current` are keys of segments. `shared` customers are in both, with their share of each; of a new or a retired segment,
    those whom the other version knows. `distance` is between the two profiles, in standard deviations. `by` is customers, profile or
    person. `back` is the version whose segment a split or new one is again, null for all others.
    """

    kind: str
    previous: str | None
    current: str | None
    shared: int
    of_previous: float | None
    of_current: float | None
    distance: float | None
    by: str
    back: int | None
    text: str


@dataclass(frozen=True)
class LineageAnswer:
    """`reference` is the version that `version` was compared to when it was made."""

    dataset: str
    version: int
    reference: int
    links: tuple[LinkAnswer, ...]


def get_lineage(call: Call) -> LineageAnswer:
    dataset = call.parts["dataset"]
    found = show_lineage(call.session, call.actor, dataset, call.query["version"])
    if found is None:
        raise NotFound("That version was compared to none: it was the first, or made before lineages were kept.")
    return lineage_answer(dataset, found)


def post_correction(call: Call) -> LineageAnswer:
    dataset, sent = call.parts["dataset"], call.sent
    corrected = correct_lineage(call.session, call.actor, dataset, sent["version"], sent["segment"], continues=sent["continues"])
    return lineage_answer(dataset, corrected)


def post_taking_back(call: Call) -> LineageAnswer:
    dataset, sent = call.parts["dataset"], call.sent
    return lineage_answer(dataset, take_back_correction(call.session, call.actor, dataset, sent["version"], sent["segment"]))


def lineage_answer(dataset: str, found: VersionLineage) -> LineageAnswer:
    """A lineage as programs see it."""
    links = (
        LinkAnswer(
            kind=str(link.kind),
            previous=link.previous.key if link.previous else None,
            current=link.current.key if link.current else None,
            shared=link.shared,
            of_previous=link.of_previous,
            of_current=link.of_current,
            distance=link.distance,
            by=link.by,
            back=link.back,
            text=link.text,
        )
        for link in found.links
    )
    return LineageAnswer(dataset, found.version, found.reference, tuple(links))


def segment_or_none(about: str) -> Field:
    """A segment by its key, or null."""
    known = text(about, longest=16)

    def read(value: Any) -> str | None:
        return None if value is None else str(known.read(value))

    return Field(about, read, {"type": ["string", "null"], "maxLength": 16}, required=True)


OF_VERSION = {
    "version": VERSION_FIELD.needed(),
    "segment": text("A segment of that version by its key.", longest=16).needed(),
}
CORRECTION = OF_VERSION | {
    "continues": segment_or_none("The segment of the version before that it is, by its key; null for none: it is new."),
}
OPERATIONS = (
    Operation(
        "show_lineage",
        "GET",
        "/datasets/{dataset}/lineage",
        "How the segments of a version follow those of the version before it",
        Permission.VIEW_CUSTOMERS,
        get_lineage,
        VERSION_QUERY,
    ),
    Operation(
        name="correct_lineage",
        method="POST",
        path="/datasets/{dataset}/lineage",
        summary="Say which segment of the version before a segment is; names, colours and tags follow, also in versions made since",
        needs=Permission.PROMOTE,
        run=post_correction,
        body=json_body(CORRECTION),
        writes=True,
        refusals={409: "The version was compared to none"},
    ),
    Operation(
        name="take_back_correction",
        method="POST",
        path="/datasets/{dataset}/lineage/take-back",
        summary="Let a segment be what was found, as if nobody had corrected it",
        needs=Permission.PROMOTE,
        run=post_taking_back,
        body=json_body(OF_VERSION),
        writes=True,
        refusals={409: "Nobody corrected that segment in this version"},
    ),
)
