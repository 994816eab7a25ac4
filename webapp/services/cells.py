"""Cells of a CSV that people open with a spreadsheet."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula at the beginning of a cell."""


def harmless_cell(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; reading a file takes the apostrophe off again, and only that one."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text
