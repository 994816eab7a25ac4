"""What reading a file gives back. Columns are named by the file's own headers here, for the report is about the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.guessing import FileKind
from segmentation.roles import DateOrder, Schema

Container = Literal["text", "gzip", "xlsx", "parquet"]


@dataclass(frozen=True)
class FileFormat:
    """How a file was read. `date_order` is "day_first", "month_first", "year_first" or None (no dates).

    `container` is what the bytes are; `delimiter` and `encoding` are those of text (in a gzip too) and "" elsewhere; `sheet` is that of a
    workbook.
    """

    delimiter: str
    encoding: str
    date_order: DateOrder | None = None
    container: Container = "text"
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """One value that kept a row out; `line` counts from 1, the header being line 1.

    A record that runs over several lines counts as the line it starts on. `column` is None where the whole row is at
    fault.
    """

    line: int
    column: str | None
    value: str
    reason: str


@dataclass(frozen=True)
class Flagged:
    """One value of a row that was taken although it cannot be true: `place` is a line or a record's number, as of `Reject`.

    `reason` completes "the value is ..." and says what became of it.
    """

    place: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """Something worth knowing about a column that kept no row out.

    `severity` is "flag" (a value was changed, say made missing, or was read in one of several ways) or "note". `lines` holds the first few
    lines where it was seen, `count` says in how many rows. `words` pairs a word with the one that it counts as, or might (of columns
    read as one: a header with its word).
    """

    code: str
    severity: Literal["flag", "note"]
    message: str
    column: str | None
    count: int
    lines: tuple[int, ...] = ()
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Intake:
    """A file, read.

    `customers` has one row per accepted customer, sorted by `customer_key` (text, by code point), and the schema's
    canonical columns: Int64, float64, datetime64[s] (midnight) or object (text), missing values as NA (None in text). `lines`
    is the line in the file of each of its rows. Columns with role `ignore` are left out.

    `file_rows` counts the records below the header, blank ones apart: those of `customers`, the rejected ones
    (`rejected_rows`) and repeats of a customer that gave way to a later row.
    """

    customers: pd.DataFrame
    schema: Schema
    format: FileFormat
    file_rows: int
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]
    lines: NDArray[np.int64]

    @property
    def rejected_rows(self) -> int:
        """How many rows were kept out; one row can hold several rejected values."""
        return len({reject.line for reject in self.rejects})


@dataclass(frozen=True)
class FilePreview:
    """A first look: guessed schema, format, number of rows, and per header the first values and the share of filled cells.

    `kind` is what the rows are, for the reason `kind_reason`. `row_numbers_offered` says that no column tells the customers apart, so
    that `ROW_NUMBERS` may be chosen as customer id (or has been). `sheets` are those of a workbook, in its order; the one that was read is
    `format.sheet`.
    """

    schema: Schema
    format: FileFormat
    rows: int
    first_values: dict[str, tuple[str, ...]]
    filled: dict[str, float]
    row_numbers_offered: bool = False
    sheets: tuple[str, ...] = ()
    kind: FileKind = "customers"
    kind_reason: str = ""
