"""Commands for which segment of a version is which of the version before it."""

from __future__ import annotations

from typing import Any

import click

from segmentation.palette import SegmentStyle
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.values import VERSION
from webapp.edge import unit_of_work
from webapp.services.errors import NotFound
from webapp.services.segmenting.lineages import (
    SegmentLink,
    VersionLineage,
    correct_lineage,
    show_lineage,
    take_back_correction,
)

COLUMNS = {"segment": "SEGMENT", "kind": "WHAT BECAME", "says": "SAYS SO", "text": "IN WORDS"}


@click.group("lineage")
def lineage() -> None:
    """Which segment of a version is which of the version before it, and correcting that."""


@lineage.command("show")
@click.argument("version", type=VERSION, required=False, metavar="[VERSION]")
@dataset_option
@team_option
@reports(lambda report: _in_words(report))
def show(version: int | None, dataset_name: str | None, team_name: str | None) -> Report:
    """List how the segments of a version (without one: of the champion) follow those of the version that it was compared to."""
    with unit_of_work(open_workspace(), read_only=True) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        found = show_lineage(session, actor, dataset, version)
        if found is None:
            raise NotFound("That version was compared to none: it was the first, or made before lineages were kept.")
        return _report(dataset, found)


@lineage.command("correct")
@click.argument("version", type=VERSION)
@click.argument("segment", metavar="KEY")
@click.option("--continues", metavar="KEY", help="The segment of the version before that it is.")
@click.option("--new", "own", is_flag=True, help="It is none of them, but a segment of its own.")
@dataset_option
@team_option
@reports(lambda report: _in_words(report))
def correct(version: int, segment: str, continues: str | None, own: bool, dataset_name: str | None, team_name: str | None) -> Report:
    """Say which segment of the version before a segment of VERSION is. Name, colour and tags follow, also in versions made since."""
    if own == (continues is not None):
        raise click.UsageError("Say either --continues KEY or --new.")
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        return _report(dataset, correct_lineage(session, actor, dataset, version, segment, continues=continues))


@lineage.command("take-back")
@click.argument("version", type=VERSION)
@click.argument("segment", metavar="KEY")
@dataset_option
@team_option
@reports(lambda report: _in_words(report))
def take_back(version: int, segment: str, dataset_name: str | None, team_name: str | None) -> Report:
    """Let a segment of VERSION be what was found, as if nobody had corrected it."""
    with unit_of_work(open_workspace()) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        return _report(dataset, take_back_correction(session, actor, dataset, version, segment))


def _report(dataset: str, found: VersionLineage) -> Report:
    return {
        "dataset": dataset,
        "version": found.version,
        "reference": found.reference,
        "links": [_link(link) for link in found.links],
        "choices": [_segment(style) for style in found.choices],
    }


def _link(link: SegmentLink) -> dict[str, Any]:
    plain = ("shared", "of_previous", "of_current", "distance", "by", "corrected_by", "corrected_at", "back", "text")
    ends = {"previous": _segment(link.previous), "current": _segment(link.current)}
    return {"kind": link.kind.value} | ends | {name: getattr(link, name) for name in plain}


def _segment(style: SegmentStyle | None) -> dict[str, str] | None:
    return None if style is None else {"key": style.key, "name": style.name}


def _in_words(report: Report) -> str:
    rows = [
        {"segment": (link["current"] or link["previous"])["key"], "says": link["corrected_by"] or link["by"]} | link
        for link in report["links"]
    ]
    head = f"Version {report['version']} was compared to version {report['reference']}."
    choices = ", ".join(f"{each['key']} ({each['name']})" for each in report["choices"])
    return "\n".join([head, table(rows, COLUMNS), f"Segments of version {report['reference']}: {choices}."])


COMMANDS = (lineage,)
