"""A workbook before it is opened: each part streamed once, so that what no table of customers holds is refused and never expanded.

Nothing that the archive says of itself is believed. On the way is kept what the reader of sheets does not tell of cells.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat  # document types, the only way to entities, are refused below

from segmentation.errors import UnreadableFile
from segmentation.intake.containers import DAMAGED, open_zip
from segmentation.intake.hidden import Lines
from segmentation.intake.limits import MAX_LINE, refuse_bytes, refuse_loaded

_CHUNK = 1 << 18
_MAX_ROW, _MAX_COLUMN, _MAX_DEPTH = 1_048_576, 16_384, 100
_TEXT_COST = 60  # bytes of a text in memory, beside its letters
_KINDS = 20  # Excel has fewer kinds of errors
_DIGITS = "0123456789"
_TEXTS = "xl/sharedstrings.xml"


@dataclass
class Counted:
    """Of a sheet: the first row with a cell, how many there are from it to the last one, columns from A, bytes of all texts.

    The workbook's shared texts are among those. The lines are those of cells with an error, with a formula but no stored result, and
    with a whole number too long to be kept.
    """

    first: int = 0
    rows: int = 0
    columns: int = 0
    texts: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    error_lines: Lines = field(default_factory=Lines)
    formulas: Lines = field(default_factory=Lines)
    long_numbers: Lines = field(default_factory=Lines)


def damaged(reason: str, code: str | None = None) -> UnreadableFile:
    return UnreadableFile(f"The workbook is damaged ({reason}). Open it in Excel, save it again and upload it once more.", code=code)


def scanned(path: Path) -> dict[str, Counted]:
    """The worksheets by name; UnreadableFile ("too_large" where a part would expand to more than any table of customers)."""
    scan = _Scan(path.stat().st_size)
    with open_zip(path) as archive:
        parts = {info.filename.replace("\\", "/").lower(): info for info in archive.infolist()}
        for name in [name for name in parts if name.endswith(".rels")]:
            scan.read(archive, parts[name], name)
        sheets = dict(scan.relations)
        for name in sorted(parts, key=lambda name: (name in sheets.values(), name)):  # shared texts before cells
            if not name.endswith(".rels"):
                scan.read(archive, parts[name], name)
        if (len(parts), len(sheets), len(dict(scan.names))) < (len(archive.infolist()), len(scan.relations), len(scan.names)):
            raise damaged("it says two things of one part")
    return {name: scan.counted[sheets[key]] for name, key in scan.names if sheets.get(key) in scan.counted}


class _Scan:
    """Handlers of all parts. `texts`: bytes of the shared ones; `relations`: (id, part) of worksheets; `names`: (sheet, id)."""

    def __init__(self, packed: int) -> None:
        self.packed, self.unpacked, self.shared = packed, 0, 0
        self.texts: list[int] = []
        self.relations: list[tuple[str, str]] = []
        self.names: list[tuple[str, str]] = []
        self.counted: dict[str, Counted] = {}
        self.places: dict[str, int] = {}

    def read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
        """Unpack a part, and parse it where its name says XML: no other is taken for a sheet."""
        self.part, self.sheet = name, Counted(texts=self.shared)
        self.row = self.depth = self.inside = self.bytes = endless = 0
        self.value: list[str] = []
        self.taking = self.stored = self.formula = False
        parser = expat.ParserCreate("utf-8")  # whatever is declared: the reader takes it for that
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self.start, self.end, self.text
        parser.CommentHandler = parser.StartCdataSectionHandler = self.aside
        try:
            with archive.open(info) as stream:
                while piece := stream.read(_CHUNK):
                    self.unpacked += len(piece)
                    refuse_bytes(self.unpacked, self.packed)
                    if name.endswith((".xml", ".rels")):
                        if b"\0" in piece:
                            raise damaged("a part of it is not UTF-8")
                        endless = 0 if b">" in piece else endless + len(piece)
                        if endless > MAX_LINE:
                            raise damaged(f"a cell is longer than {MAX_LINE:,} characters", "too_large")
                        parser.Parse(piece, False)
            if name.endswith((".xml", ".rels")):
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise damaged(f"its XML cannot be read: {expat.errors.messages.get(error.code, 'error')}") from error
        except DAMAGED as error:
            raise damaged("a part of it cannot be unpacked") from error

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise damaged("its parts are nested endlessly", "too_large")
        name = name[name.find(":") + 1 :]
        if name in {"v", "t", "is"}:
            self.taking, self.stored = name != "is", True
        elif name == "c" and self.inside:
            self._open_cell(attributes.get("r"))
            self.kind = attributes.get("t", "n")
        elif name == "row" and self.inside:
            self._open_row(attributes.get("r") or str(self.row + 1))
        elif name == "f":
            self.formula = True
        elif name == "sheetData":
            if self.inside or self.part in self.counted:
                raise damaged("a sheet has two tables of cells")
            self.inside = self.depth
        elif name == "si":
            self.bytes = 0
        elif name in {"sheet", "Relationship"}:
            self._described(attributes)

    def _described(self, attributes: dict[str, str]) -> None:
        if self.part == "xl/workbook.xml":
            key = next((value for attribute, value in attributes.items() if attribute.endswith(":id")), "")
            self.names.append((attributes.get("name", ""), key))
        elif self.part == "xl/_rels/workbook.xml.rels":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "").replace("\\", "/")))
            self.relations.append((attributes.get("Id", ""), target.lstrip("/").lower()))

    def text(self, data: str) -> None:
        if self.taking:
            self.bytes += len(data) if data.isascii() else len(data.encode())
            if self.inside:
                self.value.append(data)

    def aside(self, *_: object) -> None:
        if self.taking:
            raise damaged("a remark stands inside a cell")

    def end(self, name: str) -> None:
        self.depth -= 1
        name = name[name.find(":") + 1 :]
        if name in {"v", "t"}:
            self.taking = False
        elif name == "c" and self.inside and (self.stored or self.formula):
            self._close_cell("".join(self.value).strip())
        elif name == "si" and self.part == _TEXTS:
            self.texts.append(self.bytes)
            self.shared += self.bytes + _TEXT_COST
            refuse_loaded(self.shared)
        elif name == "sheetData":
            self.inside, self.counted[self.part] = 0, self.sheet

    def _open_row(self, digits: str) -> None:
        number = int(digits) if len(digits) < 10 and digits.isdecimal() else 0
        if number > _MAX_ROW:
            raise damaged("it has more rows than a sheet can have", "too_large")
        if number <= self.row or self.depth != self.inside + 1:
            raise damaged(f"row {digits[:20]} follows row {self.row}")
        self.row, self.digits, self.column = number, digits, -1

    def _open_cell(self, place: str | None) -> None:
        column = self.column + 1 if place is None else self._place(place)
        if not (self.row and self.depth == self.inside + 2 and self.column < column < _MAX_COLUMN):
            raise damaged(f"in row {self.row} the cells are out of order")
        self.column, self.bytes, self.stored, self.formula = column, 0, False, False
        self.value.clear()

    def _place(self, reference: str) -> int:
        letters = reference.rstrip(_DIGITS)
        if reference[len(letters) :] != self.digits:
            return -1
        if letters not in self.places:
            place = 0
            for letter in letters.upper()[:4]:
                place = place * 26 + ord(letter) - 64
            self.places[letters] = place - 1
        return self.places[letters]

    def _close_cell(self, text: str) -> None:
        sheet = self.sheet
        sheet.first = sheet.first or self.row
        sheet.rows, sheet.columns = self.row - sheet.first + 1, max(sheet.columns, self.column + 1)
        sheet.texts += self._shared(text) if self.kind == "s" else self.bytes
        if self.kind == "e":
            sheet.errors[text if text in sheet.errors or len(sheet.errors) < _KINDS else "other errors"] += 1
            sheet.error_lines.add(self.row)
        elif self.formula and not text and self.kind != "str":
            sheet.formulas.add(self.row)
        elif self.kind == "n" and 15 < len(text) < 300 and text.isdecimal() and int(float(text)) != int(text):
            sheet.long_numbers.add(self.row)

    def _shared(self, text: str) -> int:
        place = int(text) if len(text) < 10 and text.isdecimal() else len(self.texts)
        if place >= len(self.texts):
            raise damaged("a cell names a text that is not there")
        return self.texts[place]


def _refuse_doctype(*_: object) -> None:
    raise UnreadableFile(
        "The workbook declares a document type, as no spreadsheet program does, so it was not read. Save it again in Excel."
    )
