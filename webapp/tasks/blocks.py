"""The customers of a snapshot in blocks, for jobs that place everybody."""

# ruff: noqa: S608  (SQL is put together from quoted column names and our own words; values are bound)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.explaining.needs import needed_columns
from segmentation.pipeline import SegmentModel
from segmentation.roles import CUSTOMER_KEY, Role, Schema
from webapp import bulk

VECTORS = 16
"""DuckDB vectors (of 2,048 rows each) in a block."""
_NUMBER = "file_row_number"


def used_columns(model: SegmentModel, schema: Schema) -> Schema:
    """What is read of a snapshot: key, what the model needs, amounts and outcomes."""
    names = {column.name for column in needed_columns(model.recipe, schema)}
    return Schema(tuple(column for column in schema if column.name in names or column.role in (Role.CUSTOMER_ID, Role.SPEND, Role.OUTCOME)))


def snapshot_blocks(connection: duckdb.DuckDBPyConnection, path: Path, schema: Schema) -> Iterator[tuple[pd.DataFrame, NDArray[np.int64]]]:
    """The customers of a snapshot with their row numbers, block by block."""
    names = ", ".join(bulk.quoted(column.name) for column in schema)
    reader = connection.cursor()  # the connection itself may write meanwhile
    query = f"SELECT {names}, {_NUMBER} FROM read_parquet(?, {_NUMBER} = true) WHERE {CUSTOMER_KEY} IS NOT NULL"
    reader.execute(query, [str(path)])
    while len(block := reader.fetch_df_chunk(VECTORS)):
        numbers = block[_NUMBER].to_numpy(dtype=np.int64)
        yield bulk.typed_frame(block, schema), numbers
