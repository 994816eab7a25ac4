"""What a file is, told from its bytes and never from its name."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path

from segmentation.errors import UnreadableFile
from segmentation.intake.types import Container, FileFormat

BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_PARQUET = b"PAR1"
_SAVE = "Open it and save the table of customers as “CSV UTF-8” or as an Excel workbook (.xlsx)."
_UNPACK = "Unpack it and upload the table of customers that is in it."
_FOREIGN = (
    (b"PK\x05\x06", "an empty zip archive", _UNPACK),
    (b"PK\x07\x08", "a zip archive in parts", _UNPACK),
    (b"%PDF", "a PDF document", _SAVE),
    (b"PARE", "an encrypted Parquet file", "Write it without encryption and upload it again."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls) or one with a password", _SAVE),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"SQLite format 3\x00", "a database", "Export its table of customers as CSV and upload that."),
    (b"ARROW1", "an Arrow file", "Write the table as Parquet or CSV and upload that."),
    (b"\x89PNG", "a picture", _SAVE),
    (b"\xff\xd8\xff", "a picture", _SAVE),
    (b"GIF8", "a picture", _SAVE),
    (b"\x89HDF\r\n", "an HDF5 file", "Write the table as Parquet or CSV and upload that."),
    (b"{\\rtf", "a text document", _SAVE),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f]")
_JSON = re.compile(rb'(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*"[^"\n]*"\s*:')
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")
_INSIDE = (
    (b"macroenabled", "an Excel workbook with macros", "Save it as an Excel workbook without macros (.xlsx) and upload that."),
    (b"sheet.binary", "a binary Excel workbook (.xlsb)", _SAVE),
    (b"wordprocessingml.document.main", "a Word document", _SAVE),
    (b"presentationml.", "a presentation", _SAVE),
)
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, KeyError, ValueError, struct.error)
"""What reading a damaged archive raises; RuntimeError is a part with a password."""
_DIRECTORY = 4 << 20
_PART = 1 << 20


def container_of(path: Path) -> Container:
    """What the file is; UnreadableFile says what else it is and what to do."""
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if head.startswith(_ZIP):
        _refuse_all_but_workbooks(path)
        return "xlsx"
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(GZIP):
        return "gzip"
    refuse_foreign(head)
    return "text"


def refuse_foreign(head: bytes) -> None:
    """UnreadableFile where the first bytes of what should be text are not text."""
    if not head.strip():
        raise UnreadableFile("The file is empty. Upload a table with a header line and one line for each customer.", code="empty_file")
    for magic, what, remedy in (
        *_FOREIGN,
        (_ZIP, "a zip archive", _UNPACK),
        (GZIP, "a gzip archive", _UNPACK),
        (_PARQUET, "a Parquet file", _UNPACK),
    ):
        if head.startswith(magic):
            raise UnreadableFile(f"This is {what}, not a table of customers. {remedy}")
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise UnreadableFile("This is a Python pickle, not a table. Pickles are never opened; write the table with to_csv or to_parquet.")
    if head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise UnreadableFile(f"This is a web page or an XML document, not a table of customers. {_SAVE}")
    if _JSON.match(head):
        raise UnreadableFile("This is JSON, not a table of customers. Write one line for each customer as CSV and upload that.")
    if any(head.startswith(bom) for bom, _ in BOMS) or wide_encoding(head):
        return
    sample = head[:65_536]
    strange = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\r\x0c\x1a\x0b")
    if strange > max(4, len(sample) // 100):
        raise UnreadableFile("The file holds binary data, not text. Export the table of customers as “CSV UTF-8” and upload that.")


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, where the bytes prove it: in no other order do they make lines of printable text."""
    sample = head[: 1 << 14]
    if b"\0" not in sample:
        return None
    for encoding, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        try:
            text = sample[: len(sample) - len(sample) % width].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4:  # the sample may end inside a pair
                continue
            text = sample[: error.start].decode(encoding)
        lines = text.replace("\r", "\n").split("\n")
        if len(lines) > 1 and lines[0].replace("\t", "").isprintable() and not _CONTROLS.search(text):
            return encoding
    return None


def checked_format(stated: FileFormat | None, found: Container) -> FileFormat | None:
    """`stated` itself, where a file that is a `found` can be read so; UnreadableFile ("wrong_container") where not."""
    if stated is None:
        return None
    texts: tuple[Container, ...] = ("text", "gzip")
    if stated.container != found and not (found in texts and stated.container in texts):
        raise UnreadableFile(
            f"The mapping says that this is {_NAMES[stated.container]}, but it is {_NAMES[found]}. Correct its format, or leave it out.",
            code="wrong_container",
            details={"stated": stated.container, "found": found},
        )
    return stated


_NAMES: dict[Container, str] = {"text": "text", "gzip": "text in a gzip archive", "xlsx": "an Excel workbook", "parquet": "a Parquet file"}


def open_zip(path: Path) -> zipfile.ZipFile:
    """The archive, once its directory is known to be small; UnreadableFile where it is damaged or endless."""
    try:
        if _directory_size(path) > _DIRECTORY:
            raise UnreadableFile("The workbook lists far more parts than any workbook has, so it was not opened.", code="too_large")
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
        raise UnreadableFile("The workbook or archive is damaged. Save it again and upload it once more.") from error


def _directory_size(path: Path) -> int:
    """Bytes of the archive's list of parts, as its end says; the larger where it says two."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 66_000))
        tail = stream.read()
    sizes = [0]
    if (end := tail.rfind(b"PK\x05\x06")) >= 0:
        (listed,) = struct.unpack_from("<L", tail, end + 12)
        sizes.append(0 if listed == 0xFFFFFFFF else listed)
    if (end := tail.rfind(b"PK\x06\x06")) >= 0:
        sizes.append(struct.unpack_from("<Q", tail, end + 40)[0])
    return max(sizes)


def _refuse_all_but_workbooks(path: Path) -> None:
    with open_zip(path) as archive:
        names = archive.namelist()
        types = small_part(archive, "[Content_Types].xml").lower() if "[Content_Types].xml" in names else b""
        kind = small_part(archive, "mimetype") if "mimetype" in names else b""
    if b"opendocument.spreadsheet" in kind:
        raise UnreadableFile(f"This is an OpenDocument spreadsheet (.ods). {_SAVE}")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        types += b" macroenabled"
    for mark, what, remedy in _INSIDE:
        if mark in types:
            raise UnreadableFile(f"This is {what}, which is not opened. {remedy}")
    if b"spreadsheetml" not in types:
        inside = f" It holds {', '.join(name[:80] for name in names[:3])}{' and more' if len(names) > 3 else ''}." if names else ""
        raise UnreadableFile(f"This is a zip archive, which is not opened.{inside} {_UNPACK}")


def small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part of at most 1 MiB; UnreadableFile where it is longer or damaged."""
    try:
        with archive.open(name) as stream:
            content = stream.read(_PART + 1)
    except DAMAGED as error:
        raise UnreadableFile("The workbook or archive is damaged. Save it again and upload it once more.") from error
    if len(content) > _PART:
        raise UnreadableFile("The archive's own description is far larger than any workbook's, so it was not opened.", code="too_large")
    return content
