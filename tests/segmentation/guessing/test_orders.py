"""Files of order lines are told from files of customers, and their columns get the roles of orders."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pandas as pd
import pytest

from segmentation.guessing import guess_kind, guess_schema, schema_from_roles
from segmentation.roles import Role, schema_roles

RANDOM = random.Random(7)
LINES = 120
CUSTOMERS = [str(12_000 + RANDOM.randrange(25)) for _ in range(LINES)]
ORDERS = [str(536_000 + line // 3) for line in range(LINES)]
DAYS = [f"2023-{1 + line % 12:02}-{1 + line % 28:02}" for line in range(LINES)]
MOMENTS = [f"{day} 08:26:00" for day in DAYS]
AMOUNTS = [f"{RANDOM.uniform(1, 90):.2f}" for _ in range(LINES)]
COUNTS = [str(RANDOM.randrange(-3, 12)) for _ in range(LINES)]
CODES = [f"{RANDOM.randrange(200, 260)}B" for _ in range(LINES)]
WORDS = [RANDOM.choice(["Obst", "Brot", "Wein"]) for _ in range(LINES)]
NAMES = [f"Jar of {RANDOM.randrange(60)}" for _ in range(LINES)]

Columns = Mapping[str, tuple[Sequence[str | None], str]]
RETAIL: Columns = {
    "InvoiceNo": (ORDERS, "order_id"), "StockCode": (CODES, "product"), "Description": (NAMES, "ignore"),
    "Quantity": (COUNTS, "quantity"), "InvoiceDate": (MOMENTS, "ordered_on"), "UnitPrice": (AMOUNTS, "unit_price"),
    "CustomerID": (CUSTOMERS, "customer_id"), "Country": (WORDS, "category"),
}  # fmt: skip
SNAKE: Columns = {
    "order_id": (ORDERS, "order_id"), "cust_id": (CUSTOMERS, "customer_id"), "order_date": (DAYS, "ordered_on"),
    "qty": (COUNTS, "quantity"), "unit_price": (AMOUNTS, "unit_price"),
    "line_total": (AMOUNTS, "amount"), "sku": (CODES, "product"), "category": (WORDS, "category"),
    "sales_channel": (WORDS, "channel"), "discount_amount": (AMOUNTS, "ignore"), "ship_date": (DAYS, "ignore"),
}  # fmt: skip
GERMAN: Columns = {
    "Kundennummer": (CUSTOMERS, "customer_id"), "Rechnungsnummer": (ORDERS, "order_id"), "Rechnungsdatum": (DAYS, "ordered_on"),
    "Menge": (COUNTS, "quantity"), "Einzelpreis": (AMOUNTS, "unit_price"), "Artikelnummer": (CODES, "product"),
    "Warengruppe": (WORDS, "category"), "Kanal": (WORDS, "channel"), "Gesamtbetrag": (AMOUNTS, "amount"),
}  # fmt: skip
FRENCH: Columns = {
    "id_client": (CUSTOMERS, "customer_id"), "numéro de commande": (ORDERS, "order_id"), "date de commande": (DAYS, "ordered_on"),
    "quantité": (COUNTS, "quantity"), "prix unitaire": (AMOUNTS, "unit_price"), "produit": (NAMES, "product"),
}  # fmt: skip
SPANISH: Columns = {
    "id_cliente": (CUSTOMERS, "customer_id"), "numero_pedido": (ORDERS, "order_id"), "fecha_pedido": (DAYS, "ordered_on"),
    "cantidad": (COUNTS, "quantity"), "precio_unitario": (AMOUNTS, "unit_price"), "categoría": (WORDS, "category"),
}  # fmt: skip
TRANSACTIONS: Columns = {
    "transaction_id": (ORDERS, "order_id"), "user_id": (CUSTOMERS, "customer_id"), "timestamp": (MOMENTS, "ordered_on"),
    "amount": (AMOUNTS, "amount"),
}  # fmt: skip
BARE: Columns = {"customer": (CUSTOMERS, "customer_id"), "date": (DAYS, "ordered_on"), "total": (AMOUNTS, "amount")}
MISSPELT: Columns = {
    "CustomerID": (CUSTOMERS, "customer_id"), "OrderID": (ORDERS, "order_id"), "OrderDate": (DAYS, "ordered_on"),
    "Quantitiy": (COUNTS, "quantity"), "UnitPirce": (AMOUNTS, "unit_price"),
}  # fmt: skip
FILES = {"retail": RETAIL, "snake": SNAKE, "german": GERMAN, "french": FRENCH, "spanish": SPANISH, "transactions": TRANSACTIONS,
         "bare": BARE, "misspelt": MISSPELT}  # fmt: skip


def sample(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({header: cells for header, (cells, _) in columns.items()}, dtype=object)


@pytest.mark.parametrize("name", FILES)
def test_order_lines_are_known_and_their_columns_understood(name: str) -> None:
    columns = FILES[name]
    kind = guess_kind(list(columns), sample(columns))
    assert kind.kind == "orders", kind
    schema = guess_schema(list(columns), sample(columns), kind.kind)
    assert schema_roles(schema) == {header: role for header, (_, role) in columns.items()}


def test_the_reason_names_the_columns_that_decided() -> None:
    kind = guess_kind(list(BARE), sample(BARE))
    assert (
        kind.reason
        == "ids in “customer” repeat, “customer” says the customer, “date” says the day of the order and “total” says the amount"
    )
    assert kind.confidence < guess_kind(list(SNAKE), sample(SNAKE)).confidence


def test_a_misspelt_column_is_less_sure_and_says_why() -> None:
    schema = guess_schema(list(MISSPELT), sample(MISSPELT), "orders")
    price = next(column for column in schema if column.source == "UnitPirce")
    assert price.confidence < 0.8
    assert "“pirce” looks like a misspelling of “price”" in price.reason


def test_customers_with_orders_are_customers() -> None:
    each = [str(n) for n in range(LINES)]
    columns: Columns = {
        "customer_id": (each, ""), "age": (COUNTS, ""), "income": (AMOUNTS, ""), "last_order_date": (DAYS, ""),
        "total_spend": (AMOUNTS, ""),
        "num_orders": (COUNTS, ""),
    }  # fmt: skip
    assert guess_kind(list(columns), sample(columns)).kind == "customers"


def test_customers_who_come_twice_with_the_day_they_joined_are_customers() -> None:
    columns: Columns = {"customer_id": (CUSTOMERS, ""), "signup_date": (DAYS, ""), "total_spend": (AMOUNTS, "")}
    assert guess_kind(list(columns), sample(columns)).kind == "customers"


def test_orders_of_one_time_buyers_are_orders_but_less_surely() -> None:
    columns = {**SNAKE, "cust_id": ([str(n) for n in range(LINES)], "customer_id")}
    kind = guess_kind(list(columns), sample(columns))
    assert (kind.kind, kind.confidence) == ("orders", 0.75)
    assert "repeat" not in kind.reason


def test_stated_roles_lie_over_the_guess_of_an_order_file() -> None:
    schema = schema_from_roles(list(RETAIL), sample(RETAIL), {"Description": "product", "StockCode": "ignore"}, "orders")
    assert schema_roles(schema)["Description"] is Role.PRODUCT
    assert schema_roles(schema)["InvoiceNo"] is Role.ORDER_ID


def test_an_order_role_is_given_once() -> None:
    columns = {
        "order_no": (ORDERS, ""),
        "invoice_no": (ORDERS, ""),
        "customer_id": (CUSTOMERS, ""),
        "amount": (AMOUNTS, ""),
        "date": (DAYS, ""),
    }
    schema = guess_schema(list(columns), sample(columns), "orders")
    assert [column.source for column in schema.of(Role.ORDER_ID)] == ["order_no"]
    assert "surer sign" in next(column for column in schema if column.source == "invoice_no").reason
