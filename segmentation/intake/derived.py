"""Columns that no cell of the file holds as it is: the number of the row, and the word that a group of yes/no columns spells out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.engine import sql_text
from segmentation.evidence import MISSING_WORDS, NO_WORDS, YES_WORDS
from segmentation.intake.table import Table, one_of
from segmentation.roles import ROW_NUMBERS, Column, Schema

NO_WORD = "none of these"
"""The word of a row in which every column of the group says no."""
NOT_ONE_WORD = "more than one of these columns says yes, or one says neither yes nor no"
_JOINED = " + "


def with_derived(table: Table, schema: Schema) -> Table:
    """`table` with the columns of `schema` that have to be derived, under their sources."""
    derived: dict[str, str] = {}
    for column in schema:
        if column.source == ROW_NUMBERS and ROW_NUMBERS not in table.where:
            derived[ROW_NUMBERS] = _numbered(table)
        elif column.parts and all(header in table.where for header in column.parts):
            derived[column.source] = _word_of(table, column)
    return replace(table, derived={**table.derived, **derived}) if derived else table


def cells_beyond(table: Table, column: Column) -> NDArray[np.bool_]:
    """Records (n,) in which the parts of `column` do not spell out one word."""
    word = table.where[column.source]
    (beyond,) = table.fetch(f"NOT {one_of((*column.parts.values(), NO_WORD), word)}")
    return np.ma.filled(beyond, False).astype(bool)


def word_of(cells: Mapping[str, str | None], column: Column) -> str | None:
    """The word that the `cells` (header -> text) of one row spell out, as `with_derived` has it; several words are joined."""
    lower = {header: (cells.get(header) or "").lower() for header in column.parts}
    stray = [text for header, text in lower.items() if text and text not in YES_WORDS | NO_WORDS | MISSING_WORDS]
    said = stray or [word for header, word in column.parts.items() if lower[header] in YES_WORDS]
    if said:
        return _JOINED.join(said)
    return NO_WORD if NO_WORDS.intersection(lower.values()) else None


def spells_one_word(text: Any, column: Column) -> bool:
    """Whether `text`, from `word_of`, is missing or one of the words of `column`."""
    return text is None or text == NO_WORD or text in column.parts.values()


def _spells(words: Iterable[str], cell: str) -> str:
    """SQL: whether `cell` is one of `words`; a pattern, for lists or joins of very many columns would fill the memory."""
    return f"regexp_full_match({cell}, {sql_text('|'.join(map(re.escape, sorted(words))))})"


def _word_of(table: Table, column: Column) -> str:
    known = YES_WORDS | NO_WORDS | MISSING_WORDS
    cells = {f"lower({table.where[header]})": word for header, word in column.parts.items()}
    stray = ", ".join(f"CASE WHEN NOT {_spells(known, cell)} THEN {cell} END" for cell in cells)
    said = ", ".join(f"CASE WHEN {_spells(YES_WORDS, cell)} THEN {sql_text(word)} END" for cell, word in cells.items())
    denied = ", ".join(f"CASE WHEN {_spells(NO_WORDS, cell)} THEN {sql_text(NO_WORD)} END" for cell in cells)
    joined = [f"nullif(concat_ws({sql_text(_JOINED)}, {each}), '')" for each in (stray, said)]
    return f"coalesce({', '.join(joined)}, {denied})"


def _numbered(table: Table) -> str:
    """A column with each record's number among those of the file, from 1; records that do not fit count, blank ones do not."""
    before = np.searchsorted([reject.line for reject in table.rejects], table.lines)
    numbers = np.cumsum(~table.blank) + before
    table.connection.register("numbers", pd.DataFrame({"place": np.arange(len(numbers)), "number": numbers}))
    table.connection.execute("ALTER TABLE raw ADD COLUMN IF NOT EXISTS row_number VARCHAR")
    table.connection.execute("UPDATE raw SET row_number = numbers.number FROM numbers WHERE raw.rowid = numbers.place")
    table.connection.unregister("numbers")
    return "row_number"
