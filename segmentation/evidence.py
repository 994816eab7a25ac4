"""What the name of a column and a sample of its values show, before anybody concludes a role from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.numbers_in_text import number_of, read_shape
from segmentation.vocabulary import canonical

MISSING_WORDS = frozenset({"na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "?"})
"""Ways of writing "no value" in a column of numbers or dates, in lower case."""
YES_WORDS = frozenset(
    {"1", "1.0", "yes", "y", "true", "t", "on", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "sì", "s", "sim", "verdadero", "vero"}
)
NO_WORDS = frozenset({"0", "0.0", "no", "n", "false", "f", "off", "nein", "falsch", "non", "faux", "não", "nao", "nee", "falso"})
MARKS = frozenset({"x", "✓", "✔", "☑"})
"""What says yes in a column whose empty cells say no."""

SERIALS = (10_959, 73_415)
"""1 Jan 1930 and 31 Dec 2100 as a spreadsheet counts days."""
MANY_CODES = 31  # days of a month
PARSED_SHARE = 0.95  # of filled cells that must read as numbers (dates, flags) before the column is taken for one
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{4})([T ].*)?")
_INFINITE = re.compile(r"[-+]?inf(inity)?", re.IGNORECASE)


@dataclass(frozen=True)
class Evidence:
    """One column: `words` of its header in the vocabulary's own words, `filled` cells, and of those the shares that read as
    numbers, dates or yes/no; `low` and `high` bound the numbers, `whole` says that all of them are."""

    header: str
    words: tuple[str, ...]
    filled: pd.Series
    rows: int
    distinct: int
    numbers: float
    whole: bool
    dates: float
    flags: float
    low: float
    high: float

    @property
    def slug(self) -> str:
        return "_".join(self.words)

    def has(self, *words: str) -> bool:
        return any(word in self.words for word in words)

    @property
    def last(self) -> str:
        """The last word of the header, which says what the column holds ("customer name")."""
        return self.words[-1] if self.words else ""

    @property
    def coded(self) -> bool:
        """Whole numbers, few of them and each on several rows: they may well be names."""
        return self.numeric and self.whole and self.distinct <= MANY_CODES and 2 * self.distinct <= len(self.filled)

    @property
    def numeric(self) -> bool:
        return self.numbers >= PARSED_SHARE

    @property
    def serials(self) -> bool:
        """Whether the cells can be days as a spreadsheet counts them."""
        return self.numeric and self.whole and SERIALS[0] <= self.low and self.high <= SERIALS[1]

    @property
    def binary(self) -> bool:
        return self.flags >= PARSED_SHARE and self.distinct <= 4

    def key_like(self, filled: float, distinct: float) -> bool:
        return self.rows > 0 and len(self.filled) >= filled * self.rows and self.distinct >= distinct * len(self.filled) > 0


def snake_case(header: str) -> str:
    """A canonical name from a header: lower-case words joined by "_", never empty, never led by a digit."""
    name = "_".join(split_words(header))
    if not name:
        return "column"
    return f"column_{name}" if name[0].isdigit() else name


def split_words(header: str) -> list[str]:
    """The lower-case words of a header in snake, camel or plain case."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", header)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return [word.lower() for word in re.findall(r"[^\W_]+", spaced)]


def look(header: str, cells: pd.Series) -> Evidence:
    """Evidence from a `header` and a sample of its `cells` (text, missing ones NA)."""
    text = cells.dropna().astype(str).str.strip()
    text = text[text != ""]
    filled = text[~text.str.lower().isin(MISSING_WORDS)]
    numbers, plain = _numbers(filled)
    return Evidence(
        header=header,
        words=canonical(split_words(header)),
        filled=filled,
        rows=len(cells),
        distinct=int(filled.nunique()),
        numbers=numbers,
        whole=bool((plain % 1 == 0).all()),
        dates=_share(filled.str.fullmatch(_DATE)),
        flags=max(_share(filled.str.lower().isin(YES_WORDS | NO_WORDS)), float(len(filled) > 0 and filled.str.lower().isin(MARKS).all())),
        low=float(plain.min()) if len(plain) else 0.0,
        high=float(plain.max()) if len(plain) else 0.0,
    )


def _numbers(filled: pd.Series) -> tuple[float, NDArray[np.float64]]:
    """The share of `filled` that reads as numbers, and the different numbers (m,), under the decimal mark that more cells prove."""
    counts = filled.value_counts()
    shapes = {text: read_shape(text) for text in counts.index}
    found = {text: shape for text, shape in shapes.items() if shape.size}
    comma = sum(
        counts[text] * (int(shape.comma and not shape.point) - int(shape.point and not shape.comma)) for text, shape in found.items()
    )
    values = [number_of(text, shape, comma=comma > 0) for text, shape in found.items()]
    read = sum(int(count) for text, count in counts.items() if text in found or _INFINITE.fullmatch(str(text)))
    return read / len(filled) if len(filled) else 0.0, np.array([value for value in values if np.isfinite(value)])


def _share(mask: pd.Series) -> float:
    return float(mask.mean()) if len(mask) else 0.0
