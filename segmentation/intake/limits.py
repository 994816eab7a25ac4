"""How large a table may be, whatever it comes in.

Counted while it streams, before anything is expanded; what a file declares is not believed.

The bounds let text of 10 million customers with 30 cells each through.
"""

from __future__ import annotations

from segmentation.errors import UnreadableFile

MAX_ROWS = 20_000_000
MAX_COLUMNS = 2_000
MAX_CELLS = 400_000_000
MAX_BYTES = 8 << 30
"""Of text, unpacked."""
MAX_LINE = 2_000_000
"""Bytes of a line, characters of a cell."""
FREE_BYTES = 64 << 20
"""What may be unpacked whatever it was packed from."""
MAX_RATIO = 200
"""Unpacked to packed bytes beyond that; tables of customers stay below 50, a bomb comes near 1,000."""
MAX_LOADED = 2 << 30
"""Bytes in memory of a workbook's sheet, or of its shared texts: lets the longest sheet through with 30 columns."""
_CELL = 64
"""Bytes that a cell of a sheet costs, empty or not (measured), its text aside."""


def refuse_large(rows: int, columns: int) -> None:
    """UnreadableFile ("too_large") where so many `rows` of `columns` cells are more than can be read."""
    if columns > MAX_COLUMNS:
        raise _too_large(f"The table has {columns:,} columns; at most {MAX_COLUMNS:,} can be read. Keep those that describe customers.")
    if rows > MAX_ROWS or rows * columns > MAX_CELLS:
        raise _too_large(
            f"The table has more than {min(MAX_ROWS, MAX_CELLS // max(columns, 1)):,} rows of {columns:,} columns, the most that can be "
            f"read ({MAX_ROWS:,} rows and {MAX_CELLS:,} cells). Leave out columns, or split it and import the parts one after the other."
        )


def refuse_bytes(unpacked: int, packed: int | None = None) -> None:
    """UnreadableFile ("too_large") where more was unpacked than any table of customers holds; bytes."""
    if packed is not None and unpacked > FREE_BYTES and unpacked > MAX_RATIO * packed:
        raise _too_large(
            f"The file unpacks to more than {MAX_RATIO} times its size, which no table of customers does, so it was not read on. "
            "Export the table again, as “CSV UTF-8”."
        )
    if unpacked > MAX_BYTES:
        raise _too_large(f"The table is larger than {MAX_BYTES >> 30} GiB. Leave out columns, or split it and import its parts.")


def refuse_loaded(texts: int, rows: int = 0, columns: int = 0) -> None:
    """UnreadableFile ("too_large") where so many bytes of `texts` in so many cells are more than a workbook may take of the memory."""
    if texts + rows * columns * _CELL > MAX_LOADED:
        told = f"spans {rows:,} rows and {columns:,} columns" if rows else "holds more text"
        raise _too_large(f"The workbook {told}, more than can be loaded at once. Save the table as “CSV UTF-8” and upload that.")


def _too_large(message: str) -> UnreadableFile:
    return UnreadableFile(message, code="too_large")
