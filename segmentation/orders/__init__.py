"""Order lines become customers: read a file into a part, sum parts up to one row per customer."""

from segmentation.orders.customers import customers_from_orders, orders_again, part_schema
from segmentation.orders.reading import read_order_lines
from segmentation.orders.types import LineCounts, OrderCustomers, OrderLines, Part

__all__ = [
    "LineCounts",
    "OrderCustomers",
    "OrderLines",
    "Part",
    "customers_from_orders",
    "orders_again",
    "part_schema",
    "read_order_lines",
]
