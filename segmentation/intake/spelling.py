"""Spellings of one word: what differs in case, spaces, hyphens or composed accents alone counts as one; what looks alike is only told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import combinations

from rapidfuzz.distance import OSA

from segmentation.roles import Column

MOST_WORDS = 5_000
"""Different words beyond which a column is no set of categories."""
_MOST_COMPARED = 400
_OFTENER = 5  # times that the commoner of two similar words must be met
_GAPS = re.compile(r"[\s_\-\u2010-\u2015]+")


def composed(text: str) -> str:
    """`text` with its accents inside their letters (NFC), however a program wrote them: names and ids that look alike are alike."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def in_composed(cell: str) -> str:
    """SQL for `composed`."""
    return f"nfc_normalize({cell})"


def spelling_key(word: str) -> str:
    """Equal for spellings of one word."""
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", word).casefold()).strip()


def spelling_folds(words: Mapping[str, int], column: Column) -> dict[str, str]:
    """Spelling -> the word that it counts as, for `words` (with their counts) that `column` does not fold already.

    The target is a level of the column, or what the spelling's own fold says, else the commonest spelling.
    """
    known = {spelling_key(word): word for level in column.levels for word in level.split("|")}
    groups: dict[str, list[str]] = {}
    for word in {*words, *column.folds}:
        groups.setdefault(spelling_key(word), []).append(word)
    folds: dict[str, str] = {}
    for key, spellings in groups.items():
        loose = sorted(word for word in spellings if word in words and word not in column.folds)
        if loose:
            target = _target(known.get(key), spellings, words, column.folds)
            folds |= {word: target for word in loose if word != target}
    return folds


def _target(level: str | None, spellings: Iterable[str], words: Mapping[str, int], folds: Mapping[str, str]) -> str:
    if level is not None:
        return level
    stated = sorted({folds[word] for word in spellings if word in folds and folds[word] != word})
    if stated:
        return stated[0]
    return min((word for word in spellings if word in words), key=lambda word: (-words[word], word))


def similar_words(words: Mapping[str, int], folds: Mapping[str, str]) -> list[tuple[str, str]]:
    """Rare word and the common one that it is within one or two letters of (Damerau and Levenshtein), of `words` with their counts."""
    loose = {word: count for word, count in words.items() if word not in folds}
    if len(loose) > _MOST_COMPARED:
        return []
    found: dict[str, str] = {}
    for one, other in combinations(sorted(loose, key=lambda word: (-loose[word], word)), 2):
        if loose[one] >= _OFTENER * loose[other] and _alike(spelling_key(one), spelling_key(other)):
            found.setdefault(other, one)
    return sorted(found.items())


def _alike(one: str, other: str) -> bool:
    """One letter in words of five or more, two in words of nine or more; numbers in them must be the same."""
    shorter = min(len(one), len(other))
    if shorter < 5 or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    most = 2 if shorter >= 9 else 1
    return 0 < OSA.distance(one, other, score_cutoff=most) <= most
