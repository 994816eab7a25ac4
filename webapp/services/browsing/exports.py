"""Customers who leave: files of those who were asked for and who may be contacted, written from the snapshot's columns."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from segmentation.formulas import harmless_sql
from segmentation.roles import CUSTOMER_KEY, Kind, Schema
from webapp import bulk, outgoing
from webapp.models import Customer, Dataset
from webapp.outgoing import FileForm
from webapp.services.access import Actor, Permission, require
from webapp.services.audit import record_event
from webapp.services.browsing.customers import EVERYBODY, MASK, CustomerQuery, sorted_rows, version_columns
from webapp.services.data.snapshots import latest_snapshot
from webapp.services.errors import Conflict, Invalid
from webapp.services.filtering.columns import attributes, masked_columns, outward
from webapp.services.filtering.filters import column_of
from webapp.services.segmenting.audience_filters import is_audience
from webapp.services.segmenting.audiences import AudienceSummary, show_audience
from webapp.services.segmenting.carrying import count_gone
from webapp.services.segmenting.labelled import open_labelled
from webapp.services.segmenting.selections import select_from
from webapp.store import CHUNK, Store

ALL_GONE = "Nobody is left to leave: every one of these customers is gone from the newest snapshot. Re-cluster, then choose anew."


@dataclass(frozen=True)
class Export:
    """A file on its way out: `chunks` are its bytes. `withheld` counts customers who stay because of their consent, `gone` those who are no
    customers any more.
    """

    file_name: str
    rows: int
    withheld: int
    gone: int
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class SavedExport:
    """A file that was written."""

    path: Path
    rows: int
    withheld: int
    gone: int


def export_customers(
    session: Session, actor: Actor, store: Store, dataset: str, asked: CustomerQuery = EVERYBODY, *, ending: str = ".csv", called: str = ""
) -> Export:
    """The customers asked for who may leave, as CSV or what else `ending` says. Audited, so it needs a session that commits.

    `called` stands in the file's name for what was selected.
    """
    with tempfile.TemporaryDirectory(prefix="smartcart-export-") as folder:
        saved = save_customers(session, actor, store, dataset, Path(folder) / f"customers{ending}", asked)
        file = saved.path.open("rb")  # the open file outlives its name, and vanishes with whoever stops reading
    chosen = called or ("selected" if asked.query.get("f") or asked.query.get("q") else None)
    name = "-".join(part for part in (dataset, asked.segment, chosen, f"customers{ending}") if part)

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    return Export(name, saved.rows, saved.withheld, saved.gone, chunks())


def export_audience(session: Session, actor: Actor, store: Store, dataset: str, audience_id: str, *, ending: str = ".csv") -> Export:
    """The customers of an audience who are still there and may leave."""
    audience = show_audience(session, actor, dataset, audience_id)
    return export_customers(session, actor, store, dataset, customers_of(audience), ending=ending, called=audience.name)


def customers_of(audience: AudienceSummary) -> CustomerQuery:
    """How the customers of an audience are asked for."""
    return CustomerQuery({"f": audience.query}, version=audience.listed)


def save_customers(session: Session, actor: Actor, store: Store, dataset: str, path: Path, asked: CustomerQuery = EVERYBODY) -> SavedExport:
    """The same as a file at `path`: .csv, .parquet or .xlsx by its ending.

    Invalid where a filter cannot be used: a file never holds more customers than somebody asked for.
    """
    require(actor, Permission.EXPORT)
    form = file_form(path)
    base = open_labelled(session, actor, dataset, asked.version, asked.query)
    selection = select_from(base, actor, store, asked.query, segment=asked.segment)
    if selection.problems:
        raise Invalid(selection.problems[0], details={"field": "f"})
    numbers = sorted_rows(base, actor, store, selection.rows, asked, 0, selection.count)
    _refuse_too_many(len(numbers), form)
    beside = {"number": numbers, "place": np.arange(len(numbers)), **version_columns(base, base.labels(store), numbers, names=False)}
    expressions = _expressions(base.schema, masked_columns(actor, base.schema), plain=form != "csv")
    try:
        rows = outgoing.copy_rows(base.path(store), expressions, pd.DataFrame(beside), _may_leave(session, base.dataset), path, form)
    except outgoing.CellTooLong as error:
        path.unlink(missing_ok=True)
        raise Invalid(f"{error} Choose .csv or .parquet.", code="cell_too_long", details={"field": "out"}) from None
    gone = count_gone(store, base.snapshot, numbers, latest_snapshot(session, base.dataset) or base.snapshot)
    withheld = len(numbers) - rows - gone
    if not rows and len(numbers):
        path.unlink(missing_ok=True)
        raise _nobody(base.dataset, withheld, gone)
    narrowed = {name: asked.query[name] for name in ("f", "q") if asked.query.get(name)}
    version = base.version.number if base.version else None
    named = [column_of(each, selection.columns).choices[key] for each in selection.filters if is_audience(each) for key in each.values]
    narrowed |= {"audience": ", ".join(named)} if named else {}
    details = {"segment": asked.segment, "version": version, "rows": rows, "withheld": withheld, "gone": gone, **narrowed}
    record_event(session, actor, "customers.exported", base.dataset.slug, **details)
    session.flush()
    return SavedExport(path, rows, withheld, gone)


def file_form(path: Path) -> FileForm:
    """How the file at `path` is to be written, by its ending; Invalid where there is no such kind."""
    form = outgoing.FORMS.get(path.suffix.lower())
    if form is None:
        raise Invalid("Choose a file name that ends in .csv, .parquet or .xlsx.", details={"field": "out"})
    return form


def _refuse_too_many(rows: int, form: FileForm) -> None:
    if form == "xlsx" and rows > outgoing.SHEET_ROWS:
        raise Invalid(
            f"A workbook holds at most {outgoing.SHEET_ROWS:,} customers, and these are {rows:,}. Choose .csv or .parquet.",
            code="too_many_rows",
            details={"field": "out"},
        )


def _expressions(schema: Schema, masked: frozenset[str], *, plain: bool) -> list[str]:
    """Key, the version's columns, the customer's columns; texts made harmless for spreadsheets unless `plain`."""

    def text(source: str, name: str) -> str:
        return f"{source} AS {name}" if plain else f"{harmless_sql(source)} AS {name}"

    own = ["beside.segment_key", text("CAST(beside.segment_name AS VARCHAR)", "segment_name"), "beside.confidence", "beside.runner_up"]
    expressions = [text(bulk.quoted(CUSTOMER_KEY), CUSTOMER_KEY), *own]
    for column in attributes(schema):
        source, name = f"customers.{bulk.quoted(column.name)}", bulk.quoted(outward(column.name))
        if column.name in masked:
            expressions.append(f"CASE WHEN {source} IS NULL THEN NULL ELSE '{MASK}' END AS {name}")
        else:
            expressions.append(text(source, name) if column.kind is Kind.TEXT else f"{source} AS {name}")
    return expressions


def _may_leave(session: Session, dataset: Dataset) -> pd.DataFrame:
    """Keys of customers who may leave as their consent is now, whatever it was when the snapshot was taken."""
    consents = ("given", "unknown") if dataset.legal_basis_confirmed else ("given",)
    keys = session.execute(select(Customer.customer_key).where(Customer.dataset_ref == dataset.ref, Customer.consent.in_(consents)))
    return pd.DataFrame({CUSTOMER_KEY: np.array(keys.scalars().all(), dtype=object)})


def _nobody(dataset: Dataset, withheld: int, gone: int) -> Conflict:
    """Why nobody leaves, those who could not leave because they are no customers any more told apart."""
    if not withheld:
        return Conflict(ALL_GONE, code="all_gone")
    others = f" {gone:,} more are gone from the newest snapshot." if gone else ""
    return Conflict(why_nobody(legal_basis=dataset.legal_basis_confirmed) + others, code="no_consent")


def why_nobody(*, legal_basis: bool) -> str:
    """Why none of some customers may leave, in words; `legal_basis` says whether one is confirmed for their dataset."""
    if legal_basis:
        return "Nobody may leave: every one of these customers has withdrawn their consent."
    return (
        "Nobody may leave: none of these customers is known to consent. Import a consent column, "
        "or ask an admin to confirm a legal basis on the Data page for customers whose consent is unknown."
    )
