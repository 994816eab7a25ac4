"""Characters that nobody sees: taken out of cells and headers, spaces of other widths made plain ones, and told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from segmentation.intake.types import Finding

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
UNSEEN = "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Soft hyphen, zero-width space, marks of direction, stray byte order marks. Joiners stay: they are part of words and of emoji."""
PATTERN = f"[{UNSEEN}{SPACES}]"
_STRANGE = re.compile(PATTERN)
_TABLE = {ord(letter): None for letter in UNSEEN} | {ord(letter): " " for letter in SPACES}
_SHOWN = 5


def plain(text: str) -> str:
    """`text` without what nobody sees."""
    return text if text.isascii() else text.translate(_TABLE)


@dataclass
class Lines:
    """The lines where something was seen: how many, and the first few."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, line: int, count: int = 1) -> None:
        self.count += count
        if len(self.first) < _SHOWN and line not in self.first:
            self.first.append(line)


@dataclass
class Cleaning:
    """Takes what is hidden out of one piece of text after another, and remembers the lines."""

    nul: Lines = field(default_factory=Lines)
    hidden: Lines = field(default_factory=Lines)

    def clean(self, text: str, line: int) -> str:
        """`text`, which begins on `line`, cleaned."""
        if "\0" in text:
            self._note(self.nul, (part for part in _lines_with(text, line, "\0")))
            text = text.replace("\0", "")
        if not text.isascii() and _STRANGE.search(text):
            self._note(self.hidden, (line + i for i, part in enumerate(text.split("\n")) if _STRANGE.search(part)))
            text = text.translate(_TABLE)
        return text

    def findings(self) -> Iterator[Finding]:
        """What was taken out, as flags."""
        if self.nul.count:
            message = f"Invisible NUL characters were taken out of {self.nul.count:,} {_lines(self.nul)}."
            yield Finding("nul_removed", "flag", message, None, self.nul.count, tuple(self.nul.first))
        if self.hidden.count:
            told = f"Characters that nobody sees were taken out of {self.hidden.count:,} {_lines(self.hidden)}"
            message = f"{told} (zero-width and soft hyphens; special spaces became plain ones)."
            yield Finding("hidden_characters", "flag", message, None, self.hidden.count, tuple(self.hidden.first))

    def _note(self, seen: Lines, lines: Iterator[int]) -> None:
        for line in lines:
            seen.add(line)


def _lines_with(text: str, line: int, mark: str) -> Iterator[int]:
    return (line + i for i, part in enumerate(text.split("\n")) if mark in part)


def _lines(seen: Lines) -> str:
    return "line" if seen.count == 1 else "lines"
