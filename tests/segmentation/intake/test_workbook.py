"""Excel workbooks: sheets, typed cells, lines as Excel counts them, what stands around the table."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from segmentation.errors import UnreadableFile
from segmentation.intake import FileFormat, inspect_file, read_customers
from segmentation.intake.opening import opened
from segmentation.intake.rows import Wanted, read_file
from segmentation.roles import Role, Schema
from tests.segmentation.intake.made import codes, put, read, repacked, text, text_workbook, workbook

ROWS = [("id", "name"), ("1", "Zoë"), ("2", "two\nlines")]
SHEET = "xl/worksheets/sheet1.xml"


def sheet(*rows: str, prefix: str = "") -> bytes:
    """A workbook whose only sheet holds these rows of XML."""
    p = f"{prefix}:" if prefix else ""
    space = f"xmlns{':' + prefix if prefix else ''}"
    inside = f'<{p}worksheet {space}="x"><{p}sheetData>{"".join(rows)}</{p}sheetData></{p}worksheet>'
    return repacked(workbook([("id", "n"), ("a", "b")]), **{SHEET: inside.encode()})


def test_typed_cells_become_the_text_that_a_csv_would_hold(tmp_path: Path) -> None:
    row = (7, 1000.0, 0.1, -3, True, False, date(2024, 2, 29), datetime(2024, 2, 29, 13, 5, 9), time(8, 30), "  padded ", 1e20, "007")
    table, (cells,) = read(put(tmp_path, workbook([[f"c{i}" for i in range(len(row))], row])))
    assert cells == [
        "7", "1000", "0.1", "-3", "true", "false", "2024-02-29", "2024-02-29 13:05:09", "08:30:00", "padded", "1e+20", "007",
    ]  # fmt: skip
    assert table.format == FileFormat("", "", None, "xlsx", "Sheet1")


def test_lines_are_excels_and_titles_and_margins_are_passed_over(tmp_path: Path) -> None:
    rows = [
        [],
        [None, "Customers 2024"],
        [],
        [None, "id", "n", "city"],
        [None, 1, 2, "Rome"],
        [],
        [None, 3, 4, "Oslo"],
        [None, "Total", 6, None],
    ]
    table, records = read(put(tmp_path, workbook(rows)))
    assert (table.header, records, table.lines.tolist()) == (("id", "n", "city"), [["1", "2", "Rome"], ["3", "4", "Oslo"]], [5, 7])
    assert [(reject.line, reject.value) for reject in table.rejects] == [(8, "Total 6")]
    (finding,) = [finding for finding in table.findings if finding.code == "above_header"]
    assert (finding.lines, "Customers 2024" in finding.message) == ((2,), True)


def test_the_first_sheet_with_a_table_is_read_and_the_others_are_offered(tmp_path: Path) -> None:
    path = put(tmp_path, workbook([["Read me"]], sheet="Info", Customers=ROWS, Older=[("id", "old"), ("9", "x")]))
    preview = inspect_file(path)
    assert (preview.sheets, preview.format.sheet, preview.rows) == (("Info", "Customers", "Older"), "Customers", 2)
    assert codes(read(path)[0])["sheet_chosen"] == "note"
    stated = FileFormat("", "", None, "xlsx", "Older")
    assert read_customers(path, file_format=stated).customers["customer_key"].tolist() == ["9"]
    assert "sheet_chosen" not in codes(read(path, stated)[0])
    with pytest.raises(UnreadableFile, match="“Customers”, “Older”") as refused:
        read(path, FileFormat("", "", None, "xlsx", "Nowhere"))
    assert refused.value.code == "unknown_sheet"


def test_hidden_sheets_come_last(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([("id", "a"), ("1", "hidden")], sheet="Secret", Open=[("id", "a"), ("1", "seen")])))
    book["Secret"].sheet_state = "hidden"
    book.save(tmp_path / "b.xlsx")
    assert read(tmp_path / "b.xlsx")[1] == [["1", "seen"]]


def test_errors_and_formulas_without_results_are_missing_and_flagged(tmp_path: Path) -> None:
    table, records = read(put(tmp_path, workbook([("id", "n", "m"), ("1", "#REF!", 5), ("2", 4, "=B2+1"), ("3", "#DIV/0!", 6)])))
    assert records == [["1", None, "5"], ["2", "4", None], ["3", None, "6"]]
    assert codes(table) == {"cell_errors": "flag", "formula_without_value": "flag"}
    errors, formulas = table.findings
    assert (errors.lines, "#DIV/0! 1" in errors.message, formulas.lines) == ((2, 4), True, (3,))


def test_errors_of_other_sheets_are_not_told(tmp_path: Path) -> None:
    path = put(tmp_path, workbook(ROWS, sheet="A & B", Other=[("id", "n"), ("1", "#REF!")]))
    assert codes(read(path)[0]) == {"sheet_chosen": "note"}
    assert codes(read(path, FileFormat("", "", None, "xlsx", "Other"))[0]) == {"cell_errors": "flag"}


def test_a_value_beside_the_table_rejects_its_row(tmp_path: Path) -> None:
    rows = [("id", "n"), *((n, n) for n in range(60)), (60, 60, None, "stray"), (61, 61)]
    table, records = read(put(tmp_path, workbook(rows)))
    assert [(reject.line, "column D" in reject.reason) for reject in table.rejects] == [(62, True)]
    assert (len(records), table.file_rows) == (61, 62)


def test_a_sheet_without_a_header_or_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="holds values"):
        read(put(tmp_path, workbook([(1, 5.5), (2, 6.5), (3, 7.5)])))
    with pytest.raises(UnreadableFile, match="no customers below"):
        read(put(tmp_path, workbook([("id", "n")])))
    with pytest.raises(UnreadableFile, match="are empty"):
        read(put(tmp_path, workbook([])))


def test_a_file_to_score_may_be_a_workbook(tmp_path: Path) -> None:
    rows = [("id", "income", "kids"), *((n, 100.5 * n, n % 3) for n in range(1, 9))]
    intake = read_customers(put(tmp_path, text(rows)))
    needed = Schema(tuple(column for column in intake.schema if column.role is not Role.CUSTOMER_ID))
    wanted = Wanted(needed, intake.schema, date(2024, 1, 1))
    found = [read_file(put(tmp_path, content), wanted) for content in (text(rows), workbook(rows))]
    assert found[0].customers.equals(found[1].customers)
    assert found[0].places.tolist() == found[1].places.tolist()


# The XML itself


def test_prefixes_inline_texts_phonetics_and_missing_places_are_read(tmp_path: Path) -> None:
    row = '<x:row><x:c t="inlineStr"><x:is><x:r><x:t>a</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh><x:r><x:t>_x0041_</x:t></x:r></x:is></x:c>'
    rows = [row.replace("_x0041_", "d") + '<x:c t="str"><x:v>n</x:v></x:c></x:row>', row + "<x:c><x:v>1.50</x:v></x:c></x:row>"]
    table, records = read(put(tmp_path, sheet(*rows, prefix="x")))
    assert (table.header, records, table.lines.tolist()) == (("ad", "n"), [["aA", "1.5"]], [2])


@pytest.mark.parametrize(
    "rows",
    [
        ['<row r="2"><c r="A2"><v>1</v></c></row>', '<row r="1"><c r="A1"><v>1</v></c></row>'],
        ['<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'],
        ['<row r="99999999"><c r="A1"><v>1</v></c></row>'],
        ['<row r="1"><c r="ZZZZ1"><v>1</v></c></row>'],
        ['<row r="1"><c r="A1" t="s"><v>99</v></c></row>'],
        ['<row r="1"><c r="A1" t="s"><v>x</v></c></row>'],
        ['<row r="-1"><c r="A1"><v>1</v></c></row>'],
        ["<row><c><v>1</v></row>"],
        ['<row><c><c t="str"><v>n</v></c><v>1</v></c></row>'],
        ['<row><row r="5"><c><v>1</v></c></row></row>'],
        ["</sheetData><sheetData>"],
    ],
)
def test_sheets_that_no_program_writes_are_refused_as_damaged(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        read(put(tmp_path, sheet(*rows)))


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    declared = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    bomb = declared + b'<worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>'
    with pytest.raises(UnreadableFile, match="document type"):
        read(put(tmp_path, repacked(workbook(ROWS), **{SHEET: bomb})))


@pytest.mark.parametrize("part", ["[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", SHEET])
def test_broken_parts_are_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(UnreadableFile):
        read(put(tmp_path, repacked(workbook(ROWS), **{part: b"<spreadsheetml"})))


def test_the_texts_of_cells_are_utf_8_and_nothing_else(tmp_path: Path) -> None:
    wide = '<?xml version="1.0" encoding="UTF-16"?><worksheet><sheetData/></worksheet>'.encode("utf-16")
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        read(put(tmp_path, repacked(workbook(ROWS), **{SHEET: wide})))


@pytest.mark.parametrize("inside", ["<![CDATA[1]]>", "1<!-- 2 -->"])
def test_what_the_reader_would_pass_over_in_a_cell_is_refused(tmp_path: Path, inside: str) -> None:
    with pytest.raises(UnreadableFile, match="remark"):
        read(put(tmp_path, sheet('<row><c t="str"><v>id</v></c></row>', f"<row><c><v>{inside}</v></c></row>")))


def test_a_sheet_that_is_not_where_sheets_are_is_never_read_unscanned(tmp_path: Path) -> None:
    content = workbook(ROWS)
    relations = "xl/_rels/workbook.xml.rels"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        moved = {relations: archive.read(relations).replace(b"sheet1.xml", b"sheet1.png"), "xl/worksheets/sheet1.png": archive.read(SHEET)}
    with pytest.raises(UnreadableFile, match="where its sheets are"):
        read(put(tmp_path, repacked(content, **moved)))


def test_strict_workbooks_and_parts_in_other_letters_are_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    names = {b"schemas.openxmlformats.org/spreadsheetml/2006": b"purl.oclc.org/ooxml/spreadsheetml",
             b"schemas.openxmlformats.org/officeDocument/2006": b"purl.oclc.org/ooxml/officeDocument"}  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(text_workbook([["id", "n"], ["a", "b"]]))) as old, zipfile.ZipFile(buffer, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part.startswith("xl/"):
                for ours, theirs in names.items():
                    content = content.replace(b"http://" + ours, b"http://" + theirs)
            new.writestr(part.replace("sharedStrings", "SharedStrings"), content)
    assert read(put(tmp_path, buffer.getvalue()))[1] == [["a", "b"]]


# Numbers and dates


@pytest.mark.parametrize("since_1904", [False, True])
def test_dates_are_those_that_were_written(tmp_path: Path, since_1904: bool) -> None:
    book = openpyxl.Workbook()
    page = book.active
    if since_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    page.append(["id", "day", "instant"])
    rng = np.random.default_rng(4)
    told = []
    for n in range(200):
        instant = datetime(1905, 1, 1) + timedelta(days=int(rng.integers(60_000)), seconds=int(rng.integers(86_400)))
        page.append([f"k{n}", instant.date(), instant])
        told.append([f"k{n}", instant.date().isoformat(), instant.isoformat(" ").removesuffix(" 00:00:00")])
    book.save(tmp_path / "d.xlsx")
    assert read(tmp_path / "d.xlsx")[1] == told


@pytest.mark.parametrize(
    ("code", "number", "told"),
    [
        ("yyyy\\-mm\\-dd", 45000, "2023-03-15"), ('"due" d.m.yy', 45000, "2023-03-15"),
        ("[$-407]d. mmmm yyyy;@", 45000.5, "2023-03-15 12:00:00"),
        ("mmm-yy", 45000, "2023-03-15"), ("h:mm", 0.25, "06:00:00"), ("mm:ss.0", 0.0123, "00:17:42.720"),
        ("[h]:mm", 1.5, "36:00:00"), ("0.00", 45000, "45000"),
        ('0.0 "days"', 45000, "45000"), ("General", 45000, "45000"), ("[Red]#,##0", 45000, "45000"), ("#,##0_d", 45000, "45000"),
        ("d.m.yyyy", 1, "1900-01-01"), ("d.m.yyyy", 59, "1900-02-28"), ("d.m.yyyy", 61, "1900-03-01"),
        ("d.m.yyyy", 2958465, "9999-12-31"), ("d.m.yyyy", 2958466, "2958466"), ("d.m.yyyy", 45000.99999999999, "2023-03-16"),
    ],
)  # fmt: skip
def test_number_formats_say_what_is_a_date(tmp_path: Path, code: str, number: float, told: str) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "n"], ["a", number]):
        book.active.append(row)
    book.active["B2"].number_format = code
    book.save(tmp_path / "f.xlsx")
    assert read(tmp_path / "f.xlsx")[1] == [["a", told]]


def test_numbers_lose_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    values = [*(rng.standard_normal(500) * 10.0 ** rng.integers(-300, 300, 500)).tolist(), 1e15, 123456789012345.0, -0.5]
    rows = ['<row><c t="str"><v>id</v></c></row>', *(f"<row><c><v>{value:.17g}</v></c></row>" for value in values)]
    table, records = read(put(tmp_path, sheet(*rows)))
    assert ([float(text) for (text,) in records], codes(table)) == (values, {})
    rows[1:] = [f"<row><c><v>{text}</v></c></row>" for text in ("0.10000000000000001", "3.0", "1E3", "1234567890123456")]
    assert read(put(tmp_path, sheet(*rows)))[1] == [["0.1"], ["3"], ["1000"], ["1234567890123456"]]


def test_whole_numbers_whose_last_digits_are_lost_are_told(tmp_path: Path) -> None:
    rows = [f"<row><c {kind}><v>{text}</v></c></row>" for kind, text in (('t="str"', "id"), ("", "5"), ("", "12345678901234567891"))]
    (finding,) = read(put(tmp_path, sheet(*rows)))[0].findings
    assert (finding.code, finding.severity, finding.lines) == ("digits_lost", "flag", (3,))


def test_a_sheet_of_notes_is_no_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    notes = book.active
    assert notes is not None
    for line in ("Made by the shop", "Ask Ana", "Monthly"):
        notes.append([line])
    customers = book.create_sheet("Customers")
    for row in (["ID", "Income"], [1, 10], [2, 20], [3, 30]):
        customers.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    with opened(path) as table:
        assert (table.format.sheet, table.header) == ("Customers", ("ID", "Income"))
        assert "sheet_chosen" in {finding.code for finding in table.findings}
