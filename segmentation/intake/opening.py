"""The one door to a file: whatever it is, a table of text cells comes out, or a refusal that says what to do."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from segmentation.intake.containers import checked_format, container_of
from segmentation.intake.parquet import load_parquet
from segmentation.intake.returning import without_marks
from segmentation.intake.settling import settle
from segmentation.intake.table import Table, connect, load
from segmentation.intake.text import transcode
from segmentation.intake.types import FileFormat
from segmentation.intake.workbook import transcribe


@contextmanager
def opened(path: Path, file_format: FileFormat | None = None, known: Collection[str] = ()) -> Iterator[Table]:
    """The table in the file at `path`, while the context lasts.

    Of a stated `file_format`, what is empty is found out; what cannot be true of the file is refused (UnreadableFile). `known` are
    headers that somebody has named: where one of them is there, the header is not doubted.
    """
    found = container_of(path)
    stated = checked_format(file_format, found)
    with tempfile.TemporaryDirectory(prefix="intake-") as name:
        folder = Path(name)
        connection = connect(folder)
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
