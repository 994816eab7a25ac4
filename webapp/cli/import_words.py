"""What `import` says on a terminal: what happens to the customers, then what there is to know, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from webapp.cli.answers import Report

MOST_LINES = 10
_COUNTS = {"update": ("new", "changed", "unchanged"), "append": ("new", "known"), "replace": ("new", "changed", "unchanged", "removed")}
_WORDS = {"known": "known and left alone", "removed": "not in the file and taken out"}


def import_in_words(report: Report) -> str:
    """The report of an import or a dry run."""
    verb = "Would import" if report["dry_run"] else "Imported"
    named = (*_COUNTS[report["mode"]], "rejected")
    counts = ", ".join(f"{report[name]:,} {_WORDS.get(name, name)}" for name in named)
    lines = [f"{verb} {report['file_rows']:,} rows into {report['dataset']}: {counts}."]
    lines += [f"  {line}" for part in (_rejects, _warnings, _columns, _moves, _drift) for line in part(report)]
    if not report["dry_run"] and report["new"] + report["changed"] + report["removed"]:
        lines.append(f"  To take it back: smartcart import-undo {report['import_id']}")
    return "\n".join(lines)


def _rejects(report: Report) -> Iterator[str]:
    yield from (f"line {reject['line']}: {reject['reason']}" for reject in report["rejects"][:MOST_LINES])
    if len(report["rejects"]) > MOST_LINES:
        yield "More rows were rejected; the import's page has them as a file that can be corrected and imported again."


def _warnings(report: Report) -> Iterator[str]:
    yield from (warning["message"] for warning in report["warnings"] if warning["code"] != "ignored")


def _columns(report: Report) -> Iterator[str]:
    if report["ignored"]:
        yield f"Not used: {', '.join(report['ignored'])}."
    if report["missing"]:
        yield f"Not in this file, kept as they are: {', '.join(report['missing'])}."
    if source := report["mapping_from"]:
        yield f"Columns are read as in {source['file_name']} ({source['day']})."


def _moves(report: Report) -> Iterator[str]:
    moves = report["moves"]
    if not moves:
        return
    if moves["problem"]:
        yield f"Version {moves['version']} cannot place these customers: {moves['problem']}"
        return
    sample = "" if moves["looked_at"] >= moves["customers"] else f" (of {moves['looked_at']:,} looked at, of {moves['customers']:,})"
    yield (
        f"Under version {moves['version']}{sample}: {moves['stayed']:,} stay in their segment, {moves['moved']:,} change it, "
        f"{moves['placed']:,} new ones get one."
    )
    changing = [flow for flow in moves["flows"] if not flow["new"] and not flow["gone"] and flow["before"] != flow["after"]]
    yield from (
        f"  {_segment(moves, flow['before'])} to {_segment(moves, flow['after'])}: {flow['customers']:,}" for flow in changing[:MOST_LINES]
    )


def _segment(moves: dict[str, Any], key: str | None) -> str:
    return moves["names"].get(key, key) if key else "no segment"


def _drift(report: Report) -> Iterator[str]:
    far = [f"{each['source']} ({each['word']}, PSI {each['psi']:.2f})" for each in report["drift"] if each["word"] != "steady"]
    if far:
        yield f"Other values than before: {', '.join(far[:MOST_LINES])}."
