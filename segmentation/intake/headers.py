"""Where the header of a table is, what its columns are called, and whether it is one at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.errors import UnreadableFile
from segmentation.evidence import MISSING_WORDS
from segmentation.intake.hidden import plain
from segmentation.intake.limits import refuse_large
from segmentation.intake.spelling import composed
from segmentation.intake.types import Finding

LOOK_AHEAD = 50
"""Rows in which the header is looked for."""
_ALIKE = 3  # rows of one width, before text above them is taken for a title
_NUMBER = re.compile(r"[-+]?[$€£¥₹]?\s?\d[\d.,' ]*(?:[eE][-+]?\d+)?\s?[%€£]?", re.ASCII)
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?", re.ASCII)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
_SHAPE = re.compile(r"\d+")
_SUFFIX = re.compile(r" \(\d+\)$")
"""What tells columns of one name apart."""


@dataclass(frozen=True)
class Header:
    """`names` (one for each column, "" where it has none), findings about them, and the pairs of places (earlier, later) of one name."""

    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    repeats: tuple[tuple[int, int], ...]


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Place of the header among the first `rows` of cells (blank ones may be among them): below titles and remarks, if there are any.

    A title fills fewer than half of the columns that the rows below fill, and the row below it must read like a header.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    first = next((place for place, count in enumerate(filled) if count), 0)
    widths = Counter(count for count in filled[first + 1 :] if count)
    if not widths:
        return first
    width, times = max(widths.items(), key=lambda item: (item[1], item[0]))
    if filled[first] * 2 >= width or times < min(_ALIKE, len(rows) - 1):
        return first
    place = next((place for place, count in enumerate(filled) if count * 2 >= width), first)
    return place if _wordy(rows[place]) and any(filled[place + 1 :]) else first


def _wordy(row: Sequence[str]) -> bool:
    """Whether cells read like names: no numbers, dates or addresses, and none twice."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(set(cells)) == len(cells) and not any(_value(cell) for cell in cells)


def _value(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell) or _ADDRESS.fullmatch(cell) or cell.lower() in MISSING_WORDS)


def named(cells: Sequence[str]) -> Header:
    """The columns' names, each of its own; UnreadableFile where there are none, or far too many."""
    refuse_large(0, len(cells))
    trimmed = [" ".join(plain(cell.replace("\0", "")).split()) for cell in cells]
    if not any(trimmed):
        raise UnreadableFile("The first line holds no column names. Add a header line.", code="no_header")
    findings: list[Finding] = []
    changed = [name for cell, name in zip(cells, trimmed, strict=True) if cell.strip() != name]
    if changed:
        told = ", ".join(f"“{name}”" for name in changed[:5]) + (" and more" if len(changed) > 5 else "")
        message = f"Line breaks or characters that nobody sees were taken out of column names: {told}."
        findings.append(Finding("header_cleaned", "note", message, None, len(changed)))
    names, repeats = _apart([composed(name) for name in trimmed])
    return Header(names, tuple(findings), repeats)


def _apart(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """Each name once: the second “Income” is “Income (2)”, or the next number that is free."""
    first: dict[str, int] = {}
    taken = set(names)
    apart: list[str] = []
    repeats: list[tuple[int, int]] = []
    for place, name in enumerate(names):
        if not name or name not in first:
            first.setdefault(name, place)
            apart.append(name)
            continue
        number = 2
        while f"{name} ({number})" in taken:
            number += 1
        taken.add(f"{name} ({number})")
        apart.append(f"{name} ({number})")
        repeats.append((first[name], place))
    return tuple(apart), tuple(repeats)


def refuse_data_as_header(names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """UnreadableFile ("no_header") where every name is itself a value, judged against the first `cells` below it (a list per column).

    A number, date or address is one where the column holds such, a word where it comes again below; at least one must not be a word.
    """
    written = [_SUFFIX.sub("", name) for name in names]
    pairs = [(name, below) for name, below in zip(written, cells, strict=True) if name and below]
    proven = [name for name, below in pairs if _value(name) and sum(map(_value, below)) * 2 > len(below)]
    again = [name for name, below in pairs if name in below or (len(below) > 1 and {_shape(cell) for cell in below} == {_shape(name)})]
    if not pairs or not proven or len(set(proven) | set(again)) < len({name for name, _ in pairs}):
        return
    shown = ", ".join(f"“{name}”" for name in names[:4])
    raise UnreadableFile(
        f"The first line holds values ({shown}), not column names, so its customer would be lost. Add a header line above it; "
        "if these are the names, say in the mapping what one of the columns is.",
        code="no_header",
        details={"columns": list(names)},
    )


def _shape(cell: str) -> str:
    """“C-0012” and “C-7” are written alike; words without digits are like nothing else."""
    return _SHAPE.sub("0", cell) if _SHAPE.search(cell) else ""


def told_titles(lines: Sequence[int], texts: Sequence[str]) -> Finding:
    """What stood above the header."""
    shown = " / ".join(text if len(text) <= 60 else text[:59] + "…" for text in texts[:3])
    many = f"{len(texts):,} lines" if len(texts) > 1 else "1 line"
    message = f"{many} above the column names, taken for no part of the table: {shown}."
    return Finding("above_header", "note", message, None, len(texts), tuple(lines[:5]))
