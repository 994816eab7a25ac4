"""Order lines to customers, in SQL over Parquet parts: streamed, in bounded memory, the same whatever the order of the lines.

Definitions. A *sale* is a line with an amount above zero; an *order* is an order number of a customer with a sale (without order
numbers: a day with one). What came back is every amount below zero and every sale marked as returned. Recency, frequency and monetary
value are those of Fader, Hardie & Lee (2005, "RFM and CLV: using iso-value curves for customer base analysis", Journal of Marketing
Research 42, 415-430), with all orders counted rather than repeat orders, and money less what came back.
"""

# ruff: noqa: S608 - the names in these statements are our own (part_0, carried_x, ...), never the file's

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.codec import from_json
from segmentation.engine import open_engine
from segmentation.errors import NotEnoughData
from segmentation.intake.types import Finding
from segmentation.orders.cells import carried_name
from segmentation.orders.columns import order_columns, stored_kind
from segmentation.orders.groups import Carried, Group, channel_groups, settle_carried, spend_groups
from segmentation.orders.outcome import customer_schema
from segmentation.orders.overlaps import parts_as_sql
from segmentation.orders.reading import LINE_COLUMNS, MEMORY, SCHEMA_KEY, quoted
from segmentation.orders.types import OrderCustomers, Part
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema

_LATEST = "(ordered_on - DATE '0001-01-01')::HUGEINT * 18446744073709551616 + line_key"
"""Lines by day, and within a day in an order that is always the same."""
_SALE = "amount > 0"
_BACK = "CASE WHEN amount < 0 THEN -amount WHEN returned THEN amount ELSE 0 END"
_NET = "CASE WHEN amount > 0 AND returned THEN 0 ELSE amount END"
_ORDER = "coalesce(order_id, ordered_on::VARCHAR)"


@dataclass(frozen=True)
class _Plan:
    """What the customers of these lines will have besides the figures that all have."""

    carried: tuple[Carried, ...]
    spend: tuple[Group, ...]
    channels: tuple[Group, ...]
    items: bool
    products: bool


def customers_from_orders(parts: Sequence[Part], *, as_of: date | None = None, before: Schema | None = None) -> OrderCustomers:
    """Sum the lines of `parts` (oldest first) up to customers at the end of the day `as_of`, by default the day of the last line.

    Later lines than `as_of` do not count. Where `before`, the schema of an earlier state, has columns for categories and channels,
    these stay, and what was one figure stays one, so that models keep what they were fitted on. Per customer: `recency_days` since the
    last sale; `orders`, or orders per channel (one with several counts for the first by name); `net_spend`, sales less what came back,
    or that per category; `average_order`, sales by order; items by order; different products sold; `return_rate`, what came back
    against sales, at most 1; mean days between days with a sale (None below two such days) and their standard deviation (None below
    three); `enrolled_on`, the day of the first sale; and of what lines say of the customer, the value of the latest. NotEnoughData
    where no line is left.
    """
    with _on_disk() as connection:
        return _customers(connection, parts, as_of, before)


def part_schema(part: Path) -> Schema:
    """The schema of the file that `part` was made from."""
    with open_engine(memory=MEMORY) as connection:
        return _schema_of(connection, part)


def orders_again(parts: Sequence[Part], new: Path) -> int:
    """How many orders of the part `new` are among the lines that count of `parts`, with other lines."""
    if not parts:
        return 0
    told = (
        "SELECT customer_key, order_id, bit_xor(line_key) AS content FROM (SELECT DISTINCT customer_key, order_id, line_key FROM {}) "
        "WHERE order_id IS NOT NULL GROUP BY ALL"
    )
    mine, theirs = told.format(parts_as_sql([new])), told.format("lines")
    with _on_disk() as connection:
        _gather(connection, parts, [set()] * len(parts), (), None)
        row = connection.execute(
            f"SELECT count(*) FROM ({mine}) AS a JOIN ({theirs}) AS b USING (customer_key, order_id) WHERE a.content <> b.content"
        ).fetchall()[0]
    return int(row[0])


@contextmanager
def _on_disk() -> Iterator[duckdb.DuckDBPyConnection]:
    """For what may be larger than memory."""
    with (
        tempfile.TemporaryDirectory(prefix="customers-") as folder,
        open_engine(memory=MEMORY, folder=folder, database=Path(folder) / "orders.duckdb") as connection,
    ):
        yield connection


def _customers(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], as_of: date | None, before: Schema | None) -> OrderCustomers:
    schemas = [_schema_of(connection, part.path) for part in parts]
    carried = _all_carried(schemas)
    _gather(connection, parts, [{column.name for column in order_columns(schema).carried} for schema in schemas], carried, as_of)
    latest = _value(connection, "SELECT max(ordered_on) FROM lines")
    day = as_of or latest
    if latest is None or day is None:
        raise NotEnoughData("There is no order line up to that day. State a later day, or import orders.")
    plan = _plan(connection, carried, before)
    _per_order(connection)
    customers = _typed(connection.execute(_figures(connection, plan), [day]).fetchnumpy(), plan)
    schema = customer_schema(schemas[-1], plan.carried, plan.spend, plan.channels, items=plan.items, products=plan.products)
    return OrderCustomers(customers[[column.name for column in schema]], schema, day, tuple(_note(customers, plan)))


def _schema_of(connection: duckdb.DuckDBPyConnection, part: Path) -> Schema:
    row = connection.execute("SELECT value FROM parquet_kv_metadata(?) WHERE key = ?", [str(part), SCHEMA_KEY]).fetchone()
    if row is None:
        raise ValueError(f"{part} is no part of order lines")
    return from_json(Schema, json.loads(bytes(row[0]).decode()))


def _gather(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], held: Sequence[set[str]], carried: Sequence[Column], as_of: date | None
) -> None:
    """Table `lines`: every line once, those of orders that a later part brings again left out. `held` names each part's carried columns."""
    own = ", ".join(LINE_COLUMNS)
    files = " UNION ALL ".join(
        f"SELECT {i} AS part, {own}{_listed([_as_known(column, names) for column in carried])} FROM {parts_as_sql([part.path])}"
        for i, (part, names) in enumerate(zip(parts, held, strict=True))
    )
    until = f"ordered_on <= DATE '{as_of.isoformat()}'" if as_of else "true"
    newer = [str(i) for i, part in enumerate(parts) if part.mode == "update" and i]
    if len(parts) == 1:
        connection.execute(f"CREATE TABLE lines AS SELECT * EXCLUDE (part) FROM ({files}) WHERE {until}")
        return
    replaced = (
        "SELECT customer_key, order_id, max(part) AS since FROM parts "
        f"WHERE part IN ({', '.join(newer) or '-1'}) AND order_id IS NOT NULL GROUP BY ALL"
    )
    connection.execute(
        f"CREATE TABLE lines AS WITH parts AS ({files}), replaced AS ({replaced}) "
        f"SELECT DISTINCT * EXCLUDE (part, since) FROM parts LEFT JOIN replaced USING (customer_key, order_id) "
        f"WHERE part >= coalesce(since, 0) AND {until}"
    )


def _as_known(column: Column, names: set[str]) -> str:
    """A carried column of a part as the latest part knows it; where it means something else by now, what does not fit is missing."""
    name = quoted(carried_name(column))
    return f"TRY_CAST({name if column.name in names else 'NULL'} AS {stored_kind(column)}) AS {name}"


def _plan(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], before: Schema | None) -> _Plan:
    """Columns that are there stay: what was one figure at first is not divided later, since both would be counted."""
    there = {column.name for column in before or ()}
    carried, category = settle_carried(connection, columns)
    spend = () if "net_spend" in there else spend_groups(connection, category, before)
    channels = () if "orders" in there else channel_groups(connection, before)
    items, products = connection.execute("SELECT count(quantity) > 0, count(product) > 0 FROM lines").fetchall()[0]
    return _Plan(carried, spend, channels, items or "items_per_order" in there, products or "products" in there)


def _all_carried(schemas: Sequence[Schema]) -> tuple[Column, ...]:
    """Carried columns of any part, as the latest part knows them."""
    columns: dict[str, Column] = {}
    for schema in schemas:
        columns |= {column.name: column for column in order_columns(schema).carried}
    return tuple(columns.values())


def _per_order(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        f"CREATE TABLE sold AS SELECT customer_key, {_ORDER} AS order_id, min(channel) AS channel, sum(quantity) AS items "
        f"FROM lines WHERE {_SALE} GROUP BY 1, 2"
    )
    connection.execute(
        "CREATE TABLE gaps AS SELECT customer_key, count(gap) AS gaps, sum(gap) AS days, sum(gap * gap) AS squares FROM ("
        "SELECT customer_key, ordered_on - lag(ordered_on) OVER (PARTITION BY customer_key ORDER BY ordered_on) AS gap "
        f"FROM (SELECT DISTINCT customer_key, ordered_on FROM lines WHERE {_SALE})) GROUP BY 1"
    )


def _figures(connection: duckdb.DuckDBPyConnection, plan: _Plan) -> str:
    """One row per customer, by key."""
    for name, groups in (("spend_words", plan.spend), ("channel_words", plan.channels)):
        rows = [(word, place) for place, group in enumerate(groups) for word in group.words]
        connection.execute(f"CREATE TABLE {name} (word VARCHAR, place INTEGER)")
        if rows:
            connection.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)
    carried = [f"arg_max({quoted(each.stored)}, {_LATEST}) AS {quoted(each.stored)}" for each in plan.carried]
    spend = [f"coalesce(sum({_NET}) FILTER (place = {i}), 0) AS {quoted(group.name)}" for i, group in enumerate(plan.spend)]
    orders = [f"count(*) FILTER (place = {i}) AS {quoted(group.name)}" for i, group in enumerate(plan.channels)]
    place = next((group.column for group in plan.spend), "NULL::VARCHAR")
    return f"""
        WITH whole AS (
            SELECT customer_key, count(*) AS lines, min(ordered_on) FILTER ({_SALE}) AS enrolled_on,
                max(ordered_on) FILTER ({_SALE}) AS last_sale, coalesce(sum(amount) FILTER ({_SALE}), 0) AS sales,
                sum({_BACK}) AS back, count(DISTINCT product) FILTER ({_SALE}) AS products
                {_listed([*carried, *spend])}
            FROM (SELECT lines.*, coalesce(place, {len(plan.spend) - 1}) AS place
                  FROM lines LEFT JOIN spend_words ON lower(trim({place})) = word) GROUP BY 1
        ), ordered AS (
            SELECT customer_key, count(*) AS orders, sum(items) AS items {_listed(orders)}
            FROM (SELECT sold.*, coalesce(place, {len(plan.channels) - 1}) AS place
                  FROM sold LEFT JOIN channel_words ON lower(trim(channel)) = word) GROUP BY 1
        )
        SELECT whole.*, coalesce(ordered.orders, 0) AS orders, items, gaps, days, squares,
            ?::DATE - last_sale AS recency_days {_listed([f"coalesce({quoted(g.name)}, 0) AS {quoted(g.name)}" for g in plan.channels])}
        FROM whole LEFT JOIN ordered USING (customer_key) LEFT JOIN gaps USING (customer_key) ORDER BY customer_key
    """


def _listed(expressions: Sequence[str]) -> str:
    return "".join(f", {expression}" for expression in expressions)


def _typed(rows: Mapping[str, Any], plan: _Plan) -> pd.DataFrame:
    """Figures as the columns of customers; ratios are made here, once sums are exact."""
    number = {name: _floats(values) for name, values in rows.items() if np.ma.getdata(values).dtype.kind in "iufb"}
    with np.errstate(divide="ignore", invalid="ignore"):
        orders, sales, gaps, days = number["orders"], number["sales"], number["gaps"], number["days"]
        variance = np.where(gaps > 1, (number["squares"] - days * days / gaps) / (gaps - 1), np.nan)
        made = {
            "recency_days": number["recency_days"],
            "orders": orders,
            "net_spend": sales - number["back"],
            "average_order": np.where(orders > 0, sales / orders, np.nan),
            "items_per_order": np.where(orders > 0, number["items"] / orders, np.nan),
            "products": number["products"],
            "return_rate": np.where(sales > 0, np.minimum(number["back"] / sales, 1.0), np.nan),
            "days_between_orders": np.where(gaps > 0, days / gaps, np.nan),
            "days_between_orders_spread": np.sqrt(np.maximum(variance, 0.0)),
        }
    frame = pd.DataFrame({CUSTOMER_KEY: _objects(rows["customer_key"]), "enrolled_on": _days(rows["enrolled_on"]), **made})
    for name in ("recency_days", "orders", "products"):
        frame[name] = frame[name].astype("Int64")
    for group in plan.spend:
        frame[group.name] = number[group.name]
    for group in plan.channels:
        frame[group.name] = pd.Series(number[group.name]).astype("Int64")
    for each in plan.carried:
        if each.column.name not in frame:
            frame[each.column.name] = _carried(rows[each.stored], each.column)
    return frame


def _carried(values: NDArray[Any], column: Column) -> pd.Series[Any]:
    kind = stored_kind(column)
    if kind == "VARCHAR":
        return pd.Series(_objects(values), dtype=object)
    if kind == "DATE":
        return pd.Series(_days(values))
    numbers = pd.Series(_floats(values))
    return numbers.astype("Int64") if column.kind is Kind.INTEGER else numbers


def _floats(values: NDArray[Any]) -> NDArray[Any]:
    return np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)


def _objects(values: NDArray[Any]) -> NDArray[Any]:
    text = np.array(np.ma.getdata(values), dtype=object)
    text[np.ma.getmaskarray(values)] = None
    return text


def _days(values: NDArray[Any]) -> NDArray[Any]:
    days = np.array(np.ma.getdata(values)).astype("datetime64[s]")
    days[np.ma.getmaskarray(values)] = np.datetime64("NaT")
    return days


def _note(customers: pd.DataFrame, plan: _Plan) -> Iterator[Finding]:
    without = int((customers["orders"] == 0).sum())
    if without:
        message = f"{without:,} of {len(customers):,} customers have no sale, only returns or free lines; they are kept with no orders."
        yield Finding("no_sale", "flag", message, None, without)
    below = int((customers["net_spend"] < 0).sum())
    if below:
        message = f"{below:,} customers brought back more than they bought in these orders; what they spent is below zero."
        yield Finding("below_zero", "note", message, None, below)
    for each in plan.carried:
        if each.changing and each.column.role is not Role.CONTACT:
            message = f"{each.changing:,} customers have more than one {each.column.label}; that of their latest order counts."
            yield Finding("changing_attribute", "note", message, each.column.source, each.changing)


def _value(connection: duckdb.DuckDBPyConnection, statement: str) -> date | None:
    ((value,),) = connection.execute(statement).fetchall()
    return cast("date | None", value)
