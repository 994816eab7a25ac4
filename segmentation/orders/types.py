"""What reading order lines and summing them up to customers gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from segmentation.intake.types import FileFormat, Finding, Reject
from segmentation.roles import Schema


@dataclass(frozen=True)
class LineCounts:
    """What became of the lines of a file.

    Every line is exactly one of these: `rejected` (cannot be read), `without_customer`, `repeated` (equal to an earlier line of a
    customer, cell by cell), `sales`, `returns` or `free` (no money either way); they add up to `total`. Across these,
    `cancellations` counts all lines under a cancelled order number, and `duplicates` all that equal an earlier line, those
    without a customer included.
    """

    total: int
    rejected: int
    without_customer: int
    repeated: int
    sales: int
    returns: int
    free: int
    cancellations: int
    duplicates: int


@dataclass(frozen=True)
class OrderLines:
    """A file of order lines, read into one Parquet part.

    `schema` has the file's columns, `format` how it was read. `digest` addresses what the part means: the same lines in any order,
    repeated or not, have the same one. `latest` is the day of the last line. The part holds the lines that name a customer, each
    once.
    """

    schema: Schema
    format: FileFormat
    counts: LineCounts
    customers: int
    latest: date | None
    digest: str
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Part:
    """The lines of one file. With "update" its orders stand for all earlier parts' lines of the same customer and order number;
    with "append" its lines are added to them, and only equal ones count once."""

    path: Path
    mode: Literal["update", "append"] = "update"


@dataclass(frozen=True)
class OrderCustomers:
    """Customers summed up from order lines at the end of the day `as_of`.

    `customers` has one row per customer, sorted by `customer_key`, and the columns of `schema` (Int64, float64, datetime64[s] or
    text objects, missing values NA, or None in text).
    """

    customers: pd.DataFrame
    schema: Schema
    as_of: date
    findings: tuple[Finding, ...]
