"""What columns are guessed to mean, from names and values."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import SegmentationError
from segmentation.guessing import guess_schema, schema_from_roles, snake_case
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema, schema_roles


def guess(columns: Mapping[str, Sequence[str | None]]) -> Schema:
    return guess_schema(list(columns), pd.DataFrame(columns, dtype=object))


def guess_one(header: str, values: Sequence[str | None]) -> Column:
    return guess({header: values}).columns[0]


def real(path: Path, delimiter: str = ",") -> Schema:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file, delimiter=delimiter))
    cells = [[cell.strip() or None for cell in row] for row in rows[:3000]]
    return guess_schema(header, pd.DataFrame(cells, columns=header, dtype=object))


def test_the_smartcart_file_has_its_preset(shared_data: Path) -> None:
    schema = real(shared_data / "smartcart_customers.csv")
    assert [(c.name, c.role, c.kind) for c in schema][:9] == [
        (CUSTOMER_KEY, Role.CUSTOMER_ID, Kind.TEXT),
        ("birth_year", Role.BIRTH_YEAR, Kind.INTEGER),
        ("education", Role.ORDINAL, Kind.TEXT),
        ("marital_status", Role.CATEGORY, Kind.TEXT),
        ("income", Role.INCOME, Kind.DECIMAL),
        ("kids", Role.DEPENDENTS, Kind.INTEGER),
        ("teens", Role.DEPENDENTS, Kind.INTEGER),
        ("enrolled_on", Role.ENROLLED_ON, Kind.DATE),
        ("recency_days", Role.RECENCY_DAYS, Kind.INTEGER),
    ]
    assert [c.label for c in schema.of(Role.SPEND)] == ["Wine", "Fruit", "Meat", "Fish", "Sweets", "Gold"]
    assert [c.name for c in schema.of(Role.PURCHASES)] == [f"purchases_{way}" for way in ("deals", "web", "catalog", "store")]
    assert [(c.name, c.label) for c in schema.of(Role.VISITS)] == [("visits_web", "Web visits a month")]
    assert [c.name for c in schema.of(Role.FLAG, Role.OUTCOME)] == ["complained", "responded"]
    assert schema.named("education").levels == ("Basic", "Graduation", "Master|2n Cycle", "PhD")
    assert schema.named("marital_status").folds == {"Alone": "Single", "Absurd": "Single", "YOLO": "Single"}


def test_the_longer_form_has_past_campaigns_as_outcomes(shared_data: Path) -> None:
    schema = real(shared_data / "marketing_campaign.csv", "\t")
    assert len(schema.columns) == 29
    assert {c.name for c in schema.of(Role.OUTCOME)} == {"responded", *(f"accepted_{n}" for n in range(1, 6))}
    assert [c.source for c in schema.of(Role.NUMBER)] == ["Z_CostContact", "Z_Revenue"]


def test_the_telco_file(shared_data: Path) -> None:
    schema = real(shared_data / "Telco-Customer-Churn.csv")
    roles = schema_roles(schema)
    assert roles["customerID"] is Role.CUSTOMER_ID
    assert roles["Churn"] is Role.OUTCOME
    assert roles["Dependents"] is Role.FLAG
    assert roles["MonthlyCharges"] is Role.AMOUNT
    assert schema.named("total_charges").kind is Kind.DECIMAL
    assert [c.source for c in schema if c.sensitive] == ["gender"]


def test_the_preset_needs_headers_that_only_that_file_has() -> None:
    schema = guess({"ID": ["a", "b"], "Income": ["1", "2"], "Response": ["x", "y"]})
    assert "SmartCart" not in " ".join(c.reason for c in schema)


@pytest.mark.parametrize(
    ("header", "values", "role"),
    [
        ("AnnualIncome", ["100", "20.5"], Role.INCOME),
        ("age", ["30", "41"], Role.AGE),
        ("dob", ["1980-01-02", "1990-05-06"], Role.BIRTH_YEAR),
        ("signup_date", ["2020-01-02", "2021-05-06"], Role.ENROLLED_ON),
        ("last_seen", ["2020-01-02", "2021-05-06"], Role.IGNORE),
        ("DaysSinceLastPurchase", ["3", "40"], Role.RECENCY_DAYS),
        ("total_spend", ["$1,200.50", "$3.20"], Role.SPEND),
        ("num_orders", ["3", "4"], Role.PURCHASES),
        ("Frequency", ["3", "4"], Role.PURCHASES),
        ("converted", ["yes", "no"], Role.OUTCOME),
        ("churn", ["0", "1"], Role.OUTCOME),
        ("converted", ["shop", "web"], Role.CATEGORY),
        ("is_member", ["true", "false"], Role.FLAG),
        ("num_children", ["0", "1"], Role.DEPENDENTS),
        ("contact", ["a@b.example", "c@d.example"], Role.CONTACT),
        ("Phone Number", ["0123", "0456"], Role.CONTACT),
        ("email_opt_in", ["yes", "no"], Role.CONTACT),
        ("marketing_consent", ["yes", "no"], Role.CONSENT),
        ("city", ["Rome"] * 30 + ["Oslo"] * 30, Role.CATEGORY),
        ("remark", [f"text {n}" for n in range(60)], Role.IGNORE),
        ("nothing", [None, None], Role.IGNORE),
    ],
)
def test_ordinary_columns(header: str, values: list[str | None], role: Role) -> None:
    if header == "email_opt_in":
        role = Role.CONSENT  # a yes or no about e-mail is no address
    assert guess_one(header, values).role is role


def test_an_id_must_be_unique_and_filled() -> None:
    assert guess({"code": ["1", "2", "3"]}).columns[0].role is Role.CUSTOMER_ID
    assert guess({"code": ["1", "1", "3"], "n": ["1", "2", "3"]}).one(Role.CUSTOMER_ID) is None
    assert guess({"code": ["1", None, "3"]}).one(Role.CUSTOMER_ID) is None


def test_only_the_strongest_id_is_the_key() -> None:
    schema = guess({"row_id": ["1", "2"], "customer_id": ["a", "b"]})
    assert schema_roles(schema) == {"row_id": Role.IGNORE, "customer_id": Role.CUSTOMER_ID}
    assert [c.name for c in schema] == ["row_id", CUSTOMER_KEY]


@pytest.mark.parametrize("header", ["Gender", "ethnicity", "Religion", "health_status", "disability", "sexual_orientation", "nationality"])
def test_sensitive_by_default(header: str) -> None:
    assert guess_one(header, ["a", "b", "a", "b"]).sensitive


def test_household_and_age_are_not_sensitive() -> None:
    assert not any(c.sensitive for c in guess({"age": ["30", "40"], "marital_status": ["Married", "Single"]}))


def test_opting_out_withdraws_consent() -> None:
    assert guess_one("unsubscribed", ["yes", "no"]).folds["yes"] == "withdrawn"
    assert guess_one("opt_in", ["yes", "no"]).folds["yes"] == "given"


def test_a_stated_role_overrides_the_guess() -> None:
    sample = pd.DataFrame({"id": ["1", "2"], "level": ["1", "2"]}, dtype=object)
    schema = schema_from_roles(["id", "level"], sample, {"level": "category"})
    level = schema.named("level")
    assert (level.role, level.kind, level.confidence, level.reason) == (Role.CATEGORY, Kind.TEXT, 1.0, "stated")
    assert schema.named(CUSTOMER_KEY).source == "id"


def test_a_stated_customer_id_is_the_only_one() -> None:
    sample = pd.DataFrame({"id": ["1", "2"], "mail": ["x", "y"]}, dtype=object)
    schema = schema_from_roles(["id", "mail"], sample, {"mail": "customer_id"})
    assert schema_roles(schema) == {"id": Role.IGNORE, "mail": Role.CUSTOMER_ID}


def test_all_guessed_roles_stated_give_the_same_roles(shared_data: Path) -> None:
    guessed = real(shared_data / "smartcart_customers.csv")
    sample = pd.DataFrame({c.source: ["1", "2"] for c in guessed}, dtype=object)
    assert schema_roles(schema_from_roles([c.source for c in guessed], sample, schema_roles(guessed))) == schema_roles(guessed)


@pytest.mark.parametrize(("roles", "named"), [({"nope": "age"}, "nope"), ({"id": "wizard"}, "wizard")])
def test_a_mapping_that_does_not_fit_is_refused_by_name(roles: dict[str, str], named: str) -> None:
    with pytest.raises(SegmentationError, match=named):
        schema_from_roles(["id"], pd.DataFrame({"id": ["1"]}), roles)


def test_two_stated_ids_are_refused() -> None:
    with pytest.raises(SegmentationError, match="a and b"):
        schema_from_roles(["a", "b"], pd.DataFrame({"a": ["1"], "b": ["2"]}), {"a": "customer_id", "b": "customer_id"})


@pytest.mark.parametrize(
    ("header", "name"),
    [("MonthlyCharges", "monthly_charges"), ("2nd name", "column_2nd_name"), ("%", "column"), ("customerID", "customer_id")],
)
def test_snake_case(header: str, name: str) -> None:
    assert snake_case(header) == name


@given(st.lists(st.text(min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=8, unique=True))
def test_canonical_names_are_unique_and_plain(headers: list[str]) -> None:
    names = [column.name for column in guess({header: ["1", "1"] for header in headers})]
    assert len(set(names)) == len(headers)
    assert all(re.fullmatch(r"[^\W\d]\w*", name) and name == name.lower() for name in names)
