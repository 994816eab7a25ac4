"""How numbers and measures read: a true minus, thousands with commas, "2.4×", percent without a space."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from segmentation.describing.profile_types import Unit
from segmentation.vocabulary import is_english

MINUS = "−"
UNCOUNTABLE = 1e15


def signed(value: float, decimals: int = 1) -> str:
    """`+1.0`, `−0.9`, and `0.0` for what rounds to nothing."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text


def number(value: float, decimals: int = 0) -> str:
    """`1,240`, `−3.5`; a zero carries no sign, and what nobody can count is written as `1.0e+308`."""
    text = f"{abs(value):,.{decimals}f}" if abs(value) < UNCOUNTABLE else f"{abs(value):.1e}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def percent(share: float) -> str:
    """A share of one as a percentage: whole, except that what would read as none or all keeps a decimal."""
    points = share * 100
    return f"{number(points, 1 if 0.05 <= abs(points) < 0.95 or 99.5 <= points < 99.95 else 0)}%"


def times(ratio: float) -> str:
    """`2.4×`; two decimals under a tenth, where one would say `0.0×`."""
    return f"{ratio:.2f}×" if ratio < 0.095 else f"{ratio:.1f}×"


def compact(value: float) -> str:
    """`1.36 M`, `710k`, `940`: for tiles and subtitles only."""
    if abs(value) >= 999_500:
        return f"{number(value / 1e6, 2)} M"
    return f"{number(value / 1e3)}k" if abs(value) >= 9_950 else number(value)


def money(value: float, currency: str | None = None, *, short: bool = False) -> str:
    """An amount with its sign where the dataset has one: `€1,340`; `short` writes `€76k`."""
    figure = compact(abs(value)) if short else number(abs(value), 0 if abs(value) >= 10 or float(value).is_integer() else 2)
    return (MINUS if value < 0 else "") + (currency or "") + figure


def quantity(value: float, unit: Unit, currency: str | None = None, *, short: bool = False) -> str:
    """A value of a measure in its unit, as precise as a reader can use; `short` is for columns: `€76k`, `11.1 m` (months)."""
    if unit == "money":
        return money(value, currency, short=short)
    if unit == "share":
        return percent(value)
    if unit in ("years", "days"):
        return number(value)
    plain = float(value).is_integer()
    text = number(value) if plain else number(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 0.95 else 2)
    return f"{text} m" if unit == "months" and short else text


def lower_first(label: str) -> str:
    """`Web visits` inside a sentence; what does not begin with an English word that we know stays as it is, for it may be a German noun."""
    words = re.findall(r"[^\W_]+", label)
    return label[:1].lower() + label[1:] if is_english(words[:1]) and not label[1:2].isupper() else label


def upper_first(text: str) -> str:
    """A sentence's beginning."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str], word: str = "and") -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def without_sums(names: Sequence[str]) -> list[str]:
    """`names` of measures without the total of dependents where its parts are there: it would say the same twice."""
    parts = any(re.search("kid|child|teen|baby", name) for name in names)
    return [name for name in names if not (parts and name == "dependents")]


def nice_step(span: float, parts: int, *, whole: bool = False) -> float:
    """The smallest of 1, 2, 2.5 or 5 times a power of ten that covers `span` in at most `parts` steps."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / parts))
    choices = (1, 2, 5, 10, 20) if whole and power < 10 else (1, 2, 2.5, 5, 10)
    for choice in choices:
        step = choice * power
        if whole and step < 1:
            continue
        if step * parts >= span * (1 - 1e-9):
            return step
    return max(1.0, 10 * power) if whole else 10 * power
