"""The command that places customers who are not stored."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from segmentation import to_json
from webapp.cli.answers import Report, reports, table
from webapp.cli.context import dataset_option, find_dataset, find_operator, open_workspace, team_option
from webapp.cli.values import VERSION, writing
from webapp.edge import unit_of_work
from webapp.services.browsing.scoring_files import FileScores, Progress, score_file
from webapp.services.modelling.scoring import Scorer, find_scorer

READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
REPORTED_REJECTS = 100
STEPS = 1000


@click.command("score")
@click.argument("file", type=READABLE)
@dataset_option
@click.option("--version", type=VERSION, metavar="N", help="A model version (default: the champion).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write: .csv, .parquet or .xlsx.")
@team_option
@reports(lambda report: _scores_in_words(report))
def score(file: Path, dataset_name: str | None, version: int | None, out: Path | None, team_name: str | None) -> Report:
    """Say to which segments the customers of a file belong, without storing them."""
    resources = open_workspace()
    with unit_of_work(resources, read_only=True) as session:
        actor = find_operator(session, team_name)
        scorer = find_scorer(session, actor, resources.store, find_dataset(session, actor, dataset_name).slug, version=version)
    with _progress() as progress, writing(out) if out else nullcontext():
        scores = score_file(scorer, file, out=out, progress=progress)
    return score_report(scorer, scores, out)


def score_report(scorer: Scorer, scores: FileScores, out: Path | None) -> Report:
    """What `score --json` prints."""
    return {
        "dataset": scorer.dataset,
        "version": scorer.version,
        "instead": scorer.instead or None,
        "as_of": scorer.wanted.as_of,
        "file_rows": scores.file_rows,
        "rows": scores.rows,
        "rejected": scores.rejected,
        "rejects": to_json(scores.rejects[:REPORTED_REJECTS]),
        "flagged": len(scores.flags),
        "warnings": _warnings(scores),
        "unknown_columns": list(scores.unknown_columns),
        "segments": [{"key": segment.key, "name": segment.name, "rows": rows} for segment, rows in scores.sizes],
        "unassigned": scores.unassigned,
        "unlike_training": scores.unlike,
        "file": str(out) if out else None,
    }


def _warnings(scores: FileScores) -> list[dict[str, Any]]:
    """What was assumed of whole columns (`line` None), and the first values that cannot be true."""
    columns = [{"line": None, "column": finding.column, "value": "", "reason": finding.message} for finding in scores.findings]
    flags = scores.flags[:REPORTED_REJECTS]
    return columns + [{"line": flag.place, "column": flag.column, "value": flag.value, "reason": flag.reason} for flag in flags]


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal, nothing elsewhere."""
    hidden = not sys.stderr.isatty()
    bar: Any
    with click.progressbar(length=STEPS, file=sys.stderr, item_show_func=lambda stage: stage or "", show_eta=False, hidden=hidden) as bar:
        yield lambda stage, share: bar.update(max(0, int(share * STEPS) - bar.pos), stage)


def _scores_in_words(report: Report) -> str:
    where = f" in {report['file']}" if report["file"] else ""
    lines = [f"{report['rows']:,} of {report['file_rows']:,} customers scored by version {report['version']}{where}."]
    if report["instead"]:
        lines.append(f"  {report['instead']}")
    lines += [f"  line {reject['line']}: {reject['reason']}" for reject in report["rejects"][:10]]
    if report["rejected"] > 10:
        lines.append(f"  {report['rejected']:,} rows could not be read; --json lists the first {REPORTED_REJECTS}.")
    for warning in report["warnings"][:10]:
        where = f"line {warning['line']}: {warning['column']} “{warning['value']}” is " if warning["line"] else f"{warning['column']}: "
        lines.append(f"  {where}{warning['reason']}")
    if report["flagged"] > 10:
        lines.append(f"  {report['flagged']:,} values cannot be true; --json lists the first {REPORTED_REJECTS}.")
    if report["unknown_columns"]:
        lines.append(f"  Not known to the dataset, so not used: {', '.join(report['unknown_columns'])}.")
    if report["unlike_training"]:
        odd = "lie farther out than all but one in a thousand of those the model was fitted on; treat their segment with care."
        lines.append(f"  {report['unlike_training']:,} {odd}")
    rows = [{**segment, "rows": f"{segment['rows']:,}"} for segment in report["segments"]]
    if report["unassigned"]:
        rows.append({"key": "", "name": "(no segment)", "rows": f"{report['unassigned']:,}"})
    return "\n".join([*lines, table(rows, {"key": "KEY", "name": "NAME", "rows": "CUSTOMERS"})])


COMMANDS = (score,)
