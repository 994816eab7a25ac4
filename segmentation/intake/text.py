"""From bytes of any encoding to a UTF-8 file with a known header, known delimiter and plain newlines.

DuckDB reads UTF-8 alone, and its own detection of delimiters and headers can drop rows without a word.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmentation.errors import UnreadableFile
from segmentation.intake.containers import BOMS, refuse_foreign, wide_encoding
from segmentation.intake.headers import LOOK_AHEAD, Header, find_header, named, told_titles
from segmentation.intake.hidden import Cleaning, Lines
from segmentation.intake.limits import MAX_LINE, refuse_bytes, refuse_large
from segmentation.intake.types import Container, FileFormat, Finding, Reject

DELIMITERS = ",;\t|"
"""Those that are looked for."""
RARE_DELIMITERS = "^~"
"""Taken where the header holds none of the others, and every line agrees."""
STATED_DELIMITERS = DELIMITERS + RARE_DELIMITERS + ":"
"""Those that somebody may name; times are full of colons, so that these prove nothing by themselves."""
_HEAD = 1 << 20
_CHUNK = 1 << 22
_TAB, _NEWLINE, _SPACE, _QUOTE = b'\t\n "'
_SAMPLE = 200  # lines in which the delimiter is looked for
_SEP_LINE = re.compile(r"\"?sep=(.)\"?\s*", re.IGNORECASE)  # Excel's own way of naming the delimiter in the first line
_BROKEN = re.compile(r"[\udc80-\udcff]")  # bytes that the encoding does not know, as "surrogateescape" keeps them
_FOREIGN_LETTER = re.compile(r"[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True)
class Body:
    """What lies below the header, as UTF-8 text in `path`; its first line is line `first_line` of the file.

    `ends` (m,) are the offsets of its newlines. Where `lines` (n,) is given, every record is whole and has the line that stands there;
    `rejects` were left out on the way. Unless `padded`, no cell has blanks at either end; unless `quoted`, no cell has a quotation mark, so
    that every newline ends a record.
    """

    path: Path
    header: Header
    first_line: int
    format: FileFormat
    ends: NDArray[np.int64]
    findings: tuple[Finding, ...] = ()
    lines: NDArray[np.int64] | None = None
    rejects: tuple[Reject, ...] = ()
    padded: bool = True
    quoted: bool = True
    sheets: tuple[str, ...] = ()


def sniff_format(head: bytes) -> FileFormat:
    """Delimiter and encoding from the first bytes of a text file.

    UnreadableFile where they are not text at all, saying what they seem to be and what to do.
    """
    refuse_foreign(head)
    encoding = _encoding(head)
    return FileFormat(_delimiter(_head_text(head, encoding)), encoding)


def transcode(source: Path, folder: Path, container: Container, stated: FileFormat | None) -> Body:
    """Write what follows the header of `source` into `folder`, as UTF-8 with "\\n" and without what nobody sees.

    What `stated` leaves empty is found out.
    """
    packed = source.stat().st_size if container == "gzip" else None
    encoding = stated.encoding if stated else ""
    try:
        with _bytes(source, packed) as stream:
            head = stream.read(_HEAD)
        refuse_foreign(head)
        encoding = encoding or _encoding(head)
        delimiter = stated.delimiter if stated and stated.delimiter else _delimiter(_head_text(head, encoding))
        chosen = FileFormat(delimiter, encoding, stated.date_order if stated else None, container)
        with _bytes(source, packed) as stream:
            return _Writer(chosen, _Decoder(encoding, bool(stated and stated.encoding))).write(stream, folder / "body.csv")
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UnreadableFile("The gzip archive is damaged or cut short. Pack the file again, or upload it unpacked.") from error
    except UnicodeError as error:
        reason = getattr(error, "reason", str(error))
        remedy = "State another encoding, or none" if stated and stated.encoding else "Save it as “CSV UTF-8” and upload it again"
        raise UnreadableFile(f"The file is not {encoding} text ({reason}). {remedy}.") from error
    except LookupError as error:
        raise UnreadableFile(f"There is no encoding “{encoding}”. Name one such as utf-8, cp1252 or utf-16.") from error


class _Counted(io.RawIOBase):
    """A stream of bytes that refuses to give more than a table may hold."""

    def __init__(self, inner: io.BufferedIOBase, packed: int | None) -> None:
        self._inner, self._packed, self._given = inner, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._inner.read(len(buffer))
        buffer[: len(piece)] = piece
        self._given += len(piece)
        refuse_bytes(self._given, self._packed)
        return len(piece)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _bytes(source: Path, packed: int | None) -> io.BufferedReader:
    inner = source.open("rb") if packed is None else gzip.GzipFile(source)  # closed by the stream around it
    return io.BufferedReader(_Counted(inner, packed), 1 << 20)


def _encoding(head: bytes) -> str:
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    if wide := wide_encoding(head):
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # incremental: the head may end inside a character
    except UnicodeDecodeError:
        text = head.decode("utf-8", "surrogateescape")
        broken = len(_BROKEN.findall(text))
        whole = sum(not letter.isascii() for letter in text) - broken
        return "utf-8" if whole > broken else "cp1252"
    return "utf-8"


def _head_text(head: bytes, encoding: str) -> str:
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _delimiter(text: str) -> str:
    lines = [line for line in text.split("\n", _SAMPLE + 1)[:_SAMPLE] if line.strip()] or [""]
    if stated := _SEP_LINE.fullmatch(lines[0]):
        if stated[1] not in STATED_DELIMITERS:
            raise UnreadableFile(f"The first line names “{stated[1]}” as delimiter, which cannot be one. Export with commas or semicolons.")
        return stated[1]
    present = [mark for mark in DELIMITERS if mark in lines[0]]
    agreed = {mark: _agreement(lines, mark) for mark in DELIMITERS + RARE_DELIMITERS}
    if not present or (len(present) == 1 and agreed[present[0]].cells < 2 and len(lines) > 1):
        titled = [mark for mark in DELIMITERS if agreed[mark].below_title]
        rare = [mark for mark in RARE_DELIMITERS if not present and agreed[mark].cells > 1 and agreed[mark].share == 1 and len(lines) > 2]
        return (titled or rare or present or [","])[0]
    return max(present, key=lambda mark: (agreed[mark].share if agreed[mark].cells > 1 else 0, agreed[mark].cells))


@dataclass(frozen=True)
class _Agreement:
    """How lines look when split at a mark: cells in most of them, the share of such lines, and whether a header stands below a title."""

    cells: int
    share: float
    below_title: bool


def _agreement(lines: Sequence[str], mark: str) -> _Agreement:
    rows = _rows("\n".join(lines), mark, _SAMPLE)
    counts = Counter(map(len, rows))
    cells, times = max(counts.items(), key=lambda item: (item[1], item[0])) if counts else (0, 0)
    below = cells > 2 and times >= len(rows) - 2 and find_header(rows[:LOOK_AHEAD]) > 0
    return _Agreement(cells, times / max(len(rows), 1), below)


def _rows(text: str, delimiter: str, most: int) -> list[list[str]]:
    """The first rows of cells, up to one that cannot be read."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            rows.append(row)
            if len(rows) == most:
                break
    except csv.Error:
        pass
    return rows


@dataclass
class _Decoder:
    """Bytes to text. Where nobody stated the `encoding`, bytes that it does not know are read as cp1252, and their lines kept."""

    encoding: str
    stated: bool
    broken: Lines = field(default_factory=Lines)
    foreign: Lines = field(default_factory=Lines)
    whole: bool = False

    def pieces(self, stream: io.BufferedReader) -> Iterator[str]:
        """Text that ends at a line's end (but the last piece), so that a header or "\\r\\n" is never cut in two."""
        held = ""
        errors = "strict" if self.stated or self.encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
        # newline=None: \r\n and \r become \n
        with io.TextIOWrapper(stream, encoding=self.encoding, errors=errors, newline=None) as text:
            while piece := text.read(_CHUNK):
                whole, newline, rest = (held + piece).rpartition("\n")
                if len(rest) > MAX_LINE:
                    raise _endless()
                if newline:
                    yield whole + newline
                held = rest
        if held:
            yield held + "\n"

    def mended(self, text: str, line: int) -> str:
        """`text`, which begins on `line`, with letters in the place of bytes that its encoding does not know."""
        if text.isascii():
            return text
        self.whole = self.whole or bool(_FOREIGN_LETTER.search(text))
        seen = self.foreign if self.encoding == "cp1252" and not self.stated else self.broken
        if seen is self.foreign or _BROKEN.search(text):
            for i, part in enumerate(text.split("\n")):
                if not part.isascii() and (seen is self.foreign or _BROKEN.search(part)):
                    seen.add(line + i)
        return _BROKEN.sub(lambda found: _letter(ord(found[0]) - 0xDC00), text)

    def told(self) -> tuple[str, list[Finding]]:
        """The encoding as it turned out, and what is to be said about it."""
        if self.broken.count and not self.whole and self.encoding == "utf-8":
            self.encoding, self.foreign, self.broken = "cp1252", self.broken, Lines()
        findings = []
        if self.foreign.count:
            message = (
                f"The file does not say its encoding and is not UTF-8; {_times(self.foreign)} with letters beyond the English ones "
                "read as Western European (cp1252). If they look wrong, state the encoding or save the file as “CSV UTF-8”."
            )
            findings.append(Finding("encoding_assumed", "note", message, None, self.foreign.count, tuple(self.foreign.first)))
        if self.broken.count:
            message = (
                f"{_times(self.broken)} with bytes that are not {self.encoding}; these were read as Western European (cp1252). Check them."
            )
            findings.append(Finding("mixed_encoding", "flag", message, None, self.broken.count, tuple(self.broken.first)))
        return self.encoding, findings


def _letter(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)  # as latin-1 has it


def _times(seen: Lines) -> str:
    return "1 line" if seen.count == 1 else f"{seen.count:,} lines"


def _endless() -> UnreadableFile:
    return UnreadableFile(f"A line is longer than {MAX_LINE:,} characters, so this is no table of customers. Check how it was exported.")


@dataclass
class _Writer:
    """Writes the lines below the header, counting them."""

    format: FileFormat
    decoder: _Decoder
    cleaning: Cleaning = field(default_factory=Cleaning)
    header: Header | None = None
    first_line: int = 1
    padded: bool = False
    quoted: bool = False
    findings: list[Finding] = field(default_factory=list)

    def write(self, stream: io.BufferedReader, target: Path) -> Body:
        ends = [np.zeros(0, dtype=np.int64)]
        line, rows, offset, last = 1, 0, 0, -1
        with target.open("wb") as out:
            for piece in self.decoder.pieces(stream):
                text = self.cleaning.clean(self.decoder.mended(piece, line), line)
                if self.header is None:
                    text, line = self._cut_header(text), self.first_line
                content = text.encode()
                letters = np.frombuffer(content, dtype=np.uint8)
                found = np.flatnonzero(letters == _NEWLINE) + offset
                if len(found) and max(int(np.diff(found, prepend=last).max()), 0) > MAX_LINE:
                    raise _endless()
                line, rows = line + len(found), rows + len(found)
                offset, last = offset + len(content), int(found[-1]) if len(found) else last
                refuse_large(rows, len(self.header.names) if self.header else 1)
                ends.append(found)
                self.padded = self.padded or self._may_be_padded(letters)
                self.quoted = self.quoted or b'"' in content
                out.write(content)
        encoding, findings = self.decoder.told()
        told = (*self.findings, *findings, *self.cleaning.findings())
        header = self.header or named(())
        form = replace(self.format, encoding=encoding)
        return Body(target, header, self.first_line, form, np.concatenate(ends), told, padded=self.padded, quoted=self.quoted)

    def _may_be_padded(self, letters: NDArray[np.uint8]) -> bool:
        """Whether a blank stands beside anything that can end a cell; a blank inside a quoted cell may look like that."""
        delimiter = ord(self.format.delimiter)
        blank = letters == _SPACE
        if delimiter != _TAB:
            blank |= letters == _TAB
        elif (letters == _QUOTE).any():  # a tab beside a quotation mark may be in the cell or between two
            return True
        places = np.flatnonzero(blank)
        beside = letters[np.concatenate([np.maximum(places - 1, 0), np.minimum(places + 1, len(letters) - 1)])]
        return bool(len(places) and (places[0] == 0 or np.isin(beside, [delimiter, _NEWLINE, _QUOTE]).any()))

    def _cut_header(self, text: str) -> str:
        """Keep the header, and what there is to say of lines above it; the text below."""
        lines = io.StringIO(text)
        if not _SEP_LINE.fullmatch(lines.readline()):
            lines.seek(0)
        skipped = text[: lines.tell()].count("\n")
        reader = csv.reader(lines, delimiter=self.format.delimiter)
        rows: list[list[str]] = []
        after: list[int] = []  # lines up to the end of each row
        try:
            for row in reader:
                if rows or any(cell.strip() for cell in row):
                    rows.append(row)
                    after.append(skipped + reader.line_num)
                if len(rows) == LOOK_AHEAD:
                    break
        except csv.Error as error:
            if not rows:
                raise UnreadableFile(f"The header line cannot be read ({error}). Check its quotation marks.") from error
        place = find_header(rows)
        self.header = named(rows[place] if rows else ())
        titles = [(after[i], " ".join(cell.strip() for cell in rows[i] if cell.strip())) for i in range(place)]
        if above := [title for title in titles if title[1]]:
            self.findings.append(told_titles([line for line, _ in above], [text for _, text in above]))
        taken = after[place] if rows else skipped
        self.first_line = 1 + taken
        return text.split("\n", taken)[-1]
