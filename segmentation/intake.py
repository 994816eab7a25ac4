"""From the bytes of a customer file to typed columns, rejected rows and a report of what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from segmentation.roles import Schema


@dataclass(frozen=True)
class FileFormat:
    """How a text file was read. `date_order` is "day_first", "month_first", "year_first" or None (no dates)."""

    delimiter: str
    encoding: str
    date_order: Literal["day_first", "month_first", "year_first"] | None = None


@dataclass(frozen=True)
class Reject:
    """One value that kept a row out; `line` counts from 1, the header being line 1."""

    line: int
    column: str | None
    value: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """Something worth knowing about a column that kept no row out.

    `severity` is "flag" (a value was changed, say made missing) or "note" (nothing was changed). `lines` holds
    the first few lines where it was seen, `count` says in how many rows.
    """

    code: str
    severity: Literal["flag", "note"]
    message: str
    column: str | None
    count: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Intake:
    """A file, read.

    `customers` has one row per accepted customer, sorted by `customer_key` (text), and the schema's canonical
    columns: Int64, float64, datetime64 (midnight) or object (text), missing values as NA. `lines` is the line
    in the file of each of its rows. Columns with role `ignore` are left out.
    """

    customers: pd.DataFrame
    schema: Schema
    format: FileFormat
    file_rows: int
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]
