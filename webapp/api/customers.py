"""Customers, a page at a time: those of a segment."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from webapp.api.datasets import VERSION_FIELD
from webapp.api.fields import switch, text, whole
from webapp.api.operations import Call, Operation
from webapp.services.access import Permission
from webapp.services.browsing.customers import LONGEST_PAGE, CustomerPage, CustomerQuery, page_customers
from webapp.services.errors import Invalid
from webapp.services.segmenting.segments import dataset_of_segment
from webapp.services.segmenting.selections import select_customers

FARTHEST = 100_000_000
"""The farthest that a page of customers may begin."""
USUAL_PAGE = 100


def get_segment_customers(call: Call) -> dict[str, Any]:
    """A page of a segment's customers as the token's role sees them."""
    key = call.parts["key"]
    dataset = dataset_of_segment(call.session, call.actor, key)
    return {
        "dataset": dataset,
        "segment": key,
        **customers_page(call, dataset, CustomerQuery(asked_filters(call), key, call.query["version"])),
    }


def asked_filters(call: Call) -> dict[str, str]:
    """Filters and search of the request, as an address has them."""
    return {name: call.query[name] for name in ("f", "q") if call.query[name]}


def customers_page(call: Call, dataset: str, asked: CustomerQuery) -> dict[str, Any]:
    """A page of the customers asked for, in the order that the request says; Invalid says what is wrong with a filter."""
    store = call.resources.store
    if problems := select_customers(call.session, call.actor, store, dataset, asked.query, version=asked.version).problems:
        raise Invalid(problems[0], details={"field": "f"})
    start, limit = call.query["offset"], call.query["limit"]
    ordered = replace(asked, sort=call.query["sort"], descending=call.query["desc"])
    page = page_customers(call.session, call.actor, store, dataset, ordered, start=start, stop=start + limit)
    return {"total": page.total, "offset": start, "limit": limit, "customers": rows_json(page)}


def rows_json(page: CustomerPage) -> list[dict[str, Any]]:
    """The customers of a page as objects: numbers as numbers, days as ISO text, what is missing as null."""
    rows = page.rows.copy()
    for column in page.columns:
        if column.kind == "date":
            rows[column.name] = rows[column.name].dt.strftime("%Y-%m-%d")
    return list(json.loads(rows.to_json(orient="records", double_precision=15)))


QUERY = {
    "version": VERSION_FIELD,
    "offset": whole("How many customers to pass over.", low=0, high=FARTHEST, default=0),
    "limit": whole("How many to answer with.", low=1, high=LONGEST_PAGE, default=USUAL_PAGE),
    "sort": text("A column of the answer; the customer key without it."),
    "desc": switch("1 for the largest first."),
    "f": text("Filters, as in the address of the Customers page.", longest=4_000),
    "q": text("Words to look for in key and texts."),
}
OPERATIONS = (
    Operation(
        "list_segment_customers",
        "GET",
        "/segments/{key}/customers",
        "Customers of a segment, a page at a time; contacts masked unless the token is an admin's",
        Permission.VIEW_CUSTOMERS,
        get_segment_customers,
        QUERY,
    ),
)
