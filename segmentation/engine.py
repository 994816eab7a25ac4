"""DuckDB as everything here opens it: in bounded memory, quiet, and reaching for nothing outside."""

from __future__ import annotations

from pathlib import Path

import duckdb


def open_engine(
    *, memory: str | None = None, folder: Path | str | None = None, database: Path | str = ":memory:", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """A database in at most `memory` (None: whatever there is), what does not fit being put into `folder`. It loads no extension."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if memory is not None:
        settings["memory_limit"] = memory
    if folder is not None:
        settings["temp_directory"] = str(folder)
    connection = duckdb.connect(str(database), config=settings)
    connection.execute("SET enable_progress_bar = false")  # it would be drawn between the lines that a command prints
    return connection
