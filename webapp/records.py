"""Many rows of the table of customers at once, in the session's own transaction, by the bulk ways of either database."""

# ruff: noqa: S608  (SQL is put together from our own words; values are bound)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from webapp.bulk import BATCH
from webapp.merging import CustomerBatch, PastRow, RestoredRow
from webapp.models import Dataset, Import

Keys = Iterable[list[tuple[str]]]
"""Customer keys in batches."""

_CUSTOMERS = "customers (customer_key, attributes, consent, layout_id, dataset_ref, first_import_ref, last_import_ref)"
GONE = 0
"""Stands for an import that is not there any more; `doctor` tells of its customers."""
_AT_ONCE = 200
"""Rows in one statement of SQLite: what it does for each statement costs it as much as what it does for a row."""
_UPDATE = (
    "ON CONFLICT (dataset_ref, customer_key) DO UPDATE "
    "SET attributes = excluded.attributes, layout_id = excluded.layout_id, last_import_ref = excluded.last_import_ref"
)


def upsert_customers(session: Session, batches: Iterable[CustomerBatch], *, layout_id: int, dataset: Dataset, source: Import) -> None:
    """Write the new and changed customers of the import `source`. An unknown consent never takes the place of a known one."""
    update = f"{_UPDATE}, consent = CASE WHEN excluded.consent = 'unknown' THEN customers.consent ELSE excluded.consent END"
    rest = (layout_id, dataset.ref, source.ref, source.ref)
    first = _holds_nobody(session, dataset)  # nor will others write to it: its lock is held
    if _is_sqlite(session):
        conflict = "" if first else f"WHERE true {update}"
        for batch in batches:
            _insert_parts(session, batch, rest, conflict)
    elif first:
        with _driver(session).cursor() as cursor:
            _copy(cursor, _CUSTOMERS, ([(*row, *rest) for row in zip(*batch, strict=True)] for batch in batches))
    else:
        columns = "customer_key text, attributes json, consent text"
        taken = "SELECT customer_key, attributes, consent, %s, %s, %s, %s FROM staged"
        rows = (list(zip(*batch, strict=True)) for batch in batches)
        _copy_and_insert(session, columns, rows, f"INSERT INTO {_CUSTOMERS} {taken} {update}", rest)


def restore_customers(session: Session, batches: Iterable[list[RestoredRow]], *, layout_id: int, dataset: Dataset) -> None:
    """Write customers exactly as given, whether or not they are there."""
    update = f"{_UPDATE}, consent = excluded.consent, first_import_ref = excluded.first_import_ref"
    refs = {import_id: ref for ref, import_id in _imports(session, dataset).items()}
    rows = ([(*row[:3], refs.get(row[3], GONE), refs.get(row[4], GONE)) for row in batch] for batch in batches)
    owner = (layout_id, dataset.ref)
    if _is_sqlite(session):
        statement = f"INSERT INTO {_CUSTOMERS} VALUES (?, ?, ?, ?, ?, ?, ?) {update}"
        for batch in rows:
            session.connection().exec_driver_sql(statement, [(*row[:3], *owner, *row[3:]) for row in batch])
        return
    columns = "customer_key text, attributes json, consent text, first_import_ref bigint, last_import_ref bigint"
    taken = "SELECT customer_key, attributes, consent, %s, %s, first_import_ref, last_import_ref FROM staged"
    _copy_and_insert(session, columns, rows, f"INSERT INTO {_CUSTOMERS} {taken} {update}", owner)


def past_rows(session: Session, keys: Keys, *, dataset: Dataset) -> Iterator[Sequence[PastRow]]:
    """Consent and imports of those customers as they are stored now, in batches."""
    query = (
        "SELECT customers.customer_key, consent, first_import_ref, last_import_ref FROM customers "
        "JOIN chosen_keys ON chosen_keys.customer_key = customers.customer_key WHERE dataset_ref = :dataset"
    )
    ids = _imports(session, dataset)
    with _chosen(session, keys):
        result = session.execute(text(query), {"dataset": dataset.ref}, execution_options={"stream_results": True, "max_row_buffer": BATCH})
        for part in result.partitions(BATCH):
            yield [(row[0], row[1], ids.get(row[2], ""), ids.get(row[3], "")) for row in part]


def remove_customers(session: Session, keys: Keys, *, dataset: Dataset) -> None:
    """Take those customers out; a consent that they withdrew is kept for the day that they come back.

    One that they gave is not: whoever comes back is asked again, and no later undoing can make a withdrawal of it.
    """
    among = "dataset_ref = :ref AND customer_key IN (SELECT customer_key FROM chosen_keys)"
    with _chosen(session, keys):
        session.execute(
            text(
                "INSERT INTO departed_consents (dataset_id, customer_key, team_id, consent) "
                f"SELECT :dataset, customer_key, :team, consent FROM customers WHERE consent = 'withdrawn' AND {among} "
                "ON CONFLICT (dataset_id, customer_key) DO NOTHING"
            ),
            {"dataset": dataset.id, "team": dataset.team_id, "ref": dataset.ref},
        )
        session.execute(text(f"DELETE FROM customers WHERE {among}"), {"ref": dataset.ref})


def recall_consents(session: Session, *, dataset: Dataset, source: Import) -> None:
    """Give customers whom the import `source` brought back the consent that they left with, where the file says nothing of it."""
    kept = "departed_consents.dataset_id = :dataset AND departed_consents.customer_key = customers.customer_key"
    session.execute(
        text(
            f"UPDATE customers SET consent = (SELECT departed_consents.consent FROM departed_consents WHERE {kept}) "
            "WHERE dataset_ref = :ref AND first_import_ref = :source AND consent = 'unknown' "
            "AND customer_key IN (SELECT customer_key FROM departed_consents WHERE dataset_id = :dataset)"
        ),
        {"dataset": dataset.id, "ref": dataset.ref, "source": source.ref},
    )


def forget_new_customers(session: Session, *, dataset: Dataset, source: Import) -> None:
    """Take out the customers whom the import `source` brought first."""
    session.execute(
        text("DELETE FROM customers WHERE dataset_ref = :dataset AND first_import_ref = :source"),
        {"dataset": dataset.ref, "source": source.ref},
    )


def _imports(session: Session, dataset: Dataset) -> dict[int, str]:
    """By which number customers know the dataset's imports -> their id, which is what the store's files name them by."""
    return dict(session.execute(select(Import.ref, Import.id).where(Import.dataset_id == dataset.id)).all())


def _insert_parts(session: Session, batch: CustomerBatch, rest: tuple[int, ...], conflict: str) -> None:
    """Insert a batch into SQLite, as many customers at once as one statement takes; a consent that they share is told once."""
    shared = batch.consents[:1] if len(set(batch.consents)) == 1 else []
    told = batch[:2] if shared else batch
    cells = ", ".join("?" * len(told))
    taken = f"column1, column2, {'?' if shared else 'column3'}, ?, ?, ?, ?"
    for start in range(0, len(batch.keys), _AT_ONCE):
        rows = zip(*(column[start : start + _AT_ONCE] for column in told), strict=True)
        values = [*shared, *rest, *chain.from_iterable(rows)]
        listed = ", ".join([f"({cells})"] * min(_AT_ONCE, len(batch.keys) - start))
        session.connection().exec_driver_sql(f"INSERT INTO {_CUSTOMERS} SELECT {taken} FROM (VALUES {listed}) {conflict}", tuple(values))


@contextmanager
def _chosen(session: Session, keys: Keys) -> Iterator[None]:
    """The temporary table `chosen_keys`, while it is needed."""
    connection = session.connection()
    if _is_sqlite(session):
        connection.exec_driver_sql("CREATE TEMP TABLE chosen_keys (customer_key VARCHAR PRIMARY KEY) WITHOUT ROWID")
        for batch in keys:
            connection.exec_driver_sql("INSERT INTO chosen_keys VALUES (?)", batch)
    else:
        with _driver(session).cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE chosen_keys (customer_key text) ON COMMIT DROP")
            _copy(cursor, "chosen_keys", keys)
            cursor.execute("ANALYZE chosen_keys")
    yield
    connection.exec_driver_sql("DROP TABLE chosen_keys")


def _copy_and_insert(
    session: Session, columns: str, batches: Iterable[Sequence[tuple[Any, ...]]], insert: str, values: tuple[Any, ...]
) -> None:
    with _driver(session).cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE staged ({columns}) ON COMMIT DROP")
        _copy(cursor, "staged", batches)
        cursor.execute(insert, values)
        cursor.execute("DROP TABLE staged")  # one transaction may store several files


def _copy(cursor: Any, table: str, batches: Iterable[Sequence[tuple[Any, ...]]]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for batch in batches:
            for row in batch:
                copy.write_row(row)


def _holds_nobody(session: Session, dataset: Dataset) -> bool:
    return session.execute(text("SELECT 1 FROM customers WHERE dataset_ref = :ref LIMIT 1"), {"ref": dataset.ref}).first() is None


def _driver(session: Session) -> Any:
    return session.connection().connection.driver_connection  # psycopg: SQLAlchemy has no words for COPY


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
