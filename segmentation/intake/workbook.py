"""Excel workbooks: one sheet's typed cells to text. The library reads them whole, so that what it may read is bounded beforehand."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path

import numpy as np
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
from xlsxwriter.utility import xl_col_to_name

from segmentation.errors import UnreadableFile
from segmentation.intake.findings import clipped
from segmentation.intake.headers import LOOK_AHEAD, Header, find_header, named, told_titles
from segmentation.intake.hidden import Cleaning
from segmentation.intake.limits import refuse_bytes, refuse_large, refuse_loaded
from segmentation.intake.scanning import Counted, damaged, scanned
from segmentation.intake.text import Body
from segmentation.intake.types import FileFormat, Finding, Reject

_EXACT = 1 << 53
"""Whole numbers up to this one are told apart as they are stored."""
Value = float | str | bool | date | datetime | time | timedelta


_LOOKED_AT = 30
"""Rows of each sheet by which the one that holds a table is told from notes."""


@dataclass(frozen=True)
class Row:
    """Excel's row `number` and its cells as text, "" where there is none."""

    number: int
    cells: list[str]


def transcribe(source: Path, folder: Path, stated: FileFormat | None) -> Body:
    """Write the cells of one sheet below its header into `folder`, as text; lines are Excel's row numbers.

    Without a stated sheet it is the first visible one that holds a table. UnreadableFile ("unknown_sheet", "no_rows") where there is none.
    """
    with _opened(source, folder) as workbook:
        name, others = _chosen(workbook, stated.sheet if stated else None)
        form = FileFormat("", "", stated.date_order if stated else None, "xlsx", name)
        writer = _SheetWriter(form, folder / "body.csv", source.stat().st_size)
        first, rows = workbook.rows(name)
        body = writer.write(first, rows, tuple(workbook.counted))
        body = replace(body, findings=(*body.findings, *_told(workbook.counted[name])))
    if others and not (stated and stated.sheet):
        told = ", ".join(f"“{other}”" for other in others[:5])
        more = " and more" if len(others) > 5 else ""
        message = f"The sheet “{name}” was read. The workbook also holds {told}{more}: choose one if that is meant."
        return replace(body, findings=(Finding("sheet_chosen", "note", message, None, 1 + len(others)), *body.findings))
    return body


@dataclass
class _Workbook:
    """An open workbook: what each worksheet holds, in order, and which are hidden. One sheet at a time is loaded."""

    file: CalamineWorkbook
    counted: dict[str, Counted]
    hidden: frozenset[str]
    loaded: dict[str, CalamineSheet] = field(default_factory=dict)

    def rows(self, name: str) -> tuple[int, Iterator[Row]]:
        """The column where the sheet's cells begin, and its filled rows; UnreadableFile where they are too many."""
        counted = self.counted[name]
        refuse_large(counted.rows, counted.columns)
        refuse_loaded(counted.texts, counted.rows, counted.columns)
        if name not in self.loaded:
            self.loaded.clear()
            self.loaded[name] = self.file.get_sheet_by_name(name)
        sheet = self.loaded[name]
        left = sheet.start[1] if sheet.start else 0
        rows = (Row(number, [_text(value) for value in values]) for number, values in enumerate(sheet.iter_rows(), 1))
        return left, (row for row in rows if any(row.cells))


@contextmanager
def _opened(source: Path, folder: Path) -> Iterator[_Workbook]:
    counted = scanned(source)
    link = folder / "workbook.xlsx"  # by this ending no other format is tried, whose parts were not scanned
    link.symlink_to(source.resolve())
    try:
        with CalamineWorkbook.from_path(link) as file:
            sheets = [sheet for sheet in file.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            if any(sheet.name not in counted for sheet in sheets):
                raise damaged("it does not say where its sheets are")
            if not sheets:
                raise UnreadableFile("The workbook has no sheet with cells. Save the table of customers in one.", code="empty_file")
            hidden = frozenset(sheet.name for sheet in sheets if sheet.visible != SheetVisibleEnum.Visible)
            yield _Workbook(file, {sheet.name: counted[sheet.name] for sheet in sheets}, hidden)
    except CalamineError as error:
        raise damaged(str(error)) from error


def _chosen(workbook: _Workbook, stated: str | None) -> tuple[str, list[str]]:
    """The sheet to read, and the other visible ones."""
    names = list(workbook.counted)
    if stated is not None:
        if stated not in names:
            raise UnreadableFile(
                f"The workbook has no sheet “{stated}”. Choose from: {', '.join(f'“{name}”' for name in names)}.",
                code="unknown_sheet",
                details={"sheets": names},
            )
        return stated, []
    firsts = {name: list(islice(workbook.rows(name)[1], _LOOKED_AT)) for name in sorted(names, key=lambda name: name in workbook.hidden)}
    tables = [name for name, rows in firsts.items() if sum(sum(map(bool, row.cells)) > 1 for row in rows) > 1]
    several = [name for name, rows in firsts.items() if len(rows) > 1]
    filled = [name for name, rows in firsts.items() if rows]
    if not filled:
        raise UnreadableFile("The workbook's sheets are empty. Save it with its table of customers.", code="empty_file")
    name = (tables or several or filled)[0]
    return name, [other for other in filled if other != name and other not in workbook.hidden]


def _text(value: Value) -> str:
    """The cell as a CSV file would hold it; "" where nobody sees anything in it."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n") if value.strip() else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds").removesuffix(" 00:00:00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("milliseconds" if value.microsecond else "seconds")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(int(value)) if value == value // 1 and abs(value) <= _EXACT else repr(value)


def _told(counted: Counted) -> Iterator[Finding]:
    if counted.errors:
        told = ", ".join(f"{error} {count:,}" for error, count in counted.errors.most_common())
        lines = counted.error_lines
        message = f"{lines.count:,} cells hold an error of Excel ({told}). Set to missing; mend the formulas and import again."
        yield Finding("cell_errors", "flag", message, None, lines.count, tuple(lines.first))
    if (lines := counted.formulas).count:
        message = (
            f"{lines.count:,} cells hold formulas whose results were never stored. Set to missing; open the workbook in Excel, "
            "save it, and import it again."
        )
        yield Finding("formula_without_value", "flag", message, None, lines.count, tuple(lines.first))
    if (lines := counted.long_numbers).count:
        message = (
            f"{lines.count:,} cells hold numbers of so many digits that the last ones were lost. If they are customers' ids, "
            "store them as text in the workbook and import it again."
        )
        yield Finding("digits_lost", "flag", message, None, lines.count, tuple(lines.first))


@dataclass
class _SheetWriter:
    """Writes a sheet's rows as quoted CSV, and keeps what is to be said about them. `packed`: bytes of the workbook."""

    format: FileFormat
    target: Path
    packed: int
    cleaning: Cleaning = field(default_factory=Cleaning)
    rejects: list[Reject] = field(default_factory=list)

    def write(self, left: int, filled: Iterator[Row], sheets: tuple[str, ...]) -> Body:
        ahead = list(islice(filled, LOOK_AHEAD))
        place, first, header = _header(ahead)
        end = first + len(header.names)
        lines: list[int] = []
        written = 0
        with self.target.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for row in chain(ahead[place + 1 :], filled):
                if any(row.cells[:first]) or any(row.cells[end:]):
                    self.rejects.append(_stray(row, left, first, end))
                    continue
                cells = [self._cleaned(cell, row.number) for cell in row.cells[first:end]]
                writer.writerow(cells)
                lines.append(row.number)
                written += sum(len(cell) if cell.isascii() else len(cell.encode()) for cell in cells)
                refuse_bytes(written, self.packed)  # many cells may name one long text
        told = (
            [told_titles([row.number for row in ahead[:place]], [" ".join(filter(None, row.cells)) for row in ahead[:place]])]
            if place
            else []
        )
        numbers, ends = np.asarray(lines, dtype=np.int64), np.zeros(0, dtype=np.int64)
        findings = (*told, *self.cleaning.findings())
        below = ahead[place].number + 1
        return Body(self.target, header, below, self.format, ends, findings, numbers, tuple(self.rejects), sheets=sheets)

    def _cleaned(self, text: str, line: int) -> str:
        if text.isascii() and "\0" not in text:
            return text
        return self.cleaning.clean(text.replace("\n", "\v"), line).replace("\v", "\n")


def _stray(row: Row, left: int, first: int, end: int) -> Reject:
    """A row with a value beside the table."""
    place = next(place for place, cell in enumerate(row.cells) if cell and not first <= place < end)
    shown = " ".join(filter(None, row.cells))
    return Reject(row.number, None, clipped(shown), f"a value in column {xl_col_to_name(left + place)}, which has no name in the header")


def _header(ahead: list[Row]) -> tuple[int, int, Header]:
    """Place of the header's row, its first column, and the header."""
    grid = [row.cells for row in ahead]
    place = find_header(grid)
    used = [column for cells in grid[place:] for column, cell in enumerate(cells) if cell]
    first = min(used)
    return place, first, named(grid[place][first : max(used) + 1])
