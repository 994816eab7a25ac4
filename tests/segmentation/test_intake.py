"""Files of all sorts, from bytes to customers, rejected rows and findings."""

from __future__ import annotations

import csv
import gzip
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.errors import MissingRole, SegmentationError, UnreadableFile
from segmentation.guessing import schema_from_roles
from segmentation.intake import FileFormat, Finding, Intake, inspect_file, read_customers, sniff_format
from segmentation.intake.hidden import plain
from segmentation.intake.values import MISSING_IN_TEXT
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from segmentation.wording import lower_first


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "customers.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes, *columns: Column, file_format: FileFormat | None = None) -> Intake:
    schema = Schema((column("id", Role.CUSTOMER_ID, Kind.TEXT), *columns)) if columns else None
    return read_customers(written(folder, content), schema=schema, file_format=file_format)


def column(header: str, role: Role = Role.NUMBER, kind: Kind = Kind.DECIMAL) -> Column:
    return Column(CUSTOMER_KEY if role is Role.CUSTOMER_ID else header, header, role, kind, header.capitalize())


def finding(intake: Intake, code: str, header: str | None = None) -> Finding:
    found = [f for f in intake.findings if f.code == code and header in (None, f.column)]
    assert len(found) == 1, intake.findings
    return found[0]


def keys(intake: Intake) -> list[str]:
    return intake.customers[CUSTOMER_KEY].tolist()


NOTE = column("note", Role.CATEGORY, Kind.TEXT)
DAY = column("day", Role.ENROLLED_ON, Kind.DATE)


# The real files


@pytest.fixture(scope="module")
def smartcart(shared_data: Path) -> Intake:
    return read_customers(shared_data / "smartcart_customers.csv")


def test_the_smartcart_file_is_read_whole(smartcart: Intake) -> None:
    assert (smartcart.file_rows, len(smartcart.customers), smartcart.rejects) == (2240, 2240, ())
    assert smartcart.format == FileFormat(",", "utf-8", "day_first")
    assert smartcart.customers["income"].isna().sum() == 25
    assert smartcart.customers["birth_year"].isna().sum() == 3
    assert keys(smartcart) == sorted(keys(smartcart))
    assert keys(smartcart)[0] == "0"
    assert smartcart.customers["enrolled_on"].agg(["min", "max"]).dt.strftime("%Y-%m-%d").tolist() == ["2012-07-30", "2014-06-29"]
    types = smartcart.customers.dtypes.astype(str)
    assert types[["customer_key", "education", "income", "kids", "enrolled_on", "responded"]].tolist() == [
        "object", "object", "float64", "Int64", "datetime64[s]", "Int64",
    ]  # fmt: skip


def test_the_smartcart_file_is_reported_on(smartcart: Intake) -> None:
    counts = {(f.code, f.column): f.count for f in smartcart.findings}
    assert counts == {
        ("missing", "Income"): 24,
        ("implausible", "Year_Birth"): 3,
        ("implausible", "Income"): 1,
        ("folded", "Marital_Status"): 7,
        ("deals_over_purchases", "NumDealsPurchases"): 3,
        ("date_order", "Dt_Customer"): 1324,
        ("twins", None): 182,
    }
    assert "842" in finding(smartcart, "date_order").message
    assert finding(smartcart, "implausible", "Year_Birth").lines == (194, 241, 341)
    assert finding(smartcart, "implausible", "Income").lines == (2235,)
    assert {f.code for f in smartcart.findings if f.severity == "flag"} == {"implausible"}


def test_the_longer_form_holds_the_same_customers(smartcart: Intake, shared_data: Path) -> None:
    longer = read_customers(shared_data / "marketing_campaign.csv")
    assert longer.format.delimiter == "\t"
    pd.testing.assert_frame_equal(longer.customers[list(smartcart.customers)], smartcart.customers)
    assert {f.column for f in longer.findings if f.code == "constant"} == {"Z_CostContact", "Z_Revenue"}


def test_the_telco_file_has_eleven_blank_charges(shared_data: Path) -> None:
    telco = read_customers(shared_data / "Telco-Customer-Churn.csv")
    assert (len(telco.customers), telco.rejects) == (7043, ())
    assert finding(telco, "missing").count == telco.customers["total_charges"].isna().sum() == 11
    assert telco.customers["churn"].sum() == 1869


# Text: encodings, delimiters, what is no CSV file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_encoding_newline_and_delimiter(tmp_path: Path, encoding: str, newline: str, delimiter: str) -> None:
    lines = [("id", "note"), ("1", "Zoë"), ("2", "Özil")]
    text = newline.join(delimiter.join(cells) for cells in lines) + newline
    intake = read(tmp_path, text.encode(encoding), NOTE)
    assert intake.customers["note"].tolist() == ["Zoë", "Özil"]
    assert (intake.format.delimiter, intake.format.encoding) == (delimiter, encoding)
    assert intake.lines.tolist() == [2, 3]


def test_a_late_foreign_letter_changes_the_encoding(tmp_path: Path) -> None:
    rows = "".join(f"{n},plain\n" for n in range(120_000))
    intake = read(tmp_path, f"id,note\n{rows}x,".encode() + "Zoë\n".encode("cp1252"), NOTE)
    assert (intake.customers["note"].iloc[-1], intake.format.encoding) == ("Zoë", "cp1252")


def test_an_excel_hint_names_the_delimiter(tmp_path: Path) -> None:
    intake = read(tmp_path, "sep=;\nid;note\n1;a,b\n", NOTE)
    assert (intake.customers["note"].tolist(), intake.lines.tolist()) == (["a,b"], [3])


def test_nul_is_taken_out_and_told(tmp_path: Path) -> None:
    intake = read(tmp_path, b"id,note\n1,a\x00b\n2,c\n", NOTE)
    assert intake.customers["note"].tolist() == ["ab", "c"]
    assert finding(intake, "nul_removed").lines == (2,)


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "id\n1\n")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"id,income\n", "no customers"),
        (_zipped(), "zip"),
        (gzip.compress(gzip.compress(b"id\n1\n", mtime=0), mtime=0), "gzip"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PAR1....", "Parquet"),
        (pickle.dumps({"a": 1}), "pickle"),
        (bytes(range(256)) * 20, "binary"),
        (b"\0\1\2\3" * 400, "binary"),
        (b",,\n1,2,3\n4,5,6\n", "values"),
        (b",,\n", "no column names"),
        (b"id,,b\n1,2,3\n", "Column 2"),
        (",".join(f"c{n}" for n in range(3000)).encode() + b"\n", "3,000 columns"),
        (b"id,a\n1," + b"x" * 3_000_000 + b"\n", "longer than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        read_customers(written(tmp_path, content))


def test_a_file_without_an_id_is_refused_but_can_be_looked_at(tmp_path: Path) -> None:
    path = written(tmp_path, "income,city\n10,Rome\n10,Oslo\n")
    with pytest.raises(MissingRole):
        read_customers(path)
    assert inspect_file(path).schema.one(Role.CUSTOMER_ID) is None


def test_a_schema_with_a_column_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SegmentationError, match="note"):
        read(tmp_path, "id,other\n1,2\n", NOTE)


def test_sniffing_does_not_invent_a_delimiter() -> None:
    assert sniff_format(b"identifier\nabc\nabd\n") == FileFormat(",", "utf-8")


# Records and their lines


def test_lines_are_right_after_quoted_newlines_blank_lines_and_rejects(tmp_path: Path) -> None:
    text = 'id,note,n\n1,"a\n\nb",1\n\n2,c\n3,d,5,6\n4,e,4\n5,"x" y,5\n\n6,"p\nq",x\n7,"f",7\n'
    intake = read(tmp_path, text, NOTE, column("n"))
    assert dict(zip(keys(intake), intake.lines.tolist(), strict=True)) == {"1": 2, "4": 8, "7": 13}
    assert intake.customers["note"].tolist() == ["a\n\nb", "e", "f"]
    assert [(r.line, r.column) for r in intake.rejects] == [(6, None), (7, None), (9, None), (11, "n")]
    assert "2 cells where the header has 3" in intake.rejects[0].reason
    assert (intake.file_rows, intake.rejected_rows) == (7, 4)


def test_a_header_over_two_lines_counts_as_two(tmp_path: Path) -> None:
    intake = read_customers(written(tmp_path, 'id,"two\nlines"\n1,5\n'))
    assert intake.lines.tolist() == [3]


def test_padding_blank_rows_and_trailing_columns(tmp_path: Path) -> None:
    intake = read(tmp_path, "id , note ,,\n 1 ,  a ,,\n,,,\n2,\t,,\n", NOTE)
    assert keys(intake) == ["1", "2"]
    assert intake.customers["note"].tolist() == ["a", None]
    assert (finding(intake, "blank_rows").lines, intake.file_rows) == ((3,), 2)


def test_a_single_column_of_ids(tmp_path: Path) -> None:
    intake = read_customers(written(tmp_path, "id\nb\n\na\n"))
    assert (keys(intake), intake.lines.tolist()) == (["a", "b"], [4, 2])


def test_an_unclosed_quote_does_not_pass_silently(tmp_path: Path) -> None:
    intake = read(tmp_path, "\n".join(["id,note", "1,a", '2,"b', "3,c", '4,"d"', "5,e"]) + "\n", NOTE)
    assert len(intake.customers) + intake.rejected_rows == intake.file_rows
    assert intake.rejects[0].line == 3
    assert "quotation mark" in intake.rejects[0].reason


def read_as(note: str) -> str | None:
    """What a cell means: words for "not known" mean nothing."""
    word = plain(note).strip(" \t")
    return word if word and word.lower() not in MISSING_IN_TEXT else None


cells = st.text(st.characters(codec="utf-8", include_characters="\n\t", exclude_categories=["Cs", "Cc"]), max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=12))
def test_whatever_csv_writes_is_read_with_its_line(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(("id", "note", "other"))
    expected = {}
    for n, (note, other) in enumerate(rows):
        expected[f"k{n:02}"] = (1 + buffer.getvalue().count("\n"), read_as(note))
        writer.writerow((f"k{n:02}", note, other))
    intake = read(tmp_path, buffer.getvalue(), NOTE, file_format=FileFormat(",", "utf-8"))
    assert keys(intake) == list(expected)
    assert list(zip(intake.lines.tolist(), intake.customers["note"], strict=True)) == list(expected.values())


# Keys


def test_keys_are_text_and_sorted_as_text(tmp_path: Path) -> None:
    assert keys(read(tmp_path, "id,note\n10,a\n9,b\n0,c\n007,d\n", NOTE)) == ["0", "007", "10", "9"]


def test_a_row_without_an_id_is_rejected(tmp_path: Path) -> None:
    intake = read(tmp_path, "id,note\n1,a\n ,b\n", NOTE)
    assert [(r.line, r.column, r.reason) for r in intake.rejects] == [(3, "id", "no customer id")]


def test_repeats_collapse_and_the_last_of_conflicting_rows_wins(tmp_path: Path) -> None:
    intake = read(tmp_path, "id,note\n1,a\n2,x\n1,a\n2,y\n3,z\n", NOTE)
    assert list(zip(keys(intake), intake.customers["note"], intake.lines.tolist(), strict=True)) == [
        ("1", "a", 4),
        ("2", "y", 5),
        ("3", "z", 6),
    ]
    assert (finding(intake, "duplicate_rows").severity, finding(intake, "duplicate_rows").lines) == ("note", (2,))
    assert (finding(intake, "conflicting_rows").severity, finding(intake, "conflicting_rows").lines) == ("flag", (3,))
    assert "3" in finding(intake, "conflicting_rows").message
    assert intake.file_rows == 5


def test_a_rejected_repeat_does_not_displace_a_good_row(tmp_path: Path) -> None:
    intake = read(tmp_path, "id,n\n1,5\n1,oops\n", column("n"))
    assert intake.customers["n"].tolist() == [5.0]


# Values


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2.5", "1e3", ""], [1.0, -2.5, 1000.0, None]),
        (["$1,234.50", "-$3", "7", "n/a"], [1234.5, -3.0, 7.0, None]),
        (["1 234", "€ 5", "6", "7"], [1234.0, 5.0, 6.0, 7.0]),
        (["12,5", "1.000,25", "3", "4"], [12.5, 1000.25, 3.0, 4.0]),
    ],
)
def test_numbers_as_people_write_them(tmp_path: Path, cells: list[str], values: list[float | None]) -> None:
    intake = read(tmp_path, "id;n\n" + "".join(f"{i};{cell}\n" for i, cell in enumerate(cells)), column("n"))
    assert intake.customers["n"].replace({np.nan: None}).tolist() == values


def test_a_decimal_comma_among_points_is_rejected(tmp_path: Path) -> None:
    intake = read(tmp_path, "id;n\n1;12,5\n2;3.5\n", column("n"))
    assert [(r.line, r.value, r.reason) for r in intake.rejects] == [(2, "12,5", "not a number with a decimal point, as this column's are")]
    assert (finding(intake, "decimal_contrary").severity, finding(intake, "decimal_contrary").count) == ("flag", 1)


def test_broken_types_reject_the_row_with_value_and_reason(tmp_path: Path) -> None:
    flag = column("f", Role.FLAG, Kind.INTEGER)
    intake = read(tmp_path, "id,n,f\n1,x,yes\n2,2.5,maybe\n3,3,No\n", column("n", Role.COUNT, Kind.INTEGER), flag)
    assert [(r.line, r.column, r.value, r.reason) for r in intake.rejects] == [
        (2, "n", "x", "not a whole number"),
        (3, "n", "2.5", "not a whole number"),
        (3, "f", "maybe", "neither yes nor no"),
    ]
    assert intake.rejected_rows == 2
    assert intake.customers[["n", "f"]].to_numpy().tolist() == [[3, 0]]


@pytest.mark.parametrize(
    ("role", "cell"),
    [
        (Role.SPEND, "-1"), (Role.PURCHASES, "-3"), (Role.AGE, "111"), (Role.NUMBER, "inf"), (Role.COUNT, "-inf"), (Role.NUMBER, "1e20"),
        (Role.DEPENDENTS, "21"), (Role.BIRTH_YEAR, "1900"), (Role.RECENCY_DAYS, "-1"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_becomes_missing_and_is_flagged(tmp_path: Path, role: Role, cell: str) -> None:
    kind = Kind.DECIMAL if role is Role.SPEND else Kind.INTEGER
    other = "1980" if role is Role.BIRTH_YEAR else "5"
    intake = read(tmp_path, f"id,n\n1,{other}\n2,{cell}\n", column("n", role, kind))
    assert intake.rejects == ()
    assert intake.customers["n"].isna().tolist() == [False, True]
    assert (finding(intake, "implausible").severity, finding(intake, "implausible").lines) == ("flag", (3,))


def test_a_negative_number_of_no_stated_meaning_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path, "id,n\n1,-5\n2,4\n", column("n")).customers["n"].tolist() == [-5.0, 4.0]


@pytest.mark.parametrize(("spread", "lone", "flagged"), [(0.4, 40.0, True), (0.4, 1.5, False), (2.0, 1.5, False)])
def test_only_an_isolated_income_is_implausible(tmp_path: Path, spread: float, lone: float, flagged: bool) -> None:
    incomes = 50_000 * np.exp(spread * np.random.default_rng(1).standard_normal(400))
    incomes[7] = incomes.max() * lone
    text = "id,income\n" + "".join(f"{i},{value:.0f}\n" for i, value in enumerate(incomes))
    intake = read(tmp_path, text, column("income", Role.INCOME))
    assert intake.customers["income"].isna().sum() == int(flagged)


def test_yes_and_no_in_many_words(tmp_path: Path) -> None:
    words = ["Yes", "n", "TRUE", "0", "1.0", ""]
    intake = read(tmp_path, "id,f\n" + "".join(f"{i},{w}\n" for i, w in enumerate(words)), column("f", Role.OUTCOME, Kind.INTEGER))
    assert intake.customers["f"].dtype == "Int64"
    assert intake.customers["f"].fillna(-1).tolist() == [1, 0, 1, 0, 1, -1]


def test_consent_is_given_withdrawn_or_unknown(tmp_path: Path) -> None:
    path = written(tmp_path, "id,unsubscribed\n1,yes\n2,no\n3,\n4,no\n")
    assert read_customers(path).customers["unsubscribed"].tolist() == ["withdrawn", "given", None, "given"]


def test_a_number_that_is_whole_only_at_first_becomes_a_decimal(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 7}\n" for n in range(12_000))
    intake = read_customers(written(tmp_path, f"id,points\n{rows}x,2.5\n"))
    assert (intake.schema.named("points").kind, intake.rejects) == (Kind.DECIMAL, ())


def test_birth_year_from_a_date_of_birth(tmp_path: Path) -> None:
    intake = read(tmp_path, "id,b\n1,1980-05-06\n2,06.07.1990\n", column("b", Role.BIRTH_YEAR, Kind.INTEGER))
    assert intake.customers["b"].tolist() == [1980, 1990]


# Dates


def days(intake: Intake) -> list[str]:
    return intake.customers["day"].dt.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize(
    ("cells", "expected", "order"),
    [
        (["03-04-2020", "13-04-2020"], ["2020-04-03", "2020-04-13"], "day_first"),
        (["03/04/2020", "04/13/2020"], ["2020-03-04", "2020-04-13"], "month_first"),
        (["03.04.2020", "05.06.2020"], ["2020-04-03", "2020-06-05"], "day_first"),
        (["2020-04-03", "2020/12/13 10:15:00"], ["2020-04-03", "2020-12-13"], "year_first"),
        (["2020-04-03T10:00:00", "20201213"], ["2020-04-03", "2020-12-13"], "year_first"),
        (["3-4-20", "13-4-20"], ["2020-04-03", "2020-04-13"], "day_first"),
        (["03 Apr 2020", "December 13, 2020"], ["2020-04-03", "2020-12-13"], "day_first"),
    ],
)
def test_dates_prove_their_own_order(tmp_path: Path, cells: list[str], expected: list[str], order: str) -> None:
    text = "id;day\n" + "".join(f"{i};{cell}\n" for i, cell in enumerate(cells))
    intake = read(tmp_path, text, DAY)
    assert (intake.rejects, days(intake), intake.format.date_order) == ((), expected, order)


def test_an_unproven_order_follows_the_format_and_is_told(tmp_path: Path) -> None:
    text = "id,day\n1,03/04/2020\n2,05/06/2020\n"
    assumed = read(tmp_path, text, DAY)
    stated = read(tmp_path, text, DAY, file_format=FileFormat(",", "utf-8", "month_first"))
    assert days(assumed) == ["2020-04-03", "2020-06-05"]
    assert days(stated) == ["2020-03-04", "2020-05-06"]
    assert "No row proves it" in finding(assumed, "date_order_assumed").message


def test_proof_is_stronger_than_the_format(tmp_path: Path) -> None:
    text = "id,day\n1,03-04-2020\n2,25-06-2020\n"
    assert days(read(tmp_path, text, DAY, file_format=FileFormat(",", "utf-8", "month_first"))) == ["2020-04-03", "2020-06-25"]


def test_a_day_that_does_not_exist_rejects_its_row(tmp_path: Path) -> None:
    intake = read(tmp_path, "id,day\n1,31-02-2020\n2,29-02-2020\n3,soon\n4,\n", DAY)
    assert [(r.line, r.value, r.reason) for r in intake.rejects] == [
        (2, "31-02-2020", "not a date: there is no 31 February"),
        (4, "soon", "not a date (day first)"),
    ]
    assert intake.customers["day"].isna().tolist() == [False, True]


def test_year_one_is_implausible(tmp_path: Path) -> None:
    intake = read(tmp_path, "id,day\n1,0001-01-01\n2,2020-01-01\n", DAY)
    assert intake.customers["day"].isna().tolist() == [True, False]
    assert finding(intake, "implausible").lines == (2,)


# Looking first


def test_a_first_look(tmp_path: Path) -> None:
    path = written(tmp_path, "id;joined;city\n1;13.04.2020;Rome\n2;;Rome\n3;01.02.2020;\n4;01.02.2020;Oslo\n")
    preview = inspect_file(path)
    assert (preview.format, preview.rows) == (FileFormat(";", "utf-8", "day_first"), 4)
    assert preview.first_values["city"] == ("Rome", "Rome", "Oslo")
    assert preview.filled == {"id": 1.0, "joined": 0.75, "city": 0.75}
    assert preview.schema.named("joined").role is Role.ENROLLED_ON


def test_stated_roles_are_strict_and_remembered_ones_are_not(tmp_path: Path) -> None:
    path = written(tmp_path, "id,n\n1,5\n2,6\n")
    preview = inspect_file(path, roles={"n": "count"}, remembered={"n": "amount", "gone": "age"})
    assert preview.schema.named("n").role is Role.COUNT
    with pytest.raises(SegmentationError, match="gone"):
        inspect_file(path, roles={"gone": "age"})


def test_ignored_columns_are_left_out_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, "id,n\n1,text\n2,6\n")
    sample = pd.DataFrame({"id": ["1", "2"], "n": ["text", "6"]}, dtype=object)
    intake = read_customers(path, schema=schema_from_roles(["id", "n"], sample, {"n": "ignore"}))
    assert list(intake.customers) == [CUSTOMER_KEY]
    assert finding(intake, "ignored").column == "n"


def test_every_empty_cell_of_the_file_is_counted_and_those_of_rows_that_are_not_taken_are_told(tmp_path: Path) -> None:
    rows = [f"{number},{'' if number < 24 else 30_000 + number},{number % 7}" for number in range(1, 100)]
    rows += ["100,,x", "1,,1", "1,,1"]  # a row that is rejected, and two that a later one repeats
    path = tmp_path / "customers.csv"
    path.write_text("Id,Income,Kids\n" + "\n".join(rows) + "\n")
    found = read_customers(path)
    [told] = [each for each in found.findings if each.code == "missing" and each.column == "Income"]
    assert told.count == 26
    assert told.message.startswith("26 without income (25.5% of rows), 3 of them in rows that were not taken.")
    assert found.customers["income"].isna().sum() == 23
    assert not [each for each in found.findings if each.code == "missing" and each.column == "Id"]


def test_one_line_is_called_a_line(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("Id,Income\n" + "".join(f"{number},{30_000 + number}\n" for number in range(1, 30)) + "7,9\n")
    [told] = [each for each in read_customers(path).findings if each.code == "conflicting_rows"]
    assert "(line 8)" in told.message


def test_words_of_a_header_keep_the_case_that_its_language_gives_them(tmp_path: Path) -> None:
    path = tmp_path / "kunden.csv"
    lines = [f"{number};{'' if number == 3 else 30_000 + number};{number % 5},5;{number % 9}" for number in range(1, 40)]
    path.write_text("Kundennummer;Jährliches Einkommen;Ausgaben_für_Wein;Annual_Visits\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = read_customers(path)
    assert [column.label for column in found.schema] == ["Kundennummer", "Jährliches Einkommen", "Ausgaben für Wein", "Annual visits"]
    [told] = [each for each in found.findings if each.code == "missing"]
    assert told.message.startswith("1 without Jährliches Einkommen (")
    assert lower_first("Bestellwert") == "Bestellwert"
    assert lower_first("Web visits a month") == "web visits a month"
