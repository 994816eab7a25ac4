"""Files without ids, with categories spelt out in yes/no columns, and with nothing to find segments by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from segmentation.errors import MissingRole, SegmentationError
from segmentation.intake.read import inspect_file, read_customers
from segmentation.intake.rows import Wanted, read_file, read_records
from segmentation.intake.types import Finding, Intake
from segmentation.roles import ROW_NUMBERS, Role, Schema, schema_roles

WAYS = ("Bank transfer", "Card", "Cash")


def write(path: Path, columns: Mapping[str, Sequence[str]]) -> Path:
    rows = [",".join(columns), *(",".join(cells) for cells in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def way_of(row: int) -> str:
    return WAYS[row % 3]


def one_hot(rows: int, ways: Sequence[str] = WAYS, yes: str = "1", no: str = "0") -> dict[str, list[str]]:
    return {f"pay_method_{way}": [yes if way_of(row) == way else no for row in range(rows)] for way in ways}


def shop(rows: int = 30) -> dict[str, list[str]]:
    return {"id": [f"c{row:03}" for row in range(rows)], **one_hot(rows), "income": [str(20_000 + 37 * row) for row in range(rows)]}


def read(path: Path, roles: Mapping[str, str] | None = None) -> Intake:
    return read_customers(path, schema=inspect_file(path, roles=roles).schema)


def found(intake: Intake, code: str) -> list[Finding]:
    return [finding for finding in intake.findings if finding.code == code]


def test_without_ids_row_numbers_are_offered_and_not_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", {"age": ["30", "41", "30"], "income": ["1", "2", "3"]})
    preview = inspect_file(path)
    assert preview.row_numbers_offered
    assert preview.schema.one(Role.CUSTOMER_ID) is None
    with pytest.raises(MissingRole, match=r"make “\(row number\)” the customer id"):
        read_customers(path)
    assert not inspect_file(write(tmp_path / "b.csv", shop())).row_numbers_offered


def test_chosen_row_numbers_count_the_records_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("age,income\n30,1\n41,2,surplus\n,\n30,1\n52,4\n", encoding="utf-8")
    intake = read(path, {ROW_NUMBERS: "customer_id"})
    assert intake.customers["customer_key"].tolist() == ["1", "3", "4"]
    assert intake.lines.tolist() == [2, 5, 6]
    assert intake.rejected_rows == 1
    (finding,) = found(intake, "row_numbers")
    assert finding.severity == "flag"
    assert "later files must keep the order" in finding.message


def test_row_numbers_are_remembered_and_fed_back(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", {"age": ["30", "41"], "income": ["1", "2"]})
    roles = schema_roles(inspect_file(path, roles={ROW_NUMBERS: "customer_id"}).schema)
    assert roles == {ROW_NUMBERS: Role.CUSTOMER_ID, "age": Role.AGE, "income": Role.INCOME}
    assert schema_roles(inspect_file(path, roles=roles).schema) == roles
    assert schema_roles(inspect_file(path, remembered=roles).schema) == roles
    stated = inspect_file(path, remembered=roles, roles={"age": "customer_id"}).schema
    assert schema_roles(stated) == {"age": Role.CUSTOMER_ID, "income": Role.INCOME}


def test_a_file_with_ids_can_still_go_by_its_rows(tmp_path: Path) -> None:
    schema = inspect_file(write(tmp_path / "a.csv", shop()), roles={ROW_NUMBERS: "customer_id"}).schema
    assert schema_roles(schema)["id"] is Role.IGNORE
    assert [column.source for column in schema.of(Role.CUSTOMER_ID)] == [ROW_NUMBERS]


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("True", "False"), ("yes", "no")])
def test_a_category_spelt_out_is_one_column(tmp_path: Path, yes: str, no: str) -> None:
    intake = read(write(tmp_path / "a.csv", {**shop(), **one_hot(30, yes=yes, no=no)}))
    assert schema_roles(intake.schema) == {"id": Role.CUSTOMER_ID, "pay_method": Role.CATEGORY, "income": Role.INCOME}
    assert intake.customers["pay_method"].tolist() == [way_of(row) for row in range(30)]
    (finding,) = found(intake, "one_hot")
    assert "3 columns of yes and no are read as one, pay_method, with the words Bank transfer, Card, Cash" in finding.message
    assert not found(intake, "ignored")


def test_a_left_out_word_is_none_of_these(tmp_path: Path) -> None:
    columns = shop(90)
    del columns["pay_method_Cash"]
    intake = read(write(tmp_path / "a.csv", columns))
    assert set(intake.customers["pay_method"]) == {"Bank transfer", "Card", "none of these"}
    assert intake.schema.named("pay_method").confidence < 0.9


def test_rows_with_two_words_are_rejected_and_rows_without_any_cell_are_missing(tmp_path: Path) -> None:
    columns = shop(12_000)
    for way in WAYS[:2]:
        columns[f"pay_method_{way}"][7] = "1"
    columns["pay_method_Cash"][9] = "2"
    for way in WAYS:
        columns[f"pay_method_{way}"][11] = ""
    columns["id"] = [f"c{row:05}" for row in range(12_000)]
    intake = read(write(tmp_path / "a.csv", columns))
    rejects = [(reject.line, reject.column, reject.value, reject.reason.split(",")[0]) for reject in intake.rejects]
    reason = "more than one of these columns says yes"
    assert rejects == [(9, "pay_method", "Bank transfer + Card", reason), (11, "pay_method", "2", reason)]
    assert intake.customers.loc[intake.customers["customer_key"] == "c00011", "pay_method"].isna().all()


def test_a_role_for_one_of_the_columns_keeps_them_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", shop())
    schema = inspect_file(path, roles={"pay_method_Card": "flag"}).schema
    assert [column.source for column in schema.of(Role.FLAG)] == [f"pay_method_{way}" for way in WAYS]
    assert not any(column.parts for column in schema)
    assert schema_roles(inspect_file(path, remembered=schema_roles(schema)).schema) == schema_roles(schema)


def test_the_printed_roles_of_a_category_spelt_out_are_taken_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", shop())
    schema = inspect_file(path).schema
    roles = schema_roles(schema)
    again = inspect_file(path, roles=roles).schema
    assert (schema_roles(again), again.named("pay_method").parts) == (roles, schema.named("pay_method").parts)
    few = write(tmp_path / "few.csv", shop(3))  # too few rows to prove it, but it is known from before
    assert schema_roles(inspect_file(few, remembered=roles).schema) == roles
    assert schema_roles(inspect_file(path, roles={"pay_method": "ignore"}).schema)["pay_method"] is Role.IGNORE
    with pytest.raises(SegmentationError, match="pay_method"):
        inspect_file(
            write(tmp_path / "other.csv", {"id": ["1"], "income": ["1"], "pay_method_a": ["x"], "pay_method_b": ["y"]}), roles=roles
        )


def test_flags_that_may_go_together_stay_flags(tmp_path: Path) -> None:
    columns = {"id": [f"c{row}" for row in range(400)]}
    columns |= {f"product_{n}": ["1" if row % (6 + n) == 0 else "0" for row in range(400)] for n in range(4)}
    columns |= {f"accepted_{n}": ["1" if row % 5 == n else "0" for row in range(400)] for n in range(4)}
    columns |= {f"rare_{n}": ["1" if row == n else "0" for row in range(400)] for n in range(3)}
    schema = inspect_file(write(tmp_path / "a.csv", columns)).schema
    assert not any(column.parts for column in schema)


def test_an_outcome_spelt_out_stays_an_outcome(tmp_path: Path) -> None:
    churn = {
        "churn_Yes": ["1" if row % 4 == 0 else "0" for row in range(40)],
        "churn_No": ["0" if row % 4 == 0 else "1" for row in range(40)],
    }
    intake = read(write(tmp_path / "a.csv", {**shop(40), **churn}))
    assert schema_roles(intake.schema)["churn"] is Role.OUTCOME
    assert intake.customers["churn"].tolist() == [1 if row % 4 == 0 else 0 for row in range(40)]


def test_scoring_finds_the_word_in_files_and_in_records(tmp_path: Path) -> None:
    known = read(write(tmp_path / "a.csv", shop())).schema
    wanted = Wanted(Schema((known.named("pay_method"), known.named("income"))), known, date(2024, 1, 1))
    columns = shop(4)
    columns["pay_method_Card"][0] = "1"
    scored = read_file(write(tmp_path / "new.csv", columns), wanted)
    assert scored.customers["pay_method"].tolist() == ["Card", "Cash", "Bank transfer"]
    assert [(reject.line, reject.value) for reject in scored.rejects] == [(2, "Bank transfer + Card")]
    assert scored.unknown == ()
    plain = read_file(write(tmp_path / "plain.csv", {"pay_method": ["Card", "Giro"], "income": ["1", "2"]}), wanted)
    assert plain.customers["pay_method"].tolist() == ["Card", "Giro"]
    records = [{header: int(cells[row]) for header, cells in columns.items() if header != "id"} for row in range(4)]
    sent = read_records(records, wanted, lambda: duckdb.connect(":memory:"))
    assert sent.customers["pay_method"].tolist() == ["Card", "Cash", "Bank transfer"]
    assert [reject.line for reject in sent.rejects] == [0]
    assert sent.unknown == ()


def test_scoring_names_the_part_that_is_not_there(tmp_path: Path) -> None:
    known = read(write(tmp_path / "a.csv", shop())).schema
    wanted = Wanted(Schema((known.named("pay_method"),)), known, date(2024, 1, 1))
    columns = shop(4)
    del columns["pay_method_Card"]
    with pytest.raises(SegmentationError, match="“pay_method_Card”") as refused:
        read_file(write(tmp_path / "new.csv", columns), wanted)
    assert refused.value.code == "missing_column"
    records = [{"pay_method_Card": 1, "pay_method_Cash": 0, "pay_method_Bank transfer": 0}, {"pay_method_Cash": 1}]
    with pytest.raises(SegmentationError, match="Customer 1 has no “pay_method_"):
        read_records(records, wanted, lambda: duckdb.connect(":memory:"))


def test_the_two_words_of_an_outcome_are_yes_and_no(tmp_path: Path) -> None:
    words = ["Existing Customer", "Attrited Customer", "Existing Customer"] * 10
    intake = read(write(tmp_path / "a.csv", {**shop(), "Attrition_Flag": words}))
    assert intake.customers["attrition_flag"].tolist() == [0, 1, 0] * 10
    assert not intake.rejects
    wanted = Wanted(Schema((intake.schema.named("attrition_flag"),)), intake.schema, date(2024, 1, 1))
    sent = read_records([{"Attrition_Flag": "attrited customer"}], wanted, lambda: duckdb.connect(":memory:"))
    assert sent.customers["attrition_flag"].tolist() == [1]


@pytest.mark.parametrize("extra", [{}, {"churn": ["yes", "no"] * 15}, {"country": ["Italy"] * 30}, {"gender": ["f", "m"] * 15}])
def test_nothing_to_cluster_by_is_said_and_customers_are_read(tmp_path: Path, extra: Mapping[str, Sequence[str]]) -> None:
    people = {"id": [str(row) for row in range(30)], "email": [f"p{row}@shop.example" for row in range(30)]}
    intake = read(write(tmp_path / "a.csv", {**people, **extra}))
    assert len(intake.customers) == 30
    (finding,) = found(intake, "nothing_to_cluster")
    assert "no segments can be found" in finding.message
    assert not found(
        read(write(tmp_path / "b.csv", {**people, **extra, "age": [str(20 + row) for row in range(30)]})), "nothing_to_cluster"
    )
