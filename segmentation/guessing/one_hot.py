"""Groups of yes/no columns that are one category spelt out, a column for each of its words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.evidence import NO_WORDS, YES_WORDS, split_words

_SEPARATORS = re.compile(r"[_=:./ -]+")
_EVENTS = frozenset(
    {"is", "has", "had", "accepted", "bought", "uses", "used", "owns", "opened", "clicked", "flag", "wants", "likes", "visited"}
)
"""What somebody does or has once does not keep them from another: such flags are no category, however few they are."""
_FEWEST_ROWS = 10
_MOST_PARTS = 200  # columns merged in one file; more stay yes/no columns, for each is looked at whenever a word is
_FAULTY = 0.005  # of the rows may break the rule that a category has one word
_EXPECTED = 7.0  # rows with two yeses that chance would give; none among so many has a probability below 0.001


@dataclass(frozen=True)
class Group:
    """`parts` (header -> word) under their common beginning; `complete` says that each row of the sample has a yes."""

    source: str
    parts: Mapping[str, str]
    complete: bool

    def words(self, sample: pd.DataFrame) -> pd.Series:
        """The word of each row of `sample`; missing where every part says no."""
        said = _yes(sample, list(self.parts))
        words = np.array([*self.parts.values(), None], dtype=object)
        return pd.Series(words[np.where(said.any(axis=1), said.argmax(axis=1), len(self.parts))], index=sample.index, dtype=object)


def one_hot_groups(
    headers: Sequence[str], sample: pd.DataFrame, *, stated: Collection[str] = (), apart: Collection[str] = ()
) -> list[Group]:
    """The groups among `headers` that hold none of those in `apart`, in the order of the file.

    A group has a common beginning up to a separator, and hardly a row of the `sample` says yes twice. If rows without any yes occur
    (one column was left out), chance alone would have given many such rows. Beginnings in `stated` need no such proof.
    """
    binary = [header for header in headers if _is_binary(sample, header)]
    found: list[Group] = []
    taken, merged = set(apart), set[str]()
    for source, parts in _by_beginning(binary, headers):
        if taken.intersection(parts) or len(merged) + len(parts) > _MOST_PARTS:
            continue
        said = _yes(sample, list(parts))
        if source in stated or _excludes(source, said):
            found.append(Group(source, parts, bool(said.any(axis=1).all())))
            taken.update(parts)
            merged.update(parts)
    place = {header: i for i, header in enumerate(headers)}
    return sorted(found, key=lambda group: min(place[header] for header in group.parts))


def possible_sources(headers: Sequence[str]) -> set[str]:
    """Beginnings that at least two of `headers` share and that are no headers themselves."""
    return {source for source, _ in _by_beginning(headers, headers)}


def _by_beginning(free: Sequence[str], headers: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Beginning -> header -> word, those of most headers first, of two of the same headers the longer one."""
    groups: dict[str, dict[str, str]] = {}
    for header in free:
        for cut in _SEPARATORS.finditer(header):
            if cut.start() > 0 and cut.end() < len(header):
                groups.setdefault(header[: cut.start()], {})[header] = header[cut.end() :]
    shared = [(source, parts) for source, parts in groups.items() if len(parts) > 1 and source not in headers]
    distinct = [(source, parts) for source, parts in shared if len(set(parts.values())) == len(parts)]
    return sorted(distinct, key=lambda each: (-len(each[1]), -len(each[0])))


def _is_binary(sample: pd.DataFrame, header: str) -> bool:
    words = {str(word).strip().lower() for word in sample[header].dropna().astype(str).unique()}
    return bool(words) and words <= YES_WORDS | NO_WORDS and bool(words & NO_WORDS)


def _yes(sample: pd.DataFrame, headers: Sequence[str]) -> NDArray[np.bool_]:
    """Rows x headers: which cells say yes."""
    return np.column_stack(
        [sample[header].astype("string").str.strip().str.lower().isin(YES_WORDS).to_numpy(dtype=bool) for header in headers]
    )


def _excludes(source: str, said: NDArray[np.bool_]) -> bool:
    """Whether one yes keeps a row from another, but for a few faulty rows, and not by chance."""
    often, each = said.sum(axis=0), said.sum(axis=1)
    few = _FAULTY * len(said)
    twice = int((each > 1).sum())
    if len(said) < _FEWEST_ROWS or twice > few or (often > 0).sum() < 2 or _EVENTS.intersection(split_words(source)):
        return False
    if (each != 1).sum() <= few:
        return True
    by_chance = (often.sum() ** 2 - (often**2).sum()) / 2 / len(said)
    return bool(by_chance >= _EXPECTED + 20 * twice)
