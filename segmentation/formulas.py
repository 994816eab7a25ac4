"""What a spreadsheet takes for a formula, and how a text is kept from being one: by an apostrophe, taken off again when a file is read."""

from __future__ import annotations

import re

STARTS = "=+-@\t\r\n＝＋－＠"
"""With what a formula may begin."""
RISKY = r"^'*[=+\-@\t\r\n＝＋－＠]"
"""A text that has to be marked: one that begins so, or that would after an apostrophe is taken off."""


def harmless(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if re.match(RISKY, text) else text


def harmless_sql(cell: str) -> str:
    """The same of the SQL text `cell`."""
    pattern = RISKY.replace("'", "''")
    return f"CASE WHEN regexp_matches({cell}, '{pattern}') THEN '''' || {cell} ELSE {cell} END"
