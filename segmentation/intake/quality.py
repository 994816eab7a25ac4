"""What is worth knowing about the values of a file; nothing is changed here but which words count as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.intake.findings import SHOWN, counted, first_lines
from segmentation.intake.spelling import MOST_WORDS, similar_words, spelling_folds, spelling_key
from segmentation.intake.table import Table, one_of
from segmentation.intake.types import Finding
from segmentation.intake.values import GROUPING, Parsed, missing_words
from segmentation.roles import Column, Role, Schema
from segmentation.wording import lower_first

_SENTINELS = frozenset({-1.0, -9.0, -99.0, -999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0})
_APART = 1.5  # how many times the next value a number must be to look like a sign for "unknown"
_OFTEN = 2
_FIRST_ROWS = 1_000

WordCounts = Mapping[str, Mapping[str, int]]
"""Canonical name -> word -> customers who have it."""


def note_values(customers: pd.DataFrame, words: WordCounts, schema: Schema, lines: NDArray[np.int64]) -> list[Finding]:
    """Rare and unknown words, constant columns, deals above purchases: told, not changed. `words` are those of `count_words`."""
    findings: list[Finding] = []
    for column in schema:
        if column.name in customers and len(customers):
            findings += _folded(customers[column.name], words.get(column.name, {}), column, lines)
            findings += _similar(customers[column.name], words.get(column.name, {}), column, lines)
            findings += _sentinels(customers[column.name], column, lines)
            findings += _unknown_levels(customers[column.name], words.get(column.name, {}), column, lines)
            findings += _constant(customers[column.name], column)
    return [*findings, *_deals(customers, schema, lines)]


def note_missing(parsed: Mapping[str, Parsed], schema: Schema, table: Table, chosen: NDArray[np.int64]) -> Iterator[Finding]:
    """Cells that the file leaves empty or fills with a word for it, before `drop_implausible` adds to them.

    All of the file's are counted; `chosen` (n,) are the records of the table that customers are made of, and it is told how many of the
    cells are in others.
    """
    records = np.flatnonzero(~table.blank)
    taken = np.zeros(len(table.blank), dtype=bool)
    taken[chosen] = True
    taken = taken[records]
    for column in schema:
        if column.name not in parsed or column.role is Role.CUSTOMER_ID:  # rows without an id are rejected, and told of so
            continue
        cells = parsed[column.name]
        everywhere = cells.values.isna().to_numpy() & ~cells.bad
        if not everywhere.any() or not (gone := everywhere[records]).any():
            continue
        told = f"{gone.sum():,} without {lower_first(column.label)} ({gone.mean():.1%} of rows)"
        if left := int((gone & ~taken).sum()):
            told += f", {left:,} of them in {'a row that was' if left == 1 else 'rows that were'} not taken"
        words = _words_for_missing(table, column, records[gone])
        empty = int(gone.sum()) - sum(words.values())
        if words:
            parts = [f"{counted(empty, 'empty cell')}"] if empty else []
            parts += [f"{count:,} “{word}”" for word, count in words.items()]
            told += f": {', '.join(parts)}"
        yield Finding(
            "missing", "note", f"{told}. Counted as missing.", column.source, int(gone.sum()), first_lines(table.lines[records], gone)
        )


def _words_for_missing(table: Table, column: Column, records: NDArray[np.int64]) -> dict[str, int]:
    """The filled cells among `records`, in lower case, with how often each is met; the commonest first."""
    name = table.where[column.source]
    texts = table.texts(f"lower({name})", one_of(missing_words(column), f"lower({name})"))
    among = np.zeros(len(table.lines), dtype=bool)
    among[records] = True
    counts = texts[among[texts.index]].value_counts()
    return {str(word): int(count) for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def count_words(customers: pd.DataFrame, schema: Schema) -> WordCounts:
    """How many of `customers` have each word of the columns that group them."""
    return {column.name: _counts(customers[column.name]) for column in schema if column.role in GROUPING and column.name in customers}


def fold_spellings(words: WordCounts, schema: Schema) -> Schema:
    """`schema` with the spellings among `words` (those of `count_words`) folded to one word each; stored values keep their own."""
    return Schema(tuple(_with_spellings(column, words[column.name]) if column.name in words else column for column in schema))


def _with_spellings(column: Column, words: Mapping[str, int]) -> Column:
    if len(words) > MOST_WORDS:
        return column
    folds = spelling_folds(words, column)
    return replace(column, folds={**column.folds, **folds}) if folds else column


def _counts(series: pd.Series) -> dict[str, int]:
    return {str(word): int(count) for word, count in series.value_counts().items()}


def _folded(series: pd.Series, words_met: Mapping[str, int], column: Column, lines: NDArray[np.int64]) -> Iterator[Finding]:
    """Words that count as another one: spellings of it, and those that somebody folded."""
    folds = {word: target for word, target in column.folds.items() if word != target}
    counts = {word: n for word, n in words_met.items() if word in folds}
    for spelling in (False, True):
        words = {word: n for word, n in counts.items() if (spelling_key(word) == spelling_key(folds[word])) is spelling}
        if not words:
            continue
        rows = series.isin(list(words)).to_numpy()
        listed = ", ".join(
            f"“{word}” ({n:,}) as “{folds[word]}”" for word, n in sorted(words.items(), key=lambda item: (-item[1], item[0]))
        )
        if spelling:
            told = f"Other spellings of a {lower_first(column.label)} in {counted(rows, 'row')} are counted together: {listed}."
        else:
            told = f"Unusual {lower_first(column.label)} in {counted(rows, 'row')}, counted with another: {listed}."
        message = f"{told} The word itself is kept. To count it otherwise, say what it counts as."
        code, pairs = "spelling" if spelling else "folded", tuple((word, folds[word]) for word in words)
        yield Finding(code, "note", message, column.source, int(rows.sum()), first_lines(lines, rows), pairs)


def _similar(series: pd.Series, words: Mapping[str, int], column: Column, lines: NDArray[np.int64]) -> Iterator[Finding]:
    """Words that may be misspelt: offered, not applied."""
    pairs = similar_words(words, column.folds)
    if pairs:
        rows = series.isin([rare for rare, _ in pairs]).to_numpy()
        listed = ", ".join(f"“{rare}” ({words[rare]:,}) like “{common}” ({words[common]:,})" for rare, common in pairs[:SHOWN])
        more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
        told = f"Perhaps misspelt {lower_first(column.label)}: {listed}{more}"
        message = f"{told}. Nothing was changed. Where they mean the same, say so."
        yield Finding("similar_words", "note", message, column.source, int(rows.sum()), first_lines(lines, rows), tuple(pairs))


def _sentinels(series: pd.Series, column: Column, lines: NDArray[np.int64]) -> Iterator[Finding]:
    """Numbers such as 999 that stand apart from all others and repeat: perhaps a sign for "unknown"; offered, not applied."""
    if not pd.api.types.is_numeric_dtype(series) or column.role in (Role.FLAG, Role.OUTCOME):
        return
    values = series.to_numpy(dtype=float, na_value=np.nan)  # nothing infinite is left in them
    for value in {float(np.fmax.reduce(values)), float(np.fmin.reduce(values))} & _SENTINELS:
        rows = values == value
        rest = values[~(rows | np.isnan(values))]
        if rows.sum() < _OFTEN or len(rest) < _OFTEN:
            continue
        if rest.min() >= 0 if value < 0 else value >= _APART * max(rest.max(), 1.0):
            bound = f"highest value {value - 1:g}" if value > 0 else f"lowest value {value + 1:g}"
            told = f"{counted(rows, 'row')} with {value:g}, which stands apart from all other values and may mean “unknown”"
            message = f"{told}. Nothing was changed. Where it does, state the {bound} for this column."
            yield Finding("sentinel_values", "note", message, column.source, int(rows.sum()), first_lines(lines, rows))


def _unknown_levels(series: pd.Series, words: Mapping[str, int], column: Column, lines: NDArray[np.int64]) -> Iterator[Finding]:
    if not column.levels:
        return
    known = {word for level in column.levels for word in level.split("|")}
    known |= {word for word, target in column.folds.items() if target in known}
    if unknown := [word for word in words if word not in known]:
        rows = series.isin(unknown).to_numpy()
        listed = ", ".join(unknown[:SHOWN])
        message = f"{counted(rows, 'row')} with a step of {lower_first(column.label)} that has no place in its order: {listed}."
        yield Finding("unknown_level", "note", message, column.source, int(rows.sum()), first_lines(lines, rows))


def _constant(series: pd.Series, column: Column) -> Iterator[Finding]:
    if len(series) > 1 and column.role is not Role.CUSTOMER_ID and _all_alike(series):
        message = f"{column.label} is the same in every row, so it cannot tell customers apart."
        yield Finding("constant", "note", message, column.source, len(series))


def _all_alike(series: pd.Series) -> bool:
    """Whether a column holds one value, or none at all; the first rows of most show that it does not."""
    return all(part.nunique(dropna=False) == 1 for part in (series.head(_FIRST_ROWS), series))


def _deals(customers: pd.DataFrame, schema: Schema, lines: NDArray[np.int64]) -> Iterator[Finding]:
    purchases = [column for column in schema.of(Role.PURCHASES) if column.name in customers]
    deals = next((column for column in purchases if "deal" in column.name), None)
    others = [column.name for column in purchases if column is not deals]
    if deals is None or not others:
        return
    numbers = {column.name: customers[column.name].to_numpy(dtype=float, na_value=np.nan) for column in purchases}
    more = numbers[deals.name] > sum(np.nan_to_num(numbers[name]) for name in others)
    if more.any():
        message = f"{counted(more, 'customer')} with more deals than purchases. Kept as they are."
        yield Finding("deals_over_purchases", "note", message, deals.source, int(more.sum()), first_lines(lines, more))
