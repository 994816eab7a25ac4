"""From bytes of any encoding to a UTF-8 file with a known header, known delimiter and plain newlines.

DuckDB reads UTF-8 alone, and its own detection of delimiters and headers can drop rows without a word.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from segmentation.errors import UnreadableFile
from segmentation.intake.types import FileFormat

DELIMITERS = ",;\t|"
MAX_COLUMNS = 2_000
MAX_LINE = 2_000_000  # characters
_HEAD = 1 << 20
_CHUNK = 1 << 22
_SEP_LINE = re.compile(r"\"?sep=(.)\"?\s*", re.IGNORECASE)  # Excel's own way of naming the delimiter in the first line
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3", "a database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)


@dataclass(frozen=True)
class Body:
    """What lies below the header, as UTF-8 text in `path`; its first line is line `first_line` of the file."""

    path: Path
    header: tuple[str, ...]
    first_line: int
    format: FileFormat
    nul_lines: tuple[int, ...]


def sniff_format(head: bytes) -> FileFormat:
    """Delimiter and encoding from the first bytes of a file.

    UnreadableFile where they are not text at all, saying what they seem to be and what to do.
    """
    _refuse_foreign(head)
    encoding = _encoding(head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    return FileFormat(_delimiter(text), encoding)


def transcode(source: Path, folder: Path, file_format: FileFormat | None) -> Body:
    """Write what follows the header of `source` into `folder`, as UTF-8 with "\\n" and without NUL."""
    with source.open("rb") as stream:
        head = stream.read(_HEAD)
    sniffed = sniff_format(head)
    chosen = file_format or sniffed
    try:
        return _write_body(source, folder, chosen)
    except UnicodeDecodeError as error:
        if file_format is None and sniffed.encoding == "utf-8":  # the head was plain ASCII, what follows is not UTF-8
            return transcode(source, folder, FileFormat(sniffed.delimiter, "cp1252"))
        raise UnreadableFile(
            f"The file is not {chosen.encoding} text ({error.reason}). Save it as “CSV UTF-8” and upload it again."
        ) from error


def _refuse_foreign(head: bytes) -> None:
    if not head.strip():
        raise UnreadableFile("The file is empty. Upload a CSV file with a header line and one line for each customer.", code="empty_file")
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise UnreadableFile(f"This is {what}, not a CSV file. Open it and save the table of customers as “CSV UTF-8”.")
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise UnreadableFile("This is a Python pickle, not a CSV file. Pickles are never opened; write the table with to_csv.")
    if any(head.startswith(bom) for bom, _ in _BOMS):
        return
    sample = head[:65_536]
    strange = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\r\x0c\x1a\x0b")
    if strange > max(4, len(sample) // 100):
        raise UnreadableFile("The file holds binary data, not text. Export the table of customers as “CSV UTF-8” and upload that.")


def _encoding(head: bytes) -> str:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # incremental: the head may end inside a character
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    lines = text.splitlines()
    if lines and (stated := _SEP_LINE.fullmatch(lines[0])):
        return stated[1]
    header = next((line for line in lines if line.strip()), "")
    present = [mark for mark in DELIMITERS if mark in header]
    if len(present) <= 1:  # the sniffer invents delimiters for a single column
        return present[0] if present else ","
    complete = "\n".join(lines[:200])
    try:
        return csv.Sniffer().sniff(complete, delimiters="".join(present)).delimiter
    except csv.Error:
        return max(present, key=header.count)


def _write_body(source: Path, folder: Path, file_format: FileFormat) -> Body:
    target = folder / "body.csv"
    nul_lines: list[int] = []
    header: tuple[str, ...] = ()
    first_line = 0
    line = 1
    with target.open("w", encoding="utf-8", newline="") as out:
        for text in _decoded(source, file_format.encoding):
            if "\0" in text:
                nul_lines += [line + i for i, part in enumerate(text.split("\n")) if "\0" in part]
                text = text.replace("\0", "")
            line += text.count("\n")
            if not first_line:
                header, taken, text = _cut_header(text, file_format.delimiter)
                first_line = 1 + taken
            out.write(text)
    return Body(target, _checked_header(header), first_line, file_format, tuple(dict.fromkeys(nul_lines)))


def _decoded(source: Path, encoding: str) -> Iterator[str]:
    """Text in pieces that end at a line's end (but the last), so that a header or "\\r\\n" is never cut in two."""
    held = ""
    with io.TextIOWrapper(source.open("rb"), encoding=encoding, newline=None) as stream:  # newline=None: \r\n and \r become \n
        while piece := stream.read(_CHUNK):
            whole, newline, rest = (held + piece).rpartition("\n")
            _refuse_endless(whole, rest)
            if newline:
                yield whole + newline
            held = rest
    if held:
        yield held + "\n"


def _refuse_endless(whole: str, rest: str) -> None:
    if max(len(rest), max(map(len, whole.split("\n")), default=0)) > MAX_LINE:
        raise UnreadableFile(f"A line is longer than {MAX_LINE:,} characters, so this is no table of customers. Check how it was exported.")


def _cut_header(text: str, delimiter: str) -> tuple[tuple[str, ...], int, str]:
    """Cells of the header, the number of lines up to its end, and the text after it."""
    lines = io.StringIO(text)
    taken = 0
    position = 0
    while line := lines.readline():
        if line.strip() and not _SEP_LINE.fullmatch(line):
            break
        taken += 1
        position = lines.tell()
    lines.seek(position)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        cells = tuple(cell.strip() for cell in next(reader, []))
    except csv.Error as error:
        raise UnreadableFile(f"The header line cannot be read ({error}). Check its quotation marks.") from error
    remaining = text.split("\n", taken + reader.line_num)[-1]
    return cells, taken + reader.line_num, remaining


def _checked_header(cells: tuple[str, ...]) -> tuple[str, ...]:
    if len(cells) > MAX_COLUMNS:
        raise UnreadableFile(
            f"The header has {len(cells):,} columns; at most {MAX_COLUMNS:,} can be read. Keep those that describe customers."
        )
    named = [cell for cell in cells if cell]
    repeated = sorted({cell for cell in named if named.count(cell) > 1})
    if repeated:
        raise UnreadableFile(
            f"The header names {', '.join(f'“{cell}”' for cell in repeated)} more than once. Give every column a name of its own.",
            code="repeated_header",
            details={"columns": repeated},
        )
    if not named:
        raise UnreadableFile("The first line holds no column names. Add a header line.")
    return cells
