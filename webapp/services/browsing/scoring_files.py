"""A file of customers who are not stored, scored in pieces, so that its size decides the time and not the memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from segmentation.explaining.explanation import Explanations
from segmentation.formulas import harmless_sql
from segmentation.intake.rows import RawRows, read_file
from segmentation.intake.types import Finding, Flagged, Reject
from segmentation.roles import CUSTOMER_KEY
from webapp import outgoing
from webapp.services.browsing.exports import file_form
from webapp.services.modelling.scoring import Scorer, SegmentName

PIECE = 20_000
"""Customers scored at once."""

COLUMNS = {
    CUSTOMER_KEY: "VARCHAR",
    "segment_key": "VARCHAR",
    "segment_name": "VARCHAR",
    "confidence": "DOUBLE",
    "runner_up": "VARCHAR",
    "row": "BIGINT",
    "missing": "VARCHAR",
    "reasons": "VARCHAR",
    "unlike_training": "BOOLEAN",
}
"""What a file of scores holds, by SQL type; `row` is the line of the file that was read."""

WORDS = (CUSTOMER_KEY, "segment_name", "missing", "reasons")
"""Columns that can hold what somebody else wrote."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class FileScores:
    """What became of a file: `rows` were scored of `file_rows`, of whom `unlike` are like nobody in training (None: not known).

    `sizes` counts customers by segment, in the order of the version's clusters, `unassigned` those in no segment. `flags` are values
    that cannot be true, by line, and `findings` what was taken of columns that do not prove it.
    """

    rows: int
    file_rows: int
    rejected: int
    rejects: tuple[Reject, ...]
    unknown_columns: tuple[str, ...]
    sizes: tuple[tuple[SegmentName, int], ...]
    unassigned: int
    unlike: int | None
    flags: tuple[Flagged, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass
class _Tally:
    """Counts while the pieces go by."""

    clusters: Counter[int]
    unlike: int = 0

    def add(self, found: Explanations) -> None:
        labels, counts = np.unique(found.assignments.label, return_counts=True)
        self.clusters.update(dict(zip(labels.tolist(), counts.tolist(), strict=True)))
        self.unlike += int(found.unlike.sum()) if found.unlike is not None else 0


def score_file(scorer: Scorer, path: Path, *, out: Path | None = None, progress: Progress = lambda stage, share: None) -> FileScores:
    """Score the customers of the file at `path`; `out` takes them (.csv, .parquet or .xlsx by its ending), in the order of their lines.

    Rows that cannot be read are left out and told of. SegmentationError where the file is no table or lacks a column that the model needs.
    """
    form = file_form(out) if out is not None else None
    progress("Reading the file", 0.0)
    raw = read_file(path, scorer.wanted)
    tally = _Tally(Counter())
    frames = _frames(scorer, raw, tally, progress, worded=out is not None)
    if out is None or form is None:
        for _ in frames:
            pass
    else:
        expressions = [f"{harmless_sql(name)} AS {name}" if name in WORDS and form == "csv" else f'"{name}"' for name in COLUMNS]
        outgoing.write_frames(frames, COLUMNS, expressions, out, form)
    progress("Done", 1.0)
    return FileScores(
        rows=len(raw.customers),
        file_rows=raw.given,
        rejected=raw.rejected,
        rejects=raw.rejects,
        unknown_columns=scorer.unknown(raw),
        sizes=tuple((name, tally.clusters[cluster]) for cluster, name in enumerate(scorer.names)),
        unassigned=tally.clusters[-1],
        unlike=tally.unlike if scorer.model.reach is not None else None,
        flags=raw.flags,
        findings=raw.findings,
    )


def _frames(scorer: Scorer, raw: RawRows, tally: _Tally, progress: Progress, *, worded: bool) -> Iterator[pd.DataFrame]:
    for start in range(0, len(raw.customers), PIECE):
        progress("Scoring customers", start / len(raw.customers))
        piece = raw.customers.iloc[start : start + PIECE].reset_index(drop=True)
        found = scorer.explain(piece)
        tally.add(found)
        if worded:
            yield _frame(scorer, found, piece[CUSTOMER_KEY], raw.places[start : start + PIECE])


def _frame(scorer: Scorer, found: Explanations, keys: pd.Series, lines: np.ndarray) -> pd.DataFrame:
    key = np.array([*(name.key for name in scorer.names), None], dtype=object)  # label -1 finds the None at the end
    name = np.array([*(name.name for name in scorer.names), None], dtype=object)
    placed = found.assignments
    worded = [found.of(row) for row in range(len(keys))]
    values = {
        CUSTOMER_KEY: keys,
        "segment_key": key[placed.label],
        "segment_name": name[placed.label],
        "confidence": placed.confidence.astype(np.float64).round(4),
        "runner_up": key[placed.runner_up],
        "row": lines,
        "missing": [", ".join(each.missing) or None for each in worded],
        "reasons": ["; ".join([*(why.text for why in each.reasons), *(odd.text for odd in each.oddities)]) or None for each in worded],
        "unlike_training": [each.unlike for each in worded],
    }
    return pd.DataFrame(
        {column: pd.Series(values[column], dtype=None if kind in ("DOUBLE", "BIGINT") else object) for column, kind in COLUMNS.items()}
    )
