"""Text: containers, encodings, delimiters, headers, what nobody sees, and what stands below the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation.errors import UnreadableFile
from segmentation.intake import FileFormat, inspect_file, read_customers
from segmentation.intake.opening import opened
from segmentation.intake.text import sniff_format
from tests.segmentation.intake.made import codes, gzipped, put, read, text, workbook

ROWS = [("id", "name", "spent"), ("1", "Zoë", "5"), ("2", "Özil", "7"), ("3", "Ann", "9")]
RECORDS = [["1", "Zoë", "5"], ["2", "Özil", "7"], ["3", "Ann", "9"]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp1252"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_provable_encoding_is_read_by_content(tmp_path: Path, encoding: str, packed: bool) -> None:
    content = text(ROWS, ";").encode(encoding)
    table, records = read(put(tmp_path, gzipped(content) if packed else content, "customers.xlsx"))
    assert records == RECORDS
    assert (table.format.encoding, table.format.delimiter, table.format.container) == (encoding, ";", "gzip" if packed else "text")
    assert ("encoding_assumed" in codes(table)) is (encoding == "cp1252")


def test_an_encoding_that_proves_nothing_is_read_where_it_is_stated(tmp_path: Path) -> None:
    path = put(tmp_path, text([("id", "имя"), ("1", "Анна"), ("2", "Пётр")]).encode("cp1251"))
    assert read(path, FileFormat(",", "cp1251"))[1] == [["1", "Анна"], ["2", "Пётр"]]
    assert read(path, FileFormat("", "cp1251"))[0].format.delimiter == ","
    with pytest.raises(UnreadableFile, match="not utf-8 text"):
        read(path, FileFormat(",", "utf-8"))
    with pytest.raises(UnreadableFile, match="no encoding"):
        read(path, FileFormat(",", "martian"))


@pytest.mark.parametrize("delimiter", ["", ","])
@pytest.mark.parametrize(("encoding", "content"), [("utf-16", "id,name\n1,Zoë\n"), ("idna", "id,name\n1," + "x" * 70 + "\n1,Zoë\n")])
def test_a_stated_encoding_that_does_not_fit_is_refused_with_what_to_do(
    tmp_path: Path, encoding: str, content: str, delimiter: str
) -> None:
    with pytest.raises(UnreadableFile, match=f"not {encoding} text .*State another encoding, or none"):
        read(put(tmp_path, content.encode()), FileFormat(delimiter, encoding))


@pytest.mark.parametrize("delimiter", ["", ","])
def test_an_encoding_that_there_is_not_is_refused_before_a_delimiter_is_looked_for(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(UnreadableFile, match="no encoding “martian”"):
        read(put(tmp_path, b"id,name\n1,Ann\n"), FileFormat(delimiter, "martian"))


def test_single_bytes_of_another_encoding_are_read_and_flagged_by_line(tmp_path: Path) -> None:
    content = "id,name\n1,Zoë\n2,Žofia\n".encode() + "3,Özil\n".encode("cp1252")
    table, records = read(put(tmp_path, content))
    assert [name for _, name in records] == ["Zoë", "Žofia", "Özil"]
    (finding,) = [finding for finding in table.findings if finding.code == "mixed_encoding"]
    assert (finding.severity, finding.lines, finding.count, table.format.encoding) == ("flag", (4,), 1, "utf-8")


def test_bytes_that_even_cp1252_does_not_know_stop_nothing(tmp_path: Path) -> None:
    table, records = read(put(tmp_path, b"id,name\n1,a\x81b\xe9\n2,c\n"))
    assert records == [["1", "a\x81bé"], ["2", "c"]]
    assert codes(table) == {"encoding_assumed": "note"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    table, records = read(put(tmp_path, text(ROWS, delimiter)))
    assert (records, table.format.delimiter) == (RECORDS, delimiter)


def test_a_colon_is_taken_only_where_it_is_stated(tmp_path: Path) -> None:
    assert read(put(tmp_path, text(ROWS, ":")), FileFormat(":", ""))[1] == RECORDS
    assert read(put(tmp_path, "sep=:\n" + text(ROWS, ":")))[1] == RECORDS
    assert sniff_format(b"opens:closes\n10:30\n11:30\n12:30\n").delimiter == ","


def test_the_delimiter_is_that_on_which_all_lines_agree(tmp_path: Path) -> None:
    assert read(put(tmp_path, 'id;"name, first"\n1;a,b,c\n2;d\n'))[1] == [["1", "a,b,c"], ["2", "d"]]
    assert read(put(tmp_path, "id\tname, first\n1\ta,b\n2\td, e, f\n"))[1] == [["1", "a,b"], ["2", "d, e, f"]]


def test_a_hint_that_names_no_delimiter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="names “x” as delimiter"):
        read(put(tmp_path, "sep=x\nidxname\n"))


def test_a_stated_container_must_be_what_the_file_is(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="it is an Excel workbook") as refused:
        read(put(tmp_path, workbook(ROWS)), FileFormat(",", "utf-8"))
    assert refused.value.code == "wrong_container"
    assert read(put(tmp_path, gzipped(text(ROWS).encode())), FileFormat(",", "utf-8"))[1] == RECORDS


# Headers


def test_repeated_headers_are_kept_apart_and_copies_collapse(tmp_path: Path) -> None:
    rows = "id,Income,Income,Income (2),id\n1,5,6,7,1\n2,8,8,9,2\n"
    table, records = read(put(tmp_path, rows))
    assert list(table.where) == ["id", "Income", "Income (3)", "Income (2)"]
    assert records == [["1", "5", "6", "7"], ["2", "8", "8", "9"]]
    assert codes(table) == {"repeated_header": "flag", "repeated_column": "note"}
    (flag,) = [finding for finding in table.findings if finding.severity == "flag"]
    assert (flag.column, flag.count, flag.lines) == ("Income (3)", 1, (2,))


def test_headers_are_trimmed_and_their_hidden_characters_told(tmp_path: Path) -> None:
    table, _ = read(put(tmp_path, '\ufeff id , \u200bIn\u00adcome ,"two\nlines","the ""best""",,\n1,2,3,4,,\n'))
    assert list(table.where) == ["id", "Income", "two lines", 'the "best"']
    assert codes(table)["header_cleaned"] == "note"
    assert table.lines.tolist() == [3]


@pytest.mark.parametrize(
    "content",
    ["1,Graduation,58138,2012-09-04\n2,Master,100,2013-01-01\n3,Graduation,5,2014-01-01\n4,Master,9,2014-01-01\n", "1;5\n2;6\n3;7\n",
     "C-001,a@b.org,5\nC-002,c@d.org,6\nC-003,e@f.org,8\n"],
)  # fmt: skip
def test_a_file_without_a_header_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(UnreadableFile, match="holds values") as refused:
        read_customers(put(tmp_path, content))
    assert refused.value.code == "no_header"


def test_a_strange_header_counts_where_somebody_named_a_column(tmp_path: Path) -> None:
    path = put(tmp_path, "1;5\n2;6\n3;7\n")
    assert inspect_file(path, roles={"1": "customer_id"}).rows == 2


@pytest.mark.parametrize("header", ["id,2019,2020", "id,a", "name,city,1"])
def test_a_header_with_numbers_among_words_is_one(tmp_path: Path, header: str) -> None:
    width = header.count(",")
    assert read(put(tmp_path, header + "\n" + "".join(f"{n}{',5' * width}\n" for n in range(4))))[0].file_rows == 4


def test_titles_above_the_header_are_passed_over_and_told(tmp_path: Path) -> None:
    table, records = read(put(tmp_path, "Customers, all of them\n\n" + text(ROWS, ";")))
    assert (records, table.lines.tolist()) == (RECORDS, [4, 5, 6])
    (finding,) = [finding for finding in table.findings if finding.code == "above_header"]
    assert (finding.lines, "all of them" in finding.message) == ((1,), True)


def test_a_single_column_of_words_is_no_title(tmp_path: Path) -> None:
    assert read(put(tmp_path, "id\nb\nc\nd\n"))[1] == [["b"], ["c"], ["d"]]
    assert read(put(tmp_path, "note\n5;6;7\n8;9;1\n2;3;4\n5;6;9\n"))[0].header == ("note",)


# Cells


def test_what_nobody_sees_is_taken_out_and_flagged(tmp_path: Path) -> None:
    table, records = read(put(tmp_path, "id,city\n1,New\u00a0York\n2,Os\u200blo\n3,Rome\n"))
    assert records == [["1", "New York"], ["2", "Oslo"], ["3", "Rome"]]
    (finding,) = table.findings
    assert (finding.code, finding.severity, finding.lines, finding.count) == ("hidden_characters", "flag", (2, 3), 2)


# Below the table


@pytest.mark.parametrize(
    ("footer", "reason"),
    [
        ("Total,,999", "adds the rows above up"),
        (",GESAMT:,999", "adds the rows above up"),
        ("Source: our CRM,,", "a remark"),
        ("# end,,", "a remark"),
    ],
)
def test_totals_and_remarks_below_the_table_are_nobody(tmp_path: Path, footer: str, reason: str) -> None:
    table, records = read(put(tmp_path, text(ROWS) + footer + "\n,,\n"))
    assert records == RECORDS
    assert [(reject.line, reason in reject.reason) for reject in table.rejects] == [(5, True)]
    assert table.file_rows == 4


def test_a_plan_called_total_is_no_total(tmp_path: Path) -> None:
    assert read(put(tmp_path, "id,plan\n1,basic\n2,total\n3,total\n"))[0].file_rows == 3
    assert read(put(tmp_path, "id,plan,city\n1,basic,Rome\n2,total,Oslo\n"))[0].rejects == ()


def test_a_file_of_which_no_row_fits_is_told_row_by_row(tmp_path: Path) -> None:
    table, records = read(put(tmp_path, "id,name,city\n1,Ann\n2,Bob\n"))
    assert (records, [reject.line for reject in table.rejects], table.file_rows) == ([], [2, 3], 2)


def test_a_tab_within_quotation_marks_is_padding_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "customers.tsv"
    path.write_text('id\tnote\n1\t"\t"\n2\t"\tx\t"\n')
    with opened(path) as table:
        assert table.texts("c1").tolist() == [None, "x"]


def test_no_header_of_the_rejected_rows_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    path, returned = tmp_path / "customers.csv", tmp_path / "rejects.csv"
    rows = "".join(f"{n},{30_000 + n},{n % 3}\n" for n in range(20))
    path.write_text('ID,Income,"=cmd|A0"\n' + rows + "99,a lot,1\n")
    intake = read_customers(path, returned=returned)
    assert returned.read_text("utf-8-sig").splitlines()[0] == "line,reason,ID,Income,'=cmd|A0"
    with opened(returned) as table:
        assert table.header == ("line", "reason", "ID", "Income", "=cmd|A0")
    assert [reject.line for reject in intake.rejects] == [22]
