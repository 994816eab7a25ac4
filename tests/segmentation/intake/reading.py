"""One column of cells, read as a file's column is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from segmentation.intake import Finding, Intake, read_customers
from segmentation.roles import CUSTOMER_KEY, KIND_OF, Column, Kind, Role, Schema, ValueRule

KEY = Column(CUSTOMER_KEY, "id", Role.CUSTOMER_ID, Kind.TEXT, "Id")


def column(role: Role, rule: ValueRule | None = None, kind: Kind | None = None, folds: dict[str, str] | None = None) -> Column:
    """The column "v" with that role."""
    made = Column("v", "v", role, kind or KIND_OF.get(role, Kind.DECIMAL), "Value", folds=folds or {})
    return replace(made, rule=rule) if rule else made


def read_column(folder: Path, cells: Sequence[str | None], asked: Column) -> Intake:
    """A file of an id and `cells`, which may hold anything but quotation marks; line 2 is the first."""
    path = folder / "cells.csv"
    path.write_text("id;v\n" + "".join(f'{row:06};"{cell or ""}"\n' for row, cell in enumerate(cells)), encoding="utf-8")
    return read_customers(path, schema=Schema((KEY, asked)))


def values_of(intake: Intake) -> list[object]:
    """The accepted values, dates as text, missing ones None."""
    values = intake.customers["v"]
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.astype(str).where(values.notna(), None)
    return [None if pd.isna(value) else value for value in values]


def found(intake: Intake, code: str) -> Finding:
    """The one finding with that code."""
    (finding,) = [each for each in intake.findings if each.code == code]
    return finding


def codes(intake: Intake) -> set[str]:
    """Codes of what is told of the column."""
    return {each.code for each in intake.findings}
