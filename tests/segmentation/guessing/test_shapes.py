"""Whole files of other shapes than the SmartCart one; headers as published, values made up."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pandas as pd
import pytest

from segmentation.guessing import guess_kind, guess_schema
from segmentation.roles import schema_roles

ROWS = 200
_RANDOM = random.Random(5)
Columns = Mapping[str, tuple[Sequence[str], str]]


def numbers(low: float, high: float, decimals: int = 0) -> list[str]:
    return [f"{_RANDOM.uniform(low, high):.{decimals}f}" for _ in range(ROWS)]


def of(*words: str) -> list[str]:
    return [_RANDOM.choice(words) for _ in range(ROWS)]


def ids(first: int = 1) -> list[str]:
    return [str(first + 3 * row) for row in range(ROWS)]


YES_NO = of("yes", "no")

BANK: Columns = {
    "age": (numbers(19, 85), "age"), "job": (of("admin.", "technician", "retired", "unknown"), "category"),
    "marital": (of("married", "single", "divorced"), "category"), "education": (of("primary", "secondary", "tertiary"), "category"),
    "default": (YES_NO, "flag"), "balance": (numbers(-900, 20_000), "amount"), "housing": (of("yes", "no"), "flag"),
    "loan": (of("yes", "no"), "flag"), "contact": (of("cellular", "telephone", "unknown"), "category"), "day": (numbers(1, 31), "category"),
    "month": (of("may", "jun", "jul", "aug"), "category"), "duration": (numbers(4, 2_000), "number"), "campaign": (numbers(1, 9), "number"),
    "pdays": (numbers(-1, 300), "number"), "previous": (numbers(0, 7), "number"),
    "poutcome": (of("unknown", "failure", "other", "success"), "category"), "y": (of("no", "yes"), "outcome"),
}  # fmt: skip
CARD: Columns = {
    "CLIENTNUM": (ids(700_000_000), "customer_id"), "Attrition_Flag": (of("Existing Customer", "Attrited Customer"), "outcome"),
    "Customer_Age": (numbers(26, 70), "age"), "Gender": (of("M", "F"), "category"), "Dependent_count": (numbers(0, 5), "dependents"),
    "Education_Level": (of("Graduate", "High School", "Unknown"), "category"), "Marital_Status": (of("Married", "Single"), "category"),
    "Income_Category": (of("Less than $40K", "$40K - $60K", "Unknown"), "category"), "Card_Category": (of("Blue", "Silver"), "category"),
    "Months_on_book": (numbers(13, 56), "number"), "Total_Relationship_Count": (numbers(1, 6), "count"),
    "Months_Inactive_12_mon": (numbers(0, 6), "number"), "Contacts_Count_12_mon": (numbers(0, 6), "count"),
    "Credit_Limit": (numbers(1_400, 34_000, 1), "amount"), "Total_Revolving_Bal": (numbers(0, 2_517), "amount"),
    "Avg_Open_To_Buy": (numbers(3, 34_000, 1), "number"), "Total_Amt_Chng_Q4_Q1": (numbers(0, 3, 3), "ratio"),
    "Total_Trans_Amt": (numbers(500, 18_000), "spend"), "Total_Trans_Ct": (numbers(10, 139), "purchases"),
    "Total_Ct_Chng_Q4_Q1": (numbers(0, 3, 3), "ratio"), "Avg_Utilization_Ratio": (numbers(0, 1, 3), "ratio"),
    "Naive_Bayes_Classifier_1": (numbers(0, 1, 6), "ignore"),
}  # fmt: skip
CREDIT: Columns = {
    "CUST_ID": ([f"C{10_000 + row}" for row in range(ROWS)], "customer_id"), "BALANCE": (numbers(0, 9_000, 4), "amount"),
    "BALANCE_FREQUENCY": (numbers(0, 1, 4), "ratio"), "PURCHASES": (numbers(0, 4_000, 2), "spend"),
    "ONEOFF_PURCHASES": (numbers(0, 3_000, 2), "spend"), "INSTALLMENTS_PURCHASES": (numbers(0, 2_000, 2), "spend"),
    "CASH_ADVANCE": (numbers(0, 4_000, 4), "amount"), "PURCHASES_FREQUENCY": (numbers(0, 1, 4), "ratio"),
    "CASH_ADVANCE_FREQUENCY": (numbers(0, 1, 4), "ratio"), "PURCHASES_TRX": (numbers(0, 90), "purchases"),
    "CREDIT_LIMIT": (numbers(500, 12_000), "amount"), "PAYMENTS": (numbers(0, 9_000, 4), "amount"),
    "MINIMUM_PAYMENTS": (numbers(0, 2_000, 4), "amount"), "PRC_FULL_PAYMENT": (numbers(0, 1, 4), "ratio"), "TENURE": (numbers(6, 12),
    "number"),
}  # fmt: skip
WHOLESALE: Columns = {
    "Channel": (of("1", "2"), "category"), "Region": (of("1", "2", "3"), "category"), "Fresh": (numbers(3, 60_000), "spend"),
    "Milk": (numbers(55, 30_000), "spend"), "Grocery": (numbers(3, 40_000), "spend"), "Frozen": (numbers(25, 20_000), "spend"),
    "Detergents_Paper": (numbers(3, 20_000), "spend"), "Delicassen": (numbers(3, 9_000), "spend"),
}  # fmt: skip
MALL: Columns = {
    "CustomerID": ([f"{row + 1:04}" for row in range(ROWS)], "customer_id"), "Gender": (of("Male", "Female"), "category"),
    "Age": (numbers(18, 70), "age"), "Annual Income (k$)": (numbers(15, 137), "income"), "Spending Score (1-100)": (numbers(1, 99),
    "ratio"),
}  # fmt: skip
RFM: Columns = {
    "customer_id": (ids(), "customer_id"), "recency": (numbers(0, 400), "recency_days"), "frequency": (numbers(1, 60), "purchases"),
    "monetary": (numbers(5, 9_000, 2), "spend"), "aov": (numbers(5, 200, 2), "amount"),
    "first_order_date": (["2021-03-04"] * ROWS, "enrolled_on"),
    "last_order_date": (["2023-03-04"] * ROWS, "ignore"), "rfm_segment": (of("Champions", "Lost", "New"), "category"),
}  # fmt: skip
FILES = {"bank": BANK, "card": CARD, "credit": CREDIT, "wholesale": WHOLESALE, "mall": MALL, "rfm": RFM}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_shape_is_understood(name: str) -> None:
    columns = FILES[name]
    sample = pd.DataFrame({header: cells for header, (cells, _) in columns.items()}, dtype=object)
    assert guess_kind(list(columns), sample).kind == "customers"
    schema = guess_schema(list(columns), sample)
    assert schema_roles(schema) == {header: role for header, (_, role) in columns.items()}
