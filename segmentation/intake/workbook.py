"""Excel workbooks: one sheet's typed cells to text, streamed, so that no bound depends on what the workbook says of itself.

A reader that loads a sheet whole lets 100 kB cost seconds and any amount of memory; this one holds a row at a time, and the shared texts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np

from segmentation.errors import UnreadableFile
from segmentation.intake.headers import LOOK_AHEAD, Header, find_header, named, told_titles
from segmentation.intake.hidden import Cleaning, Lines
from segmentation.intake.limits import MAX_COLUMNS, refuse_bytes, refuse_large
from segmentation.intake.sheets import Row, Workbook, open_workbook
from segmentation.intake.text import Body
from segmentation.intake.types import FileFormat, Finding, Reject

_BATCH = 5_000
_WORDS = 200  # longest value shown of a rejected row


def transcribe(source: Path, folder: Path, stated: FileFormat | None) -> Body:
    """Write the cells of one sheet below its header into `folder`, as text; lines are Excel's row numbers.

    Without a stated sheet it is the first visible one that holds a table. UnreadableFile ("unknown_sheet", "no_rows") where there is none.
    """
    with open_workbook(source) as workbook:
        name, others = _chosen(workbook, stated.sheet if stated else None)
        order = stated.date_order if stated else None
        writer = _SheetWriter(FileFormat("", "", order, "xlsx", name), folder / "body.csv")
        body = writer.write(workbook.rows(name), tuple(workbook.sheets))
    if others and not (stated and stated.sheet):
        told = ", ".join(f"“{other}”" for other in others[:5])
        more = " and more" if len(others) > 5 else ""
        message = f"The sheet “{name}” was read. The workbook also holds {told}{more}: choose one if that is meant."
        return _with(body, Finding("sheet_chosen", "note", message, None, 1 + len(others)))
    return body


def _with(body: Body, finding: Finding) -> Body:
    return Body(**{**vars(body), "findings": (finding, *body.findings)})


def _chosen(workbook: Workbook, stated: str | None) -> tuple[str, list[str]]:
    """The sheet to read, and the other visible ones."""
    names = list(workbook.sheets)
    if stated is not None:
        if stated not in workbook.sheets:
            raise UnreadableFile(
                f"The workbook has no sheet “{stated}”. Choose from: {', '.join(f'“{name}”' for name in names)}.",
                code="unknown_sheet",
                details={"sheets": names},
            )
        return stated, []
    ordered = [name for name in names if name not in workbook.hidden] + [name for name in names if name in workbook.hidden]
    for name in ordered:
        rows = (row for row in workbook.rows(name) if row.filled)
        if next(rows, None) and next(rows, None):
            return name, [other for other in names if other != name and other not in workbook.hidden]
    filled = next((name for name in ordered if any(row.filled for row in workbook.rows(name))), None)
    if filled is None:
        raise UnreadableFile("The workbook's sheets are empty. Save it with its table of customers.", code="empty_file")
    return filled, []


@dataclass
class _SheetWriter:
    """Writes a sheet's rows as quoted CSV, and keeps what is to be said about them."""

    format: FileFormat
    target: Path
    cleaning: Cleaning = field(default_factory=Cleaning)
    rejects: list[Reject] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    error_lines: Lines = field(default_factory=Lines)
    formulas: Lines = field(default_factory=Lines)

    def write(self, rows: Iterator[Row], sheets: tuple[str, ...]) -> Body:
        filled = (row for row in rows if row.filled)
        ahead = list(islice(filled, LOOK_AHEAD))
        first, width, header, findings = _header(ahead)
        lines: list[int] = []
        written = 0
        with self.target.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
            batch: list[list[str]] = []
            below = next(place for place, row in enumerate(ahead) if row.number == header.number) + 1
            for row in chain(ahead[below:], filled):
                cells = self._cells(row, first, width)
                if cells is None:
                    continue
                batch.append(cells)
                lines.append(row.number)
                written += sum(map(len, cells))
                if len(batch) == _BATCH:
                    refuse_large(len(lines), width)
                    refuse_bytes(written)
                    writer.writerows(batch)
                    batch.clear()
            refuse_large(len(lines), width)
            writer.writerows(batch)
        told = (*findings, *self.cleaning.findings(), *self._findings())
        numbers = np.asarray(lines, dtype=np.int64)
        ends = np.zeros(0, dtype=np.int64)
        return Body(self.target, header.header, header.number + 1, self.format, ends, told, numbers, tuple(self.rejects), sheets=sheets)

    def _cells(self, row: Row, first: int, width: int) -> list[str] | None:
        """The cells below the header's; None where some stand beside it, which rejects the row, or where all are errors."""
        cells = [""] * width
        for place, text in row.cells.items():
            if not first <= place < first + width:
                shown = " ".join(row.cells.values())
                shown = shown if len(shown) <= _WORDS else shown[: _WORDS - 1] + "…"
                reason = f"a value in column {column_letters(place)}, which has no name in the header"
                self.rejects.append(Reject(row.number, None, shown, reason))
                return None
            cells[place - first] = (
                text
                if text.isascii() and "\0" not in text
                else self.cleaning.clean(text.replace("\n", "\v"), row.number).replace("\v", "\n")
            )
        for error in row.errors.values():
            self.errors[error] = self.errors.get(error, 0) + 1
            self.error_lines.add(row.number)
        if row.formulas:
            self.formulas.add(row.number)
        return cells

    def _findings(self) -> Iterator[Finding]:
        if self.errors:
            told = ", ".join(f"{error} {count:,}" for error, count in sorted(self.errors.items(), key=lambda item: -item[1]))
            message = (
                f"{sum(self.errors.values()):,} cells hold an error of Excel ({told}). Set to missing; mend the formulas and import again."
            )
            yield Finding("cell_errors", "flag", message, None, self.error_lines.count, tuple(self.error_lines.first))
        if self.formulas.count:
            message = (
                f"{self.formulas.count:,} rows hold formulas whose results were never stored. Set to missing; open the workbook in Excel, "
                "save it, and import it again."
            )
            yield Finding("formula_without_value", "flag", message, None, self.formulas.count, tuple(self.formulas.first))


@dataclass(frozen=True)
class _Place:
    header: Header
    number: int


def _header(ahead: list[Row]) -> tuple[int, int, _Place, list[Finding]]:
    """First column, number of columns, the header and its row, and what stands above it."""
    last = max(max(row.cells, default=0) for row in ahead)
    if last >= MAX_COLUMNS:
        refuse_large(0, last + 1)
    grid = [[row.cells.get(place, "") for place in range(last + 1)] for row in ahead]
    place = find_header(grid)
    used = [column for row in ahead[place:] for column in row.cells]
    first, width = min(used), max(used) - min(used) + 1
    findings = []
    if place:
        texts = [" ".join(row.cells.values()) for row in ahead[:place]]
        findings.append(told_titles([row.number for row in ahead[:place]], texts))
    return first, width, _Place(named(grid[place][first : first + width]), ahead[place].number), findings


def column_letters(place: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(65 + letter) + letters
    return letters
