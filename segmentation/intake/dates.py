"""Dates, whose order of day and month is proven by the column itself where it can be."""

# ruff: noqa: S608 - the names in these statements are our own (c0, c1, ...), never the file's

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.evidence import MISSING_WORDS
from segmentation.intake.table import Table
from segmentation.roles import DateOrder

_NAMED_MONTHS = ("%d-%b-%Y", "%d-%B-%Y", "%b-%d-%Y", "%B-%d-%Y", "%Y-%b-%d")


@dataclass(frozen=True)
class DateReading:
    """`days` (n,) at midnight and `bad` (n,), the filled cells that are no date; `order` as used, and the rows that speak for it.

    `proof` rows can be read in this order alone, `contrary` rows in the other alone, and `ambiguous` rows would silently become
    another day in the other order. `example` is one cell as it stands.
    """

    days: pd.Series
    bad: NDArray[np.bool_]
    order: DateOrder
    proof: int
    contrary: int
    ambiguous: int
    example: str | None


def read_dates(table: Table, name: str, fallback: DateOrder | None) -> DateReading:
    """The dates of the table's column `name`, times of day being dropped.

    Where no day above 12 proves an order, `fallback` is used, else day first.
    """
    _split_cells(table, name)
    day_proof, month_proof, ambiguous, year_first = _count_orders(table)
    if year_first > day_proof + month_proof + ambiguous:
        order: DateOrder = "year_first"
        proof, contrary, ambiguous = year_first, day_proof + month_proof, 0
    elif day_proof or month_proof:
        order = "day_first" if day_proof >= month_proof else "month_first"
        proof, contrary = max(day_proof, month_proof), min(day_proof, month_proof)
    else:
        order = "month_first" if fallback == "month_first" else "day_first"
        proof = contrary = 0
    days, bad = _parse(table, order)
    example = table.connection.execute("SELECT text FROM dates WHERE a IS NOT NULL ORDER BY row LIMIT 1").fetchone()
    return DateReading(days, bad, order, proof, contrary, ambiguous, example[0] if example else None)


def _split_cells(table: Table, name: str) -> None:
    """Table `dates`: `day` is the date part with "-" between, `a` and `b` its first two numbers, `wide` the digits of the first."""
    missing = ", ".join(f"'{word}'" for word in sorted(MISSING_WORDS))
    table.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE dates AS
        WITH cells AS (
            SELECT rowid AS row, CASE WHEN lower({name}) IN ({missing}) THEN NULL ELSE {name} END AS text FROM raw
        ), days AS (
            SELECT row, text, CASE
                WHEN regexp_matches(text, '[A-Za-z]{{3}}') THEN regexp_replace(text, '[ ,./-]+', '-', 'g')
                ELSE translate(split_part(split_part(text, ' ', 1), 'T', 1), './', '--') END AS day
            FROM cells
        )
        SELECT row, text, day, TRY_CAST(split_part(day, '-', 1) AS INTEGER) AS a, TRY_CAST(split_part(day, '-', 2) AS INTEGER) AS b,
            length(split_part(day, '-', 1)) AS wide FROM days
        """
    )


def _count_orders(table: Table) -> tuple[int, int, int, int]:
    counts = table.connection.execute(
        """
        SELECT count(*) FILTER (wide <= 2 AND a BETWEEN 13 AND 31 AND b BETWEEN 1 AND 12),
               count(*) FILTER (wide <= 2 AND b BETWEEN 13 AND 31 AND a BETWEEN 1 AND 12),
               count(*) FILTER (wide <= 2 AND a BETWEEN 1 AND 12 AND b BETWEEN 1 AND 12 AND a <> b),
               count(*) FILTER (a IS NOT NULL AND (wide = 4 OR wide = 8))
        FROM dates
        """
    ).fetchone()
    day, month, either, year = counts or (0, 0, 0, 0)
    return day, month, either, year


def _parse(table: Table, order: DateOrder) -> tuple[pd.Series, NDArray[np.bool_]]:
    first, second = ("%m", "%d") if order == "month_first" else ("%d", "%m")
    named = ", ".join(f"'{pattern}'" for pattern in _NAMED_MONTHS)
    rows = table.connection.execute(
        f"""
        SELECT text IS NOT NULL AS filled, epoch(CASE
            WHEN regexp_full_match(day, '\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}') THEN try_strptime(day, '%Y-%m-%d')
            WHEN regexp_full_match(day, '\\d{{8}}') THEN try_strptime(day, '%Y%m%d')
            WHEN regexp_full_match(day, '\\d{{1,2}}-\\d{{1,2}}-\\d{{4}}') THEN try_strptime(day, '{first}-{second}-%Y')
            WHEN regexp_full_match(day, '\\d{{1,2}}-\\d{{1,2}}-\\d{{2}}') THEN try_strptime(day, '{first}-{second}-%y')
            WHEN a IS NULL OR b IS NULL THEN try_strptime(day, [{named}])
            END)::DOUBLE AS seconds
        FROM dates ORDER BY row
        """
    ).fetchnumpy()
    seconds = np.ma.filled(np.ma.asarray(rows["seconds"], dtype=np.float64), np.nan)
    unread = np.isnan(seconds)
    stamps = np.where(unread, 0, seconds).astype(np.int64).astype("datetime64[s]")
    stamps[unread] = np.datetime64("NaT")
    return pd.Series(stamps), np.asarray(rows["filled"], dtype=bool) & unread
