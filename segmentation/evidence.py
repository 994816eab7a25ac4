"""What the name of a column and a sample of its values show, before anybody concludes a role from it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.numbers_in_text import Shape, number_of, read_shape
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
_SAME_SHAPE = str.maketrans("12345678", "9" * 8)
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
    return [word.lower() for word in written_words(header)]


def written_words(header: str) -> list[str]:
    """The same as the header writes them."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", header)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return re.findall(r"[^\W_]+", spaced)


def look(header: str, cells: pd.Series) -> Evidence:
    """Evidence from a `header` and a sample of its `cells` (text, missing ones NA)."""
    filled, counts = _filled(cells.dropna().astype(str))
    lower = {word: word.lower() for word in counts}
    numbers, plain = _numbers(counts)
    return Evidence(
        header=header,
        words=canonical(split_words(header)),
        filled=filled,
        rows=len(cells),
        distinct=len(counts),
        numbers=numbers,
        whole=bool((plain % 1 == 0).all()),
        dates=_share(counts, (_DATE.fullmatch(word) is not None for word in counts)),
        flags=max(
            _share(counts, (lower[word] in YES_WORDS or lower[word] in NO_WORDS for word in counts)),
            float(bool(counts) and all(lower[word] in MARKS for word in counts)),
        ),
        low=float(plain.min()) if len(plain) else 0.0,
        high=float(plain.max()) if len(plain) else 0.0,
    )


def _filled(text: pd.Series) -> tuple[pd.Series, dict[str, int]]:
    """The cells of `text` that say something, trimmed, and how often each word is among them; every word is looked at once."""
    place, different = pd.factorize(text)
    words = [str(word).strip() for word in different]
    says = np.array([word != "" and word.lower() not in MISSING_WORDS for word in words], dtype=bool)
    counts: dict[str, int] = {}
    for word, said, count in zip(words, says, np.bincount(place, minlength=len(words)).tolist(), strict=True):
        if said:
            counts[word] = counts.get(word, 0) + count
    filled = text[says[place]] if len(words) else text
    return (filled if all(map(str.__eq__, words, different)) else filled.str.strip()), counts


def _numbers(counts: Mapping[str, int]) -> tuple[float, NDArray[np.float64]]:
    """The share of the words in `counts` that reads as numbers, and the different numbers (m,), under the decimal mark that more of
    them prove."""
    alike: dict[str, Shape] = {}
    found: dict[str, Shape] = {}
    for text in counts:
        shape = text.translate(_SAME_SHAPE)
        if shape not in alike:
            alike[shape] = read_shape(shape)
        if alike[shape].size:
            found[text] = alike[shape]
    comma = sum(
        counts[text] * (int(shape.comma and not shape.point) - int(shape.point and not shape.comma)) for text, shape in found.items()
    )
    values = [number_of(text, shape, comma=comma > 0) for text, shape in found.items()]
    plain = np.array([value for value in values if math.isfinite(value)])
    return _share(counts, (text in found or _INFINITE.fullmatch(text) is not None for text in counts)), plain


def _share(counts: Mapping[str, int], wanted: Iterable[bool]) -> float:
    """The share of the cells whose word is `wanted` (m,), by their `counts` (m)."""
    cells = sum(counts.values())
    return sum(compress(counts.values(), wanted)) / cells if cells else 0.0
