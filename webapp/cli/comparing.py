"""The command that puts two model versions side by side."""

from __future__ import annotations

from typing import Any

import click

from segmentation import to_json
from segmentation.movement import HUNDREDTHS, Causes, Moves, Split
from segmentation.palette import SegmentStyle
from segmentation.wording import upper_first
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.jobs import finish
from webapp.cli.values import VERSION
from webapp.edge import unit_of_work
from webapp.services.data.comparing import compare_snapshots
from webapp.services.segmenting.compared import VersionsCompared, compare_versions
from webapp.services.segmenting.movements import Asked, MovementReport, Uncounted, count_movement, show_movement
from webapp.ui.moving import causes_words


@click.command("compare")
@click.argument("before", type=VERSION, metavar="A")
@click.argument("after", type=VERSION, metavar="B")
@dataset_option
@team_option
@reports(lambda report: _in_words(report))
def compare(before: int, after: int, dataset_name: str | None, team_name: str | None) -> Report:
    """Compare version A with version B: what became of each segment, who moved and why, and which columns drifted."""
    resources = open_workspace()
    with unit_of_work(resources) as session:
        actor = find_operator(session, team_name)
        dataset = find_dataset(session, actor, dataset_name).slug
        job = count_movement(session, actor, dataset, Asked(before), Asked(after))
    if job is not None:
        finish(resources, actor, job.id)
    with unit_of_work(resources, read_only=True) as session:
        found = compare_versions(session, actor, resources.store, dataset, before, after)
        movement = show_movement(session, actor, dataset, Asked(before), Asked(after))
        assert not isinstance(found, Uncounted)  # it has just been counted
        assert not isinstance(movement, Uncounted)
        snapshots = found.after.version.snapshot, found.before.version.snapshot
        columns = () if found.same_snapshot else compare_snapshots(session, actor, resources.store, dataset, *snapshots).columns
    return {
        "before": before,
        "after": after,
        "matches": match_reports(found),
        "ari": found.rand,
        "ami": found.information,
        "contingency": found.table,
        "movement": movement_report(movement),
        "psi": {column.after.name: {"psi": column.psi, "chance": column.chance, "word": column.drift} for column in columns},
    }


def match_reports(found: VersionsCompared) -> list[dict[str, Any]]:
    """What became of every segment."""
    return [
        {
            "fate": match.fate.value,
            "before": _segment(match.before),
            "after": _segment(match.after),
            "size_before": match.size_before,
            "size_after": match.size_after,
            "shared": match.shared,
            "of_before": match.of_before,
            "of_after": match.of_after,
            "distance": match.distance,
        }
        for match in found.matches
    ]


def movement_report(report: MovementReport) -> dict[str, Any]:
    """Who moved, by place in `groups` (the last one: no segment); `problem` says why the two parts are missing."""
    return {
        "from": to_json(report.before) | {"as_of": report.before.as_of},
        "to": to_json(report.after) | {"as_of": report.after.as_of},
        "groups": [*(_segment(style) for style in report.groups), None],
        "customers": _split(report.customers, 1),
        "value": _split(report.spend, HUNDREDTHS) if report.spend else None,
        "problem": report.problem or None,
        "watched": report.watched,
    }


def _segment(style: SegmentStyle | None) -> dict[str, str] | None:
    return None if style is None else {"key": style.key, "name": style.name}


def _split(split: Split, scale: int) -> dict[str, Any]:
    """By group; `change` is what joined, left, own change and both parts add up to. `causes` adds up to who changed their group."""
    change = tuple(after - before for before, after in zip(split.before, split.after, strict=True))
    groups = {"before": split.before, "after": split.after, "change": change, "own": split.own}
    parts = {"total": split.total, "customers_moved": split.customers, "model_moved": split.model}
    return {
        "causes": {name: amount / scale if scale > 1 else amount for name, amount in vars(split.causes).items()} if split.causes else None,
        **{name: _scaled(values, scale) for name, values in groups.items()},
        **{name: _moves(moves, scale) if moves else None for name, moves in parts.items()},
    }


def _moves(moves: Moves, scale: int) -> dict[str, Any]:
    flows = [_scaled(row, scale) for row in moves.flows]
    return {"flows": flows, "joined": _scaled(moves.joined, scale), "left": _scaled(moves.left, scale)}


def _scaled(values: tuple[int, ...], scale: int) -> list[float]:
    """Counts as they are, hundredths as amounts."""
    return [value / scale if scale > 1 else value for value in values]


def _in_words(report: Report) -> str:
    movement = report["movement"]["customers"]
    rows = [
        {
            "fate": match["fate"],
            "before": match["before"]["name"] if match["before"] else "",
            "after": match["after"]["name"] if match["after"] else "",
            "shared": f"{match['shared']:,}",
        }
        for match in report["matches"]
    ]
    alike = (
        "nobody is in both" if report["ari"] is None else f"adjusted Rand index {report['ari']:.2f}, mutual information {report['ami']:.2f}"
    )
    lines = [f"Version {report['before']} and version {report['after']}: {alike}.", _moved_in_words(movement)]
    drifted = [name for name, each in report["psi"].items() if each["word"] in ("some", "large")]
    lines.append(f"Drifted: {', '.join(drifted)}." if drifted else "No column drifted beyond chance.")
    return "\n".join([*lines, table(rows, {"fate": "WHAT BECAME", "before": "BEFORE", "after": "AFTER", "shared": "SHARED"})])


def _moved_in_words(movement: dict[str, Any]) -> str:
    came_and_went = f"{sum(movement['total']['joined']):,} joined, {sum(movement['total']['left']):,} left."
    causes = movement["causes"]
    if causes is None:
        return f"{_moved(movement['total']):,} customers changed segment; why cannot be told. {came_and_went}"
    return f"{upper_first(causes_words(Causes(**causes)))} {came_and_went}"


def _moved(moves: dict[str, Any]) -> int:
    return sum(count for a, row in enumerate(moves["flows"]) for b, count in enumerate(row) if a != b)


COMMANDS = (compare,)
