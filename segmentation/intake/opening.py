"""The one door to a file: whatever it is, a table of text cells comes out, or a refusal that says what to do."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from segmentation.engine import open_engine
from segmentation.intake.containers import checked_format, container_of
from segmentation.intake.parquet import load_parquet
from segmentation.intake.returning import without_marks
from segmentation.intake.settling import settle
from segmentation.intake.table import Table, load
from segmentation.intake.text import transcode
from segmentation.intake.types import FileFormat
from segmentation.intake.workbook import transcribe


@contextmanager
def opened(
    source: Path | OpenFile, file_format: FileFormat | None = None, known: Collection[str] = (), *, last: bool = False
) -> Iterator[Table]:
    """The table in the file `source`, while the context lasts.

    Of a stated `file_format`, what is empty is found out; what cannot be true of the file is refused (UnreadableFile). `known` are
    headers that somebody has named: where one of them is there, the header is not doubted. After the `last` look a file that was kept
    open is closed.
    """
    if isinstance(source, OpenFile):
        yield source.table(file_format, known)
        if last:
            source.close()
    else:
        with _parsed(source, file_format, known) as table:
            yield table


class OpenFile:
    """The file at `path`, parsed once for several looks at it, and again where it is to be read in another way; closed with its context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._way: FileFormat | None = None
        self._table: Table | None = None

    def table(self, file_format: FileFormat | None, known: Collection[str]) -> Table:
        """As `opened` has it."""
        stated = checked_format(file_format, container_of(self._path))
        order = stated.date_order if stated else None
        way = replace(stated or FileFormat("", ""), date_order=None, container=container_of(self._path))
        if self._table is None or way != self._way or not set(known) & set(self._table.where):
            self.close()
            self._table, self._way = self._open.enter_context(_parsed(self._path, file_format, known)), way
        return replace(self._table, format=replace(self._table.format, date_order=order))

    def close(self) -> None:
        """Let the table go, which takes more memory than all that is made of it."""
        self._table = None
        self._open.close()

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


@contextmanager
def _parsed(path: Path, file_format: FileFormat | None, known: Collection[str]) -> Iterator[Table]:
    found = container_of(path)
    stated = checked_format(file_format, found)
    with tempfile.TemporaryDirectory(prefix="intake-") as name:
        folder = Path(name)
        connection = open_engine(memory="600MB", folder=folder)
        try:
            if found == "parquet":
                order = stated.date_order if stated else None
                table, header = load_parquet(connection, path, folder, FileFormat("", "", order, "parquet"))
            else:
                body = transcribe(path, folder, stated) if found == "xlsx" else transcode(path, folder, found, stated)
                table, header = load(connection, body), body.header
                body.path.unlink()
            yield without_marks(settle(table, header, known))
        finally:
            connection.close()
