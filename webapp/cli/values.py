"""Values that several commands take: numbers that every database holds, and files to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOENT
from os import strerror
from pathlib import Path

import click
import duckdb

from webapp.cli.answers import file_in_words
from webapp.services.errors import Invalid

LARGEST = 2**31 - 1
SEED = click.IntRange(0, LARGEST)
VERSION = click.IntRange(1, LARGEST)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Invalid (code "file") with the system's reason where the block cannot write `out`."""
    if not out.parent.is_dir():  # pandas and DuckDB have words of their own for this
        raise _unwritable(out, OSError(ENOENT, strerror(ENOENT), str(out)))
    try:
        yield
    except OSError as error:
        raise _unwritable(out, OSError(error.errno, error.strerror or str(error), str(out))) from error
    except duckdb.IOException as error:
        raise _unwritable(out, OSError(None, _reason(error), str(out))) from error


def _reason(error: duckdb.IOException) -> str:
    """The system's words at the end of DuckDB's own, which may be JSON."""
    found = re.findall(r': ([A-Z][^":{}\n]+)(?=["\n]|$)', str(error))
    return found[-1] if found else "it was refused"


def _unwritable(out: Path, error: OSError) -> Invalid:
    return Invalid(file_in_words(error), code="file", details={"field": "out", "file": str(out)})
