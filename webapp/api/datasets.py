"""Datasets with their segments and versions, and the wish for a new version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segmentation.choosing.selection import AUTO, DEFAULT_ALGORITHM
from segmentation.clustering import ALGORITHMS
from webapp.api.fields import Field, choice, text, whole, yes_no
from webapp.api.jobs import JobAnswer, job_answer
from webapp.api.operations import Call, Operation
from webapp.api.routes import json_body
from webapp.services.access import Permission
from webapp.services.data.datasets import DatasetSummary, list_datasets
from webapp.services.data.removing import RemovedDataset, remove_dataset
from webapp.services.modelling.fit_requests import FEWEST_SEGMENTS, LARGEST_SEED, MOST_SEGMENTS, FeatureWish
from webapp.services.modelling.promotions import point_to
from webapp.services.modelling.versions import LONGEST_NOTE, VersionSummary, list_versions, request_recluster
from webapp.services.segmenting.segments import SegmentsOverview, show_segments

ALGORITHM_NAMES = (*ALGORITHMS, AUTO)
VERSION_FIELD = whole("A model version by its number; without it the champion.", low=0, high=999_999_999)


@dataclass(frozen=True)
class Datasets:
    datasets: tuple[DatasetSummary, ...]


@dataclass(frozen=True)
class SegmentAnswer:
    """One segment; `campaigns` counts those that it is tagged for."""

    key: str
    name: str
    size: int
    share: float
    campaigns: int


@dataclass(frozen=True)
class Segments:
    """The segments of a version in the order of its clusters; no version and none where nothing was promoted yet."""

    dataset: str
    version: int | None
    segments: tuple[SegmentAnswer, ...]


@dataclass(frozen=True)
class Versions:
    dataset: str
    versions: tuple[VersionSummary, ...]


def get_datasets(call: Call) -> Datasets:
    return Datasets(list_datasets(call.session, call.actor))


def delete_dataset(call: Call) -> RemovedDataset:
    return remove_dataset(call.session, call.actor, call.parts["dataset"])


def get_segments(call: Call) -> Segments:
    dataset = call.parts["dataset"]
    overview = show_segments(call.session, call.actor, dataset, version=call.query["version"])
    if overview is None:
        return Segments(dataset, None, ())
    return Segments(dataset, overview.version.number, segments_answer(overview))


def segments_answer(overview: SegmentsOverview) -> tuple[SegmentAnswer, ...]:
    pairs = zip(overview.styles, overview.profiles.segments, strict=True)
    return tuple(
        SegmentAnswer(style.key, style.name, profile.size, profile.share, overview.tags.get(style.key, 0)) for style, profile in pairs
    )


def get_versions(call: Call) -> Versions:
    return Versions(call.parts["dataset"], list_versions(call.session, call.actor, call.parts["dataset"]))


def post_recluster(call: Call) -> JobAnswer:
    dataset, sent = call.parts["dataset"], call.sent
    job = job_answer(call, request_recluster(call.session, call.actor, dataset, store=call.resources.store, **sent))
    if job.finished_at is not None and job.version is not None:
        point_to(
            call.session,
            call.actor,
            dataset,
            job.version,
            promote=sent["promote"],
            challenge=sent["challenge"],
            store=call.resources.store,
        )
    return job


def segment_count(about: str) -> Field:
    """A number of segments, or "auto" for whatever the customers can carry."""

    def read(value: Any) -> int | None:
        if value == AUTO:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not FEWEST_SEGMENTS <= value <= MOST_SEGMENTS:
            raise ValueError(f"is a whole number from {FEWEST_SEGMENTS} to {MOST_SEGMENTS}, or {AUTO}")
        return value

    number = {"type": "integer", "minimum": FEWEST_SEGMENTS, "maximum": MOST_SEGMENTS}
    return Field(about, read, {"anyOf": [number, {"type": "string", "const": AUTO}]})


def features(about: str) -> Field:
    """Measures to find segments by: their names, names with weights, or "all"."""

    def read(value: Any) -> FeatureWish:
        names = isinstance(value, list) and all(isinstance(name, str) for name in value)
        weights = isinstance(value, dict) and all(
            isinstance(weight, int | float) and not isinstance(weight, bool) for weight in value.values()
        )
        if not (names or weights or value == "all"):
            raise ValueError('is a list of measures, an object of weights by measure, or "all"')
        return value  # type: ignore[no-any-return]

    names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    weights = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 10}}
    return Field(about, read, {"anyOf": [names, weights, {"type": "string", "const": "all"}]})


VERSION_QUERY = {"version": VERSION_FIELD}
RECLUSTER = {
    "algorithm": choice("How to look for segments; auto tries all and takes the best.", ALGORITHM_NAMES, default=DEFAULT_ALGORITHM),
    "k": segment_count("How many segments."),
    "seed": whole("For the same result again.", low=0, high=LARGEST_SEED, default=0),
    "features": features("What to find segments by; without it chosen by the columns' roles."),
    "promote": yes_no("Make the new version the champion."),
    "challenge": yes_no("Let the new version challenge the champion."),
    "note": text("Kept with the version, for the team's record.", longest=LONGEST_NOTE, default=""),
    "unless_there": yes_no("Not where a version of the same customers, settings and seed is there: the answer is the job that made it."),
}
NO_CUSTOMERS = {409: "The dataset has no customers yet"}
OPERATIONS = (
    Operation("list_datasets", "GET", "/datasets", "The team's datasets", Permission.VIEW, get_datasets),
    Operation(
        name="remove_dataset",
        method="DELETE",
        path="/datasets/{dataset}",
        summary="Remove a dataset of which nothing is left but imports that were undone, refused or discarded",
        needs=Permission.IMPORT,
        run=delete_dataset,
        writes=True,
        refusals={409: "It is not empty; `details.holds` says of what"},
    ),
    Operation(
        "list_segments",
        "GET",
        "/datasets/{dataset}/segments",
        "Segments of the champion or of a version",
        Permission.VIEW,
        get_segments,
        VERSION_QUERY,
    ),
    Operation("list_versions", "GET", "/datasets/{dataset}/versions", "Model versions, newest first", Permission.VIEW, get_versions),
    Operation(
        name="recluster",
        method="POST",
        path="/datasets/{dataset}/recluster",
        summary="Fit a new version; while one is being fitted, that job",
        needs=Permission.RECLUSTER,
        run=post_recluster,
        body=json_body(RECLUSTER),
        writes=True,
        status=202,
        refusals=NO_CUSTOMERS,
    ),
)
