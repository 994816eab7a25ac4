"""Excel's numbers as text: dates by their number format, everything else as short as it can be written without loss."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Moment = Literal["date", "time", "neither"]
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_LAST_DAY = 2_958_465  # 31 December 9999
_DAYS_1904 = 1_462  # between Excel's two beginnings
_DATES = frozenset({*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58})
"""Formats that every workbook knows by number (ECMA-376 part 1, 18.8.30)."""
_TIMES = frozenset({*range(18, 22), *range(32, 36), *range(45, 48), 55, 56})


@dataclass
class DateFormats:
    """Which cell styles show dates or times: `styles` is the number format of each, `own` the workbook's own formats."""

    styles: Sequence[int]
    own: Mapping[int, str]
    since_1904: bool
    known: dict[str, Moment] = field(default_factory=dict)

    def text(self, number: str, style: str) -> str | None:
        """The cell as year-month-day (with the time of day, if it has one) or as a time; None where it is a plain number."""
        moment = self.known.get(style)
        if moment is None:
            moment = self.known[style] = self._moment(style)
        return None if moment == "neither" else _moment_text(number, moment, self.since_1904)

    def _moment(self, style: str) -> Moment:
        place = int(style) if style.isascii() and style.isdigit() and len(style) < 10 else -1
        if not 0 <= place < len(self.styles):
            return "neither"
        number = self.styles[place]
        if number in self.own:
            return _shown(self.own[number])
        return "date" if number in _DATES else "time" if number in _TIMES else "neither"


def _shown(code: str) -> Moment:
    """What a format shows, by its letters outside quotation marks: days and years make a date, hours and seconds a time."""
    bare = _LITERALS.sub("", code.split(";")[0]).lower()
    if "general" in bare:
        return "neither"
    if any(letter in bare for letter in "dy") or ("m" in bare and not any(letter in bare for letter in "hs")):
        return "date"
    return "time" if any(letter in bare for letter in "hs") else "neither"


def _moment_text(text: str, moment: Moment, since_1904: bool) -> str | None:
    try:
        serial = float(text)
    except ValueError:
        return None
    if not 0 <= serial < _LAST_DAY + 1:
        return None
    if moment == "time":
        seconds = round(serial * 86_400)
        return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if since_1904:
        serial += _DAYS_1904
    elif serial < 61:  # Excel has a 29 February 1900
        if serial >= 60:
            return "1900-02-29"
        serial += 1
    instant = datetime(1899, 12, 30) + timedelta(milliseconds=round(serial * 86_400_000))
    instant = (instant + timedelta(microseconds=500_000)).replace(microsecond=0) if instant.microsecond in (999_000, 1_000) else instant
    return instant.isoformat(" ").removesuffix(" 00:00:00").removesuffix("000")


def number_text(text: str) -> str:
    """3 for 3.0, .1 for Excel's 0.10000000000000001; whole numbers keep all their digits."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    if math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
