"""The parts of an Excel workbook (.xlsx), parsed as streams: its sheets, shared texts, number formats, and the rows of one sheet."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from xml.parsers import expat  # document types, the only way to entities, are refused below

from segmentation.errors import UnreadableFile
from segmentation.intake.containers import DAMAGED, open_zip
from segmentation.intake.limits import MAX_LINE, refuse_bytes
from segmentation.intake.serials import DateFormats, number_text

_CHUNK = 1 << 18
_MAX_TEXTS = 512 << 20  # bytes of shared texts, which are held in memory
_TEXT_COST = 60  # bytes of a text object, beside its letters
_MAX_ROW, _MAX_COLUMN = 1_048_576, 16_384
_MAX_TOKEN = 8 << 20  # bytes without the end of a tag
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DIGITS = "0123456789"
_DAMAGED = "The workbook is damaged ({reason}). Open it in Excel, save it again and upload it once more."


@dataclass(frozen=True)
class Row:
    """Excel's row `number`; by column from 0 the filled `cells` and the `errors`; `formulas` counts those without a stored result."""

    number: int
    cells: dict[int, str]
    errors: dict[int, str]
    formulas: int

    @property
    def filled(self) -> bool:
        """Whether anything stands in the row."""
        return bool(self.cells or self.errors or self.formulas)


@dataclass
class Workbook:
    """`sheets` are the worksheets in order: name -> part of the archive."""

    archive: zipfile.ZipFile
    sheets: dict[str, str]
    hidden: frozenset[str]
    texts_part: str | None
    styles_part: str | None
    since_1904: bool

    @cached_property
    def texts(self) -> list[str]:
        return _shared_texts(self.archive, self.texts_part) if self.texts_part else []

    @cached_property
    def dates(self) -> DateFormats:
        return DateFormats(*(_styles(self.archive, self.styles_part) if self.styles_part else ((), {})), self.since_1904)

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a sheet from the top, blank ones too."""
        reader = _SheetReader(self)
        for _ in _parse(self.archive, self.sheets[name], reader.start, reader.end, reader.text):
            yield from reader.taken()
        yield from reader.taken()


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """UnreadableFile where the parts that every workbook has are not there, or damaged."""
    with open_zip(path) as archive:
        yield _described(archive)


Attributes = dict[str, str]


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Feed a part to the handlers, piece by piece; names come without their prefix. UnreadableFile where it is damaged or a bomb."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    packed = archive.getinfo(part).compress_size
    given = open_token = 0
    try:
        with archive.open(part) as stream:
            while piece := stream.read(_CHUNK):
                given += len(piece)
                refuse_bytes(given, packed)
                open_token = open_token + len(piece) if b">" not in piece else 0
                if open_token > _MAX_TOKEN:
                    raise _damaged("one of its cells never ends", "too_large")
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _damaged(f"its XML cannot be read: {expat.errors.messages.get(error.code, 'error')}") from error
    except DAMAGED as error:
        raise _damaged("a part of it cannot be unpacked") from error


def _damaged(reason: str, code: str | None = None) -> UnreadableFile:
    return UnreadableFile(_DAMAGED.format(reason=reason), code=code)


def _refuse_doctype(*_: object) -> None:
    raise UnreadableFile(
        "The workbook declares a document type, as no spreadsheet program does, so it was not read. Save it again in Excel."
    )


def _all(archive: zipfile.ZipFile, part: str, start: Callable[[str, Attributes], None]) -> None:
    for _ in _parse(archive, part, start):
        pass


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _described(archive: zipfile.ZipFile) -> Workbook:
    names = {name.lower(): name for name in archive.namelist()}
    main = _main_part(archive, names)
    targets: dict[str, tuple[str, str]] = {}

    def relation(name: str, attributes: Attributes) -> None:
        if _local(name) == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/" + posixpath.dirname(main), attributes.get("Target", ""))).lstrip("/")
            targets[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], names.get(target.lower(), ""))

    sheets: dict[str, str] = {}
    hidden: set[str] = set()
    epoch: list[bool] = []

    def sheet(name: str, attributes: Attributes) -> None:
        if _local(name) == "workbookPr":
            epoch.append(attributes.get("date1904", "0") in {"1", "true"})
        if _local(name) == "sheet":
            key = next((value for attribute, value in attributes.items() if _local(attribute) == "id"), "")
            kind, part = targets.get(key, ("", ""))
            if kind == "worksheet" and part and len(sheets) < 1_000:
                sheets[attributes.get("name", part)] = part
                if attributes.get("state", "visible") != "visible":
                    hidden.add(attributes.get("name", part))

    relations = names.get(posixpath.join(posixpath.dirname(main), "_rels", posixpath.basename(main) + ".rels").lower())
    if relations is None:
        raise _damaged("it does not say where its sheets are")
    _all(archive, relations, relation)
    _all(archive, main, sheet)
    if not sheets:
        raise UnreadableFile("The workbook has no sheet with cells. Save the table of customers in one.", code="empty_file")
    parts = {kind: part for kind, part in targets.values() if part}
    return Workbook(archive, sheets, frozenset(hidden), parts.get("sharedStrings"), parts.get("styles"), any(epoch))


def _main_part(archive: zipfile.ZipFile, names: dict[str, str]) -> str:
    found: list[str] = []

    def override(name: str, attributes: Attributes) -> None:
        if _local(name) == "Override" and attributes.get("ContentType", "").endswith(("sheet.main+xml", "template.main+xml")):
            found.append(names.get(attributes.get("PartName", "").lstrip("/").lower(), ""))

    _all(archive, "[Content_Types].xml", override)
    main = next(filter(None, found), names.get("xl/workbook.xml"))
    if main is None:
        raise _damaged("its list of sheets is missing")
    return main


def _shared_texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    texts: list[str] = []
    pieces: list[str] = []
    state = _TextState()
    size = 0

    def start(name: str, attributes: Attributes) -> None:
        state.enter(_local(name))

    def end(name: str) -> None:
        nonlocal size
        local = _local(name)
        state.leave(local)
        if local == "si":
            text = _unescaped("".join(pieces))
            pieces.clear()
            size += len(text) + _TEXT_COST
            _refuse_long(len(text))
            if size > _MAX_TEXTS:
                raise UnreadableFile(
                    "The workbook's texts are larger than any table's. Save the table as “CSV UTF-8” and upload that.", code="too_large"
                )
            texts.append(text)

    def text(data: str) -> None:
        if state.taking:
            pieces.append(data)
            if len(pieces) % 64 == 0:
                _refuse_long(sum(map(len, pieces)))

    for _ in _parse(archive, part, start, end, text):
        pass
    return texts


@dataclass
class _TextState:
    """Whether character data belongs to a text: inside `t`, but not inside phonetic marks (`rPh`)."""

    inside: bool = False
    phonetic: int = 0

    @property
    def taking(self) -> bool:
        return self.inside and not self.phonetic

    def enter(self, local: str) -> None:
        if local == "t":
            self.inside = True
        elif local == "rPh":
            self.phonetic += 1

    def leave(self, local: str) -> None:
        if local == "t":
            self.inside = False
        elif local == "rPh":
            self.phonetic -= 1


def _refuse_long(letters: int) -> None:
    if letters > MAX_LINE:
        raise UnreadableFile(f"A cell is longer than {MAX_LINE:,} characters, so this is no table of customers.", code="too_large")


def _unescaped(text: str) -> str:
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _styles(archive: zipfile.ZipFile, part: str) -> tuple[tuple[int, ...], dict[int, str]]:
    """The number format of each cell style, and the workbook's own formats by number."""
    own: dict[int, str] = {}
    styles: list[int] = []
    inside: list[bool] = [False]

    def start(name: str, attributes: Attributes) -> None:
        local = _local(name)
        if local in {"cellXfs", "cellStyleXfs", "dxfs"}:
            inside[0] = local == "cellXfs"
        elif local == "xf" and inside[0]:
            styles.append(_whole(attributes.get("numFmtId", "0")))
        elif local == "numFmt":
            own[_whole(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")

    _all(archive, part, start)
    return tuple(styles), own


def _whole(text: str) -> int:
    if len(text) > 9 or not text.isascii() or not text.isdigit():
        raise _damaged(f"“{text[:20]}” stands where a number should be")
    return int(text)


@dataclass
class _SheetReader:
    """Handlers that collect the rows of a sheet; `taken` hands over those that are finished."""

    workbook: Workbook
    done: list[Row] = field(default_factory=list)
    number: int = 0
    column: int = -1
    kind: str = ""
    style: str = ""
    depth: int = 0
    value: list[str] = field(default_factory=list)
    taking: bool = False
    phonetic: int = 0
    has_formula: bool = False
    cells: dict[int, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    formulas: int = 0
    columns: dict[str, int] = field(default_factory=dict)

    def taken(self) -> list[Row]:
        rows, self.done = self.done, []
        return rows

    def start(self, name: str, attributes: Attributes) -> None:
        if ":" in name:
            name = _local(name)
        if name == "v" or name == "t":
            self.taking = not self.phonetic
        elif name == "c":
            self._open_cell(attributes)
        elif name == "row":
            self._open_row(attributes)
        elif name == "f":
            self.has_formula = True
        elif name == "rPh":
            self.phonetic += 1

    def text(self, data: str) -> None:
        if self.taking:
            self.value.append(data)
            if len(self.value) % 64 == 0:
                _refuse_long(sum(map(len, self.value)))

    def end(self, name: str) -> None:
        if ":" in name:
            name = _local(name)
        if name == "v" or name == "t":
            self.taking = False
        elif name == "c":
            self._close_cell()
        elif name == "row":
            self.done.append(Row(self.number, self.cells, self.errors, self.formulas))
        elif name == "rPh":
            self.phonetic -= 1

    def _open_row(self, attributes: Attributes) -> None:
        number = _whole(attributes["r"]) if "r" in attributes else self.number + 1
        if number > _MAX_ROW:
            raise _damaged("it has more rows than a sheet can have", "too_large")
        if number <= self.number:
            raise _damaged(f"row {number} follows row {self.number}")
        self.number, self.column = number, -1
        self.cells, self.errors, self.formulas = {}, {}, 0

    def _open_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        column = self.column + 1 if place is None else self._column(place.rstrip(_DIGITS))
        if not self.column < column < _MAX_COLUMN:
            raise _damaged(f"in row {self.number} the cells are out of order")
        self.column = column
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "0")
        self.value.clear()
        self.has_formula = False

    def _column(self, letters: str) -> int:
        known = self.columns.get(letters)
        if known is None:
            known = 0
            for letter in letters.upper()[:4]:
                known = known * 26 + ord(letter) - 64
            known -= 1
            self.columns[letters] = known
        return known

    def _close_cell(self) -> None:
        if not self.value:
            self.formulas += self.has_formula and self.kind != "str"
            return
        text = "".join(self.value) if len(self.value) > 1 else self.value[0]
        kind = self.kind
        if kind == "s":
            text = self._shared(text)
        elif kind == "n":
            text = self.workbook.dates.text(text, self.style) or number_text(text)
        elif kind == "b":
            text = "true" if text.strip() in {"1", "true"} else "false"
        elif kind == "e":
            self.errors[self.column] = text.strip()
            return
        elif kind == "d":
            text = text.strip().removesuffix("T00:00:00").removesuffix(".000").removesuffix("T00:00:00")
        else:
            text = _unescaped(text)
        _refuse_long(len(text))
        if text.strip():
            self.cells[self.column] = text

    def _shared(self, text: str) -> str:
        place = _whole(text.strip())
        if place >= len(self.workbook.texts):
            raise _damaged("a cell names a text that is not there")
        return self.workbook.texts[place]
