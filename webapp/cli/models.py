"""Commands for model versions and their segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from sqlalchemy.orm import Session

from segmentation import to_json
from segmentation.choosing.selection import AUTO, DEFAULT_ALGORITHM
from segmentation.clustering import ALGORITHMS
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.jobs import finish
from webapp.cli.values import SEED, VERSION
from webapp.edge import Resources, unit_of_work
from webapp.services.access import Actor
from webapp.services.errors import NotFound
from webapp.services.modelling.fit_requests import EVERY_FEATURE, FeatureWish, twin_in_words
from webapp.services.modelling.promotions import point_to
from webapp.services.modelling.versions import request_recluster, show_report, show_version, version_of_job
from webapp.services.segmenting.segments import show_segments


class Count(click.ParamType[int | None]):
    """A number of segments, or "auto"."""

    name = "K|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value is None or isinstance(value, int) or value == "auto":
            return None if value == "auto" else value
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor auto", param, ctx)


class Features(click.ParamType[FeatureWish]):
    """Measures with commas between, each perhaps with its weight: "all", "spend,age", "spend=1,age=0.5"."""

    name = "all|a,b|a=0.5,b=1"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> FeatureWish:
        if value is None or not isinstance(value, str) or value == EVERY_FEATURE:
            return value  # type: ignore[no-any-return]
        parts = [part.strip().partition("=") for part in value.split(",") if part.strip()]
        if not any(equals for _, equals, _ in parts):
            return [name for name, _, _ in parts]
        try:
            return {name.strip(): float(weight) if equals else 1.0 for name, equals, weight in parts}
        except ValueError:
            self.fail(f"{value!r} holds a weight that is no number", param, ctx)


@click.command("recluster")
@dataset_option
@click.option(
    "--algorithm",
    type=click.Choice([*ALGORITHMS, AUTO]),
    default=DEFAULT_ALGORITHM,
    show_default=True,
    help="How to look for segments; auto tries all and takes the best.",
)
@click.option("--k", type=Count(), default="auto", show_default=True, help="How many segments: 2 to 20, or auto.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option(
    "--features",
    type=Features(),
    help="Measures to find segments by: names with commas between, with weights where wanted, or all that are not sensitive "
    "(default: chosen by their roles).",
)
@click.option("--promote", is_flag=True, help="Make the new version the champion.")
@click.option("--challenge", is_flag=True, help="Let the new version challenge the champion.")
@click.option("--note", default="", help="Kept with the version, for the team's record.")
@click.option(
    "--unless-there", is_flag=True, help="Not where a version of the same customers, settings and seed is there: that one is told."
)
@team_option
@reports(lambda report: _recluster_in_words(report))
def recluster(dataset_name: str | None, team_name: str | None, **asked: Any) -> Report:
    """Fit a new model version and wait for it."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        job = request_recluster(session, actor, dataset, store=resources.store, **asked)
        twin = version_of_job(session, actor, job.id) if job.finished_at else None
        if twin is not None:
            point_to(session, actor, dataset, twin, promote=asked["promote"], challenge=asked["challenge"], store=resources.store)
    if twin is None:
        finish(resources, actor, job.id)
    else:
        click.echo(twin_in_words(twin), err=True)
    return {**recluster_report(resources, actor, dataset, job.id), "already_there": twin is not None}


def recluster_report(resources: Resources, actor: Actor, dataset: str, job_id: str) -> Report:
    """What `recluster --json` prints of the version that the job made."""
    with unit_of_work(resources, read_only=True) as session:
        number = version_of_job(session, actor, job_id)
        version, fitted = show_version(session, actor, dataset, number), show_report(session, actor, dataset, number)
        return {
            "job": job_id,
            "version": number,
            "champion": version.champion,
            "algorithm": version.algorithm,
            "k": version.k,
            "seed": version.seed,
            "verdict": version.verdict,
            "reasons": [reason.text for reason in fitted.verdict.reasons],
            "requested": version.requested,
            "figures": fitted.figures,
            "features": to_json(fitted.features),
            "sweep": to_json(fitted.sweep),
            "segments": segment_reports(session, actor, dataset, number),
            "seconds": fitted.seconds,
        }


def segment_reports(session: Session, actor: Actor, dataset: str, version: int | None) -> list[dict[str, Any]]:
    """The segments of a version (None: the champion) as `recluster` and `segments` print them."""
    overview = show_segments(session, actor, dataset, version=version)
    if overview is None:
        raise NotFound("No version is champion yet. `smartcart recluster` fits one.")
    pairs = zip(overview.styles, overview.profiles.segments, strict=True)
    return [
        {
            "key": style.key,
            "name": style.name,
            "size": profile.size,
            "share": profile.share,
            "stability": profile.stability,
            "rules": to_json(profile.rules),
            "profile": to_json(profile.differences),
            "outcomes": to_json(profile.outcomes),
        }
        for style, profile in pairs
    ]


@click.command("segments")
@dataset_option
@click.option("--version", type=VERSION, metavar="N", help="A model version (default: the champion).")
@team_option
@reports(lambda report: _segments_in_words(report["version"], report["segments"]))
def segments(dataset_name: str | None, version: int | None, team_name: str | None) -> Report:
    """List the segments of a version."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        overview = show_segments(session, actor, dataset, version=version)
        number = version or (overview.version.number if overview else None)
        return {"version": number, "segments": segment_reports(session, actor, dataset, version)}


def _recluster_in_words(report: Report) -> str:
    method = ALGORITHMS[report["algorithm"]].label
    lines = [
        f"Version {report['version']}: {report['k']} segments by {method}, {report['verdict']}: {figures_in_words(report['figures'])}.",
        *(f"  {reason}" for reason in report["reasons"]),
    ]
    return "\n".join([*lines, _segments_in_words(report["version"], report["segments"])])


def figures_in_words(figures: Mapping[str, float]) -> str:
    """The figures that people know from the pages, as far as the version has them."""
    separation = [f"separation {figures['silhouette']:.2f}"] if "silhouette" in figures else []
    if separation and "silhouette_null" in figures:
        separation[0] += f" (shuffled columns {figures['silhouette_null']:.2f})"
    repeatability = [f"repeatability {figures['stability_ari']:.2f}"] if "stability_ari" in figures else []
    smallest = [f"smallest segment {figures['smallest_share']:.1%}"] if "smallest_share" in figures else []
    return ", ".join(separation + repeatability + smallest)


def _segments_in_words(version: int, found: Sequence[dict[str, Any]]) -> str:
    rows = [{"key": item["key"], "name": item["name"], "size": f"{item['size']:,}", "share": f"{item['share']:.1%}"} for item in found]
    return table(rows, {"key": f"V{version} KEY", "name": "NAME", "size": "CUSTOMERS", "share": "SHARE"})


COMMANDS = (recluster, segments)
