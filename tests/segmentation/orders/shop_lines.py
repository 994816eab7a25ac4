"""Files of order lines for tests, and their customers computed another way: with pandas, in memory, as the definitions say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from segmentation.orders import OrderCustomers, OrderLines, Part, customers_from_orders, read_order_lines
from segmentation.roles import CUSTOMER_KEY, KIND_OF, Column, Kind, Role, Schema

SHOP = {
    "Order": Role.ORDER_ID,
    "Customer": Role.CUSTOMER_ID,
    "Order date": Role.ORDERED_ON,
    "Product": Role.PRODUCT,
    "Category": Role.CATEGORY,
    "Channel": Role.CHANNEL,
    "Quantity": Role.QUANTITY,
    "Unit price": Role.UNIT_PRICE,
    "Country": Role.CATEGORY,
}
RETAIL = {
    "InvoiceNo": Role.ORDER_ID,
    "StockCode": Role.PRODUCT,
    "Description": Role.IGNORE,
    "Quantity": Role.QUANTITY,
    "InvoiceDate": Role.ORDERED_ON,
    "UnitPrice": Role.UNIT_PRICE,
    "CustomerID": Role.CUSTOMER_ID,
    "Country": Role.CATEGORY,
}


def order_schema(roles: dict[str, Role]) -> Schema:
    """Header -> role as a schema whose names follow the headers."""
    return Schema(tuple(_column(header, role) for header, role in roles.items()))


def _column(header: str, role: Role) -> Column:
    name = CUSTOMER_KEY if role is Role.CUSTOMER_ID else header.lower().replace(" ", "_")
    kind = KIND_OF.get(role, Kind.TEXT if role is Role.IGNORE else Kind.DECIMAL)
    return Column(name, header, role, kind, header)


def read(folder: Path, text: str, roles: dict[str, Role] = SHOP, *, name: str = "part", **options) -> OrderLines:
    """Read `text` as a file; the part is `folder/name`."""
    source = folder / f"{name}.csv"
    source.write_text(text, encoding="utf-8")
    return read_order_lines(source, folder / name, schema=order_schema(roles), **options)


def customers_of(folder: Path, *names: str, mode: str = "update", **options) -> OrderCustomers:
    """Customers from the parts of those names, oldest first."""
    return customers_from_orders([Part(folder / name, mode) for name in names or ("part",)], **options)


def expected_customers(lines: pd.DataFrame, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
    """The figures of `lines` (columns customer, order, day, quantity, amount, product), indexed by customer."""
    lines = lines[lines["customer"].notna()].drop_duplicates()
    lines = lines if as_of is None else lines[lines["day"] <= as_of]
    day = lines["day"].max() if as_of is None else as_of
    return pd.DataFrame({key: _one(group, day) for key, group in lines.groupby("customer")}).T


def _one(lines: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    sold = lines[lines["amount"] > 0]
    sales, back = sold["amount"].sum(), -lines.loc[lines["amount"] < 0, "amount"].sum()
    orders = sold["order"].nunique()
    days = np.sort(sold["day"].unique())
    gaps = np.diff(days).astype("timedelta64[D]").astype(float)
    return pd.Series(
        {
            "recency_days": (as_of - sold["day"].max()).days if orders else np.nan,
            "orders": orders,
            "net_spend": sales - back,
            "average_order": sales / orders if orders else np.nan,
            "items_per_order": sold["quantity"].sum() / orders if orders else np.nan,
            "products": sold["product"].nunique(),
            "return_rate": min(back / sales, 1.0) if orders else np.nan,
            "days_between_orders": gaps.mean() if len(gaps) else np.nan,
            "days_between_orders_spread": gaps.std(ddof=1) if len(gaps) > 1 else np.nan,
            "enrolled_on": sold["day"].min() if orders else pd.NaT,
        }
    )
