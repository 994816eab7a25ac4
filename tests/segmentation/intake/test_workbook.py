"""Excel workbooks: sheets, typed cells, lines as Excel counts them, what stands around the table."""

from __future__ import annotations

import io
import math
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import python_calamine

from segmentation.errors import UnreadableFile
from segmentation.intake import FileFormat, inspect_file, read_customers
from segmentation.intake.rows import Wanted, read_file
from segmentation.intake.serials import DateFormats, number_text
from segmentation.intake.workbook import column_letters
from segmentation.roles import Role, Schema
from tests.segmentation.intake.made import codes, put, read, repacked, text, workbook

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


# Numbers and dates, beside a reader made by others


@pytest.mark.parametrize("since_1904", [False, True])
def test_dates_are_those_that_another_reader_sees(tmp_path: Path, since_1904: bool) -> None:
    book = openpyxl.Workbook()
    page = book.active
    if since_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    page.append(["id", "day", "instant"])
    rng = np.random.default_rng(4)
    for n in range(200):
        instant = datetime(1905, 1, 1) + timedelta(days=int(rng.integers(60_000)), seconds=int(rng.integers(86_400)))
        page.append([f"k{n}", instant.date(), instant])
    book.save(tmp_path / "d.xlsx")
    _, records = read(tmp_path / "d.xlsx")
    theirs = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "d.xlsx")).get_sheet_by_index(0).to_python()[1:]
    assert records == [[key, day.isoformat(), instant.isoformat(" ").removesuffix(" 00:00:00")] for key, day, instant in theirs]


@pytest.mark.parametrize(
    ("code", "serial", "told"),
    [
        ("yyyy\\-mm\\-dd", "45000", "2023-03-15"), ('"due" d.m.yy', "45000", "2023-03-15"),
        ("[$-407]d. mmmm yyyy;@", "45000.5", "2023-03-15 12:00:00"),
        ("mmm-yy", "45000", "2023-03-15"), ("h:mm", "0.25", "06:00:00"), ("[h]:mm", "1.5", "36:00:00"), ("0.00", "45000", None),
        ('0.0 "days"', "45000", None), ("General", "45000", None), ("[Red]#,##0", "45000", None), ("#,##0_d", "45000", None),
        ("d.m.yyyy", "1", "1900-01-01"), ("d.m.yyyy", "59", "1900-02-28"), ("d.m.yyyy", "60", "1900-02-29"),
        ("d.m.yyyy", "61", "1900-03-01"),
        ("d.m.yyyy", "2958465", "9999-12-31"), ("d.m.yyyy", "2958466", None), ("d.m.yyyy", "-1", None), ("d.m.yyyy", "nan", None),
        ("d.m.yyyy", "45000.99999999999", "2023-03-16"),
    ],
)  # fmt: skip
def test_number_formats_say_what_is_a_date(code: str, serial: str, told: str | None) -> None:
    assert DateFormats([0, 170], {170: code}, False).text(serial, "1") == told


def test_numbers_lose_nothing() -> None:
    rng = np.random.default_rng(2)
    for value in [*(rng.standard_normal(500) * 10.0 ** rng.integers(-300, 300, 500)).tolist(), 1e15, 123456789012345.0, -0.5]:
        assert float(number_text(f"{value:.17g}")) == value
    assert number_text("12345678901234567890") == "12345678901234567890"
    assert (number_text("0.10000000000000001"), number_text("3.0"), number_text("1E3"), number_text("?")) == ("0.1", "3", "1000", "?")
    assert math.isinf(float(number_text("1e999")))


def test_columns_are_called_as_excel_calls_them() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
