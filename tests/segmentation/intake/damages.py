"""Customer files as people really send them: each kind of damage, and the exact outcome that a user may rely on."""

from __future__ import annotations

import gzip
import json
import pickle

from tests.segmentation.intake.damage import (
    CUSTOMERS,
    GERMAN,
    MISSPELT,
    Damage,
    as_text,
    day_of,
    excel_serial,
    found,
    header_as,
    lines_of,
    one_hot,
    parquet,
    place,
    plain,
    plain_bytes,
    small_days,
    with_cells,
    with_column,
    with_macros,
    without,
    workbook,
    zipped,
)

ACCENTED = with_cells("Marital_Status", {3: "Séparée", 7: "Séparée", 9: "Séparée", 20: "Séparée"})
QUOTED = with_cells("Education", {2: 'Ph"D', 5: "Basic, part-time", 9: "Two\nlines"})

CAPITALS = with_cells("Marital_Status", {2: "SINGLE", 4: "single"})
SPACED = with_cells("Education", {2: "2n   Cycle"})
MISSPELT_WORD = with_cells("Marital_Status", {2: "Maried"})

DIALECTS = (
    Damage("semicolons", lambda rows: plain(rows, delimiter=";").encode()),
    Damage("tabs", lambda rows: plain(rows, delimiter="\t").encode()),
    Damage("vertical bars", lambda rows: plain(rows, delimiter="|").encode()),
    Damage("everything quoted", lambda rows: plain(rows, quoting=1).encode()),
    Damage("quotes, delimiters and line ends in cells", as_text(QUOTED), QUOTED),
    Damage("the same with semicolons", lambda rows: plain(QUOTED(rows), delimiter=";").encode(), QUOTED),
    Damage("Windows line ends", lambda rows: plain(rows, lineterminator="\r\n").encode()),
    Damage("old Macintosh line ends", lambda rows: plain(rows, lineterminator="\r").encode()),
    Damage("line ends of both kinds", lambda rows: plain(rows).replace("\n", "\r\n", 20).encode()),
    Damage("no end of the last line", lambda rows: plain(rows).rstrip("\n").encode()),
    Damage("Excel's own first line", lambda rows: b"sep=;\r\n" + plain(rows, delimiter=";").encode()),
)

ENCODINGS = (
    Damage("UTF-8 with a mark", lambda rows: plain(ACCENTED(rows)).encode("utf-8-sig"), ACCENTED),
    Damage("UTF-16 with a mark", lambda rows: plain(ACCENTED(rows)).encode("utf-16"), ACCENTED),
    Damage("UTF-16, big end first", lambda rows: b"\xfe\xff" + plain(ACCENTED(rows)).encode("utf-16-be"), ACCENTED),
    Damage("UTF-16 without a mark", lambda rows: plain(ACCENTED(rows)).encode("utf-16-le"), ACCENTED),
    Damage("UTF-32", lambda rows: plain(ACCENTED(rows)).encode("utf-32"), ACCENTED),
    Damage("Windows Latin", lambda rows: plain(ACCENTED(rows)).encode("cp1252"), ACCENTED, found=found("encoding_assumed")),
    Damage("invisible NULs", lines_of(lambda lines: [lines[0], "\0" + lines[1], *lines[2:]]), found=found("nul_removed")),
)

CONTAINERS = (
    Damage("gzip", lambda rows: gzip.compress(plain_bytes(rows))),
    Damage("a workbook", workbook, lost=found("date_order")),
    Damage("a workbook of texts", lambda rows: workbook(rows, typed=False)),
    Damage("a workbook with a title above", lambda rows: workbook(rows, above=3), found=found("above_header"), lost=found("date_order")),
    Damage(
        "a workbook whose second sheet has the table",
        lambda rows: workbook(rows, before=True),
        found=found("sheet_chosen"),
        lost=found("date_order"),
    ),
    Damage("Parquet", parquet, lost=found("date_order")),
    Damage("a zip archive", zipped, refused="unreadable_file"),
    Damage("a workbook with macros", with_macros, refused="unreadable_file"),
    Damage("an old workbook", lambda rows: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), refused="unreadable_file"),
    Damage("a pickle", lambda rows: pickle.dumps(rows), refused="unreadable_file"),
    Damage("a PDF document", lambda rows: b"%PDF-1.7\n" + plain_bytes(rows), refused="unreadable_file"),
    Damage("a picture", lambda rows: b"\x89PNG\r\n\x1a\n" + plain_bytes(rows), refused="unreadable_file"),
    Damage("JSON", lambda rows: json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]).encode(), refused="unreadable_file"),
    Damage("a web page", lambda rows: b"<html><body><table><tr><td>1</td></tr></table></body></html>", refused="unreadable_file"),
    Damage("half a workbook", lambda rows: workbook(rows)[:2000], refused="unreadable_file"),
    Damage("half a gzip", lambda rows: gzip.compress(plain_bytes(rows))[:900], refused="unreadable_file"),
    Damage("half a Parquet file", lambda rows: parquet(rows)[:900], refused="unreadable_file"),
    Damage("gzip in gzip", lambda rows: gzip.compress(gzip.compress(plain_bytes(rows))), refused="unreadable_file"),
    Damage("noise", lambda rows: bytes(range(256)) * 40, refused="unreadable_file"),
)

HEADERS = (
    Damage("padded headers", as_text(lambda rows: [[f"  {header} " for header in rows[0]], *rows[1:]])),
    Damage("capital headers", as_text(lambda rows: [[header.upper() for header in rows[0]], *rows[1:]])),
    Damage("zero-width marks in a header", as_text(header_as({"Income": "In\u200bcome"})), found=found("hidden_characters")),
    Damage("columns in another order", as_text(lambda rows: [list(reversed(row)) for row in rows])),
    Damage("trailing empty columns", as_text(lambda rows: [[*row, "", ""] for row in rows])),
    Damage("a column repeated", as_text(lambda rows: [[*row, row[place(rows, "Income")]] for row in rows]), found=found("repeated_column")),
    Damage("no header", lambda rows: plain_bytes(rows[1:]), refused="no_header"),
    Damage("a header alone", lambda rows: plain_bytes(rows[:1]), refused="no_rows"),
    Damage("values under no name", as_text(lambda rows: [[*rows[0], ""], *([*row, "7"] for row in rows[1:])]), refused="unnamed_column"),
    Damage("no customer id", as_text(without("ID")), refused="missing_role"),
    Damage(
        "100,000 columns", lambda rows: b",".join(b"c%d" % n for n in range(100_000)) + b"\n" + b"," * 99_999 + b"\n", refused="too_large"
    ),
)

ROWS = (
    Damage("an empty file", lambda rows: b"", refused="empty_file"),
    Damage("a file of blanks", lambda rows: b" \n\n \n", refused="empty_file"),
    Damage("blank lines", lines_of(lambda lines: [*lines[:5], "", "", *lines[5:], ""])),
    Damage("rows of delimiters alone", lines_of(lambda lines: [*lines, "," * 21, "," * 21]), found=found("blank_rows")),
    Damage("the same rows twice", lines_of(lambda lines: [*lines, *lines[1:]]), found=found("duplicate_rows")),
    Damage("rows in another order", lines_of(lambda lines: [lines[0], *reversed(lines[1:])])),
    Damage(
        "two rows of one customer that differ",
        lambda rows: plain_bytes([*rows[:2], [*rows[2][:4], "1", *rows[2][5:]], *rows[2:]]),
        found=found("conflicting_rows"),
    ),
    Damage("a short row", lines_of(lambda lines: [*lines[:3], lines[3].rsplit(",", 4)[0], *lines[4:]]), rejected=(4,)),
    Damage("a long row", lines_of(lambda lines: [*lines[:3], lines[3] + ",7", *lines[4:]]), rejected=(4,)),
    Damage("a stray quotation mark", lines_of(lambda lines: [*lines[:3], f'"{lines[3][:3]}"x{lines[3][3:]}', *lines[4:]]), rejected=(4,)),
    Damage("a customer without an id", as_text(with_cells("ID", {4: ""})), rejected=(6,)),
    Damage("a line of totals", lines_of(lambda lines: [*lines, "Total,,,,999" + "," * 17]), rejected=(CUSTOMERS + 2,)),
    Damage("a line of 3 MB", lines_of(lambda lines: [*lines[:2], "x" * 3_000_000, *lines[2:]]), refused="unreadable_file"),
    Damage("a quotation mark never closed", lines_of(lambda lines: [*lines[:2], '"' + lines[2], *lines[3:]]), refused="unreadable_file"),
    Damage(
        "padded cells",
        as_text(lambda rows: [rows[0], *([f"\u00a0 {cell}\t" for cell in row] for row in rows[1:])]),
        found=found("hidden_characters"),
    ),
)

NUMBERS = (
    Damage("dollars", as_text(with_column("Income", lambda cell: f"${int(cell):,}.00"))),
    Damage(
        "euros with a decimal comma",
        as_text(with_column("Income", lambda cell: f"{int(cell):,}".replace(",", ".") + ",00 €")),
        found=found("decimal_comma"),
    ),
    Damage(
        "thousands by thin spaces",
        as_text(with_column("Income", lambda cell: f"{int(cell):,}".replace(",", "\u2009"))),
        found=found("hidden_characters"),
    ),
    Damage("Swiss thousands", as_text(with_column("Income", lambda cell: "CHF " + f"{int(cell):,}".replace(",", "’") + ".00"))),
    Damage("a comma that nothing explains", as_text(with_column("Income", lambda cell: f"{int(cell):,}")), found=found("decimal_assumed")),
    Damage("exponents", as_text(with_column("Income", lambda cell: f"{int(cell):.6e}"))),
    Damage("full-width digits", as_text(with_column("Recency", lambda cell: "".join(chr(ord(digit) + 0xFEE0) for digit in cell)))),
    Damage("negative spend", as_text(with_cells("MntWines", {2: "-35"})), missing={"spend_wines": (2,)}, found=found("implausible")),
    Damage(
        "spend in parentheses", as_text(with_cells("MntWines", {2: "(35.00)"})), missing={"spend_wines": (2,)}, found=found("implausible")
    ),
    Damage(
        "a number beyond reason", as_text(with_cells("MntWines", {2: "1e308"})), missing={"spend_wines": (2,)}, found=found("implausible")
    ),
    Damage("infinity", as_text(with_cells("MntWines", {2: "inf"})), missing={"spend_wines": (2,)}, found=found("implausible")),
    Damage("too long a number", as_text(with_cells("Recency", {2: "9" * 25})), missing={"recency_days": (2,)}, found=found("implausible")),
    Damage("less than no children", as_text(with_cells("Kidhome", {2: "-1"})), missing={"kids": (2,)}, found=found("implausible")),
    Damage(
        "somebody born in 1893", as_text(with_cells("Year_Birth", {2: "1893"})), missing={"birth_year": (2,)}, found=found("implausible")
    ),
    Damage("words among numbers", as_text(with_cells("Income", {2: "a lot", 5: "??"})), rejected=(4, 7)),
    Damage("numbers with units", as_text(with_cells("Income", {2: "45 per week"})), rejected=(4,)),
    Damage("half a child", as_text(with_cells("Kidhome", {2: "0.5"})), rejected=(4,)),
    Damage(
        "words for nothing",
        as_text(with_cells("Income", {2: "n/a", 5: "NULL", 8: "-"})),
        missing={"income": (2, 5, 8)},
        found=found("missing"),
    ),
    Damage("yes and no in words", as_text(with_column("Response", lambda cell: ("No", "YES")[int(cell)]))),
    Damage("yes and no in German", as_text(with_column("Complain", lambda cell: ("nein", "ja")[int(cell)]))),
    Damage("a second value for a flag", as_text(with_cells("Complain", {2: "2"})), rejected=(4,)),
)

DATES = (
    Damage("year first", as_text(with_column("Dt_Customer", lambda cell: day_of(cell).isoformat())), lost=found("date_order")),
    Damage("month first", as_text(with_column("Dt_Customer", lambda cell: f"{day_of(cell):%m/%d/%Y}"))),
    Damage("points", as_text(with_column("Dt_Customer", lambda cell: f"{day_of(cell):%d.%m.%Y}"))),
    Damage("with times", as_text(with_column("Dt_Customer", lambda cell: f"{day_of(cell)}T08:30:00Z")), lost=found("date_order")),
    Damage("months in words", as_text(with_column("Dt_Customer", lambda cell: f"{day_of(cell):%d %b %Y}")), lost=found("date_order")),
    Damage(
        "Excel's serial numbers", as_text(with_column("Dt_Customer", excel_serial)), found=found("excel_serial"), lost=found("date_order")
    ),
    Damage(
        "two digits for the year",
        as_text(with_column("Dt_Customer", lambda cell: f"{day_of(cell):%d/%m/%y}")),
        found=found("two_digit_years"),
    ),
    Damage(
        "an order that nothing proves",
        as_text(small_days),
        lambda rows: with_column("Dt_Customer", lambda cell: day_of(cell).isoformat())(small_days(rows)),
        found=found("date_order_assumed"),
    ),
    Damage(
        "one date the other way round",
        as_text(with_cells("Dt_Customer", {2: "05-28-2023"})),
        rejected=(4,),
        found=found("date_order_contrary"),
    ),
    Damage("31 February", as_text(with_cells("Dt_Customer", {2: "31-02-2023"})), rejected=(4,)),
    Damage("the year 1", as_text(with_cells("Dt_Customer", {2: "01-02-0001"})), missing={"enrolled_on": (2,)}, found=found("implausible")),
)

WORDS = (
    Damage("words in other capitals", as_text(CAPITALS), found=found("spelling"), kept={"marital_status": {2: "SINGLE", 4: "single"}}),
    Damage("a word with more spaces", as_text(SPACED), found=found("spelling"), kept={"education": {2: "2n   Cycle"}}),
    Damage("a word misspelt", as_text(MISSPELT_WORD), found=found("similar_words"), kept={"marital_status": {2: "Maried"}}),
    Damage("one column for each word", as_text(one_hot), found=found("one_hot")),
    *(
        Damage(name, as_text(with_cells("Education", {2: text})), found=found("unknown_level"), kept={"education": {2: text}})
        for name, text in (
            ("a formula", "=1+1"),
            ("markup", "<script>alert(1)</script>"),
            ("letters from right to left", "دكتوراه"),
            ("a very long text", "x" * 100_000),
        )
    ),
    Damage("ids with leading zeros", as_text(with_column("ID", lambda cell: f"00{cell}")), with_column("ID", lambda cell: f"00{cell}")),
)

NAMES = (
    Damage("misspelt headers", as_text(header_as(MISSPELT))),
    Damage("German headers", as_text(header_as(GERMAN))),
)
"""Their roles and values are those of the clean file; what they are called is not."""

DAMAGES: tuple[Damage, ...] = (*DIALECTS, *ENCODINGS, *CONTAINERS, *HEADERS, *ROWS, *NUMBERS, *DATES, *WORDS)
