"""Wording that findings share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHOWN = 5
LONGEST = 200


def first_lines(lines: NDArray[np.int64], rows: NDArray[np.bool_]) -> tuple[int, ...]:
    """The first few `lines` (n,) where `rows` (n,) holds, in the file's order."""
    return tuple(int(line) for line in np.sort(lines[rows])[:SHOWN])


def counted(rows: NDArray[np.bool_] | int, noun: str) -> str:
    """How many `rows` (n,) hold, with the noun in its number."""
    number = int(np.sum(rows))
    plural = noun if number == 1 else noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {plural}"


def clipped(text: str) -> str:
    """What is shown of a cell or row that may be very long."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
