"""Pages and files of customers: the right rows, in the right order, and nobody who must stay."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from segmentation.artifact import unpack_assignments
from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp import outgoing
from webapp.edge import Resources
from webapp.models import AuditEvent, MemberRole, ModelVersion
from webapp.services.browsing import customers, exports
from webapp.services.browsing.customers import CustomerQuery
from webapp.services.data import datasets
from webapp.services.errors import Conflict, Forbidden, Invalid, NotFound
from webapp.services.segmenting import segments


def contacts(file: str) -> str:
    """`file` with a contact, consent, and a column called as one of ours; every third customer withdrew."""
    header, *rows = file.splitlines()
    words = ("yes", "no", "")
    lines = [f"{row},=p{n}@x.example,{words[n % 3]},{n}" for n, row in enumerate(rows)]
    return "\n".join([f"{header},Email,Consent,Confidence", *lines]) + "\n"


FILE = contacts(customers_csv((50, 50, 50)))
MAPPING = {"schema": {"Email": "contact", "Consent": "consent", "Confidence": "ignore"}}


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(FILE, mapping={"schema": {**MAPPING["schema"], "Confidence": "number"}})
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare: Prepare) -> Shop:
    return prepare(filled)


def filled_plainly(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv((50, 50, 50)))
    opened.recluster(k=3)
    return opened


@pytest.fixture
def plain_shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled_plainly)


def page(shop: Shop, **options: object) -> customers.CustomerPage:
    actor = options.pop("actor", shop.actor)
    with shop.reading() as session:
        rows = {name: options.pop(name) for name in ("start", "stop") if name in options}
        return customers.page_customers(session, actor, shop.resources.store, "customers", CustomerQuery(**options), **rows)  # type: ignore[arg-type]


def keys_of(shop: Shop) -> list[str]:
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
    assert overview is not None
    return [style.key for style in overview.styles]


def labels(shop: Shop) -> dict[str, int]:
    """Cluster by customer key, read from the store itself."""
    with shop.reading() as session:
        digest = session.scalars(select(ModelVersion.labels_digest)).one()
    assert digest is not None
    found = unpack_assignments(shop.resources.store.read_bytes(shop.actor.team_id, "labels", digest)).label
    return dict(zip(sorted(str(number) for number in range(1, 151)), found.tolist(), strict=True))


def exported(shop: Shop, **options: object) -> tuple[customers.Export, list[dict[str, str]]]:
    actor = options.pop("actor", shop.actor)
    with shop.writing() as session:
        export = exports.export_customers(session, actor, shop.resources.store, "customers", CustomerQuery(**options))  # type: ignore[arg-type]
    return export, list(csv.DictReader(io.StringIO(b"".join(export.chunks).decode())))


def test_pages_of_a_segment_hold_its_customers_once_each(shop: Shop) -> None:
    cluster_of = labels(shop)
    for cluster, key in enumerate(keys_of(shop)):
        wanted = sorted((customer for customer, label in cluster_of.items() if label == cluster), key=int)
        pages = [page(shop, segment=key, start=start, stop=start + 20) for start in range(0, len(wanted), 20)]
        assert [customer for each in pages for customer in each.rows["customer_key"]] == wanted
        assert {each.total for each in pages} == {len(wanted)}
        assert {name for each in pages for name in each.rows["segment_name"]} == {pages[0].rows["segment_name"].iloc[0]}


def test_every_column_sorts_both_ways_with_missing_values_last(shop: Shop) -> None:
    everybody = page(shop, stop=150).rows
    assert len(everybody) == 150
    for column in page(shop, stop=1).columns:
        for descending in (False, True):
            values = page(shop, sort=column.name, descending=descending, stop=150).rows[column.name]
            known = values.dropna()
            assert values.iloc[len(known) :].isna().all()
            comparable = known.str.casefold() if column.name == "segment_name" or column.name == "runner_up" else known
            comparable = known.astype(int) if column.name == "customer_key" else comparable
            assert list(comparable) == sorted(comparable, reverse=descending), column.name
            assert sorted(known.astype(str)) == sorted(everybody[column.name].dropna().astype(str))


def test_a_page_of_a_sorted_segment_is_a_slice_of_the_whole(shop: Shop) -> None:
    key = keys_of(shop)[0]
    for sort in ("income", "confidence", "customer_key"):
        whole = page(shop, segment=key, sort=sort, descending=True, stop=150).rows
        part = page(shop, segment=key, sort=sort, descending=True, start=7, stop=19).rows
        pd.testing.assert_frame_equal(part, whole.iloc[7:19].reset_index(drop=True))


@pytest.mark.parametrize("sort", ["city", "response", "segment_name", "runner_up"])
@pytest.mark.parametrize("descending", [False, True])
def test_customers_with_the_same_value_come_in_the_order_of_their_numbers(shop: Shop, sort: str, descending: bool) -> None:
    for segment in (None, keys_of(shop)[0]):
        rows = page(shop, segment=segment, sort=sort, descending=descending, stop=150).rows
        keys = rows["customer_key"].astype(int)
        for _, tied in keys.groupby(rows[sort].fillna("").astype(str), sort=False):
            assert tied.is_monotonic_increasing


def test_keys_that_are_no_numbers_come_after_those_that_are(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    keys = ["B2", "10", "9", "A1", str(10**25), "-3"]
    shop.import_file("Id,Income\n" + "".join(f"{key},{number}\n" for number, key in enumerate(keys)))
    found = page(shop).rows["customer_key"].tolist()
    assert found == ["-3", "9", "10", str(10**25), "A1", "B2"]
    assert page(shop, descending=True).rows["customer_key"].tolist() == found[::-1]


def test_a_column_of_the_files_own_stands_beside_ours(shop: Shop) -> None:
    first = page(shop, stop=1)
    assert [column.name for column in first.columns][:4] == ["customer_key", "segment_name", "confidence", "runner_up"]
    assert first.columns[-1].name == "confidence_in_file"
    assert first.rows["confidence_in_file"].iloc[0] == 0
    assert 0 <= first.rows["confidence"].iloc[0] <= 1


def test_contacts_are_masked_unless_the_actor_is_admin(shop: Shop) -> None:
    marketer = shop.member(MemberRole.MARKETER)
    assert page(shop, stop=1).rows["email"].iloc[0] == "=p0@x.example"
    assert set(page(shop, actor=marketer, stop=150).rows["email"]) == {customers.MASK}
    with pytest.raises(Invalid):
        page(shop, actor=marketer, sort="email")
    assert {row["email"] for row in exported(shop, actor=marketer)[1]} == {customers.MASK}


@pytest.mark.parametrize(
    "options", [{"sort": "1; DROP TABLE x"}, {"sort": "file_row_number"}, {"start": 5, "stop": 5}, {"start": -1}, {"stop": 5_000}]
)
def test_what_cannot_be_asked_for_is_refused(plain_shop: Shop, options: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        page(plain_shop, **options)


def test_before_the_first_version_everybody_is_there_without_a_segment(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file("Id,Income\n2,5\n1,7\n")
    found = page(shop)
    assert [column.name for column in found.columns] == ["customer_key", "income"]
    assert found.rows["income"].tolist() == [7.0, 5.0]
    with pytest.raises(NotFound):
        page(shop, segment="nothing")


def test_consent_decides_who_leaves(shop: Shop) -> None:
    export, rows = exported(shop)
    assert (export.rows, export.withheld) == (len(rows), 100) == (50, 100)
    assert {(int(row["customer_key"]) - 1) % 3 for row in rows} == {0}
    with shop.writing() as session:
        datasets.confirm_legal_basis(session, shop.actor, "customers")
    assert {(int(row["customer_key"]) - 1) % 3 for row in exported(shop)[1]} == {0, 2}
    shop.import_file("ID,Consent\n1,no\n")  # later than the snapshot that the champion was fitted to
    assert "1" not in {row["customer_key"] for row in exported(shop)[1]}


def test_an_export_of_a_segment_says_who_is_where_and_runs_no_formula(shop: Shop) -> None:
    cluster_of = labels(shop)
    for cluster, key in enumerate(keys_of(shop)):
        export, rows = exported(shop, segment=key)
        assert export.file_name == f"customers-{key}-customers.csv"
        assert {cluster_of[row["customer_key"]] for row in rows} == {cluster}
        assert {row["segment_key"] for row in rows} == {key}
        assert {row["runner_up"] for row in rows} <= set(keys_of(shop)) - {key}
        assert all(row["email"].startswith("'=p") for row in rows)
        assert all(float(row["income"]) > 0 and 0 <= float(row["confidence"]) <= 1 for row in rows)
    assert list(rows[0])[:5] == ["customer_key", "segment_key", "segment_name", "confidence", "runner_up"]
    with shop.reading() as session:
        assert session.scalars(select(AuditEvent.details).where(AuditEvent.action == "customers.exported")).all()[-1]["rows"] == len(rows)


def test_without_known_consent_nobody_leaves_until_an_admin_confirms(plain_shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="legal basis"):
        exported(plain_shop)
    with plain_shop.writing() as session:
        with pytest.raises(Forbidden):
            datasets.confirm_legal_basis(session, plain_shop.member(MemberRole.ANALYST), "customers")
        datasets.confirm_legal_basis(session, plain_shop.actor, "customers")
        store, target = plain_shop.resources.store, tmp_path / "out.parquet"
        saved = exports.save_customers(session, plain_shop.actor, store, "customers", target)
        with pytest.raises(Invalid, match=r"\.csv"):
            exports.save_customers(session, plain_shop.actor, store, "customers", tmp_path / "out.ods")
    _, rows = exported(plain_shop)
    assert saved.rows == len(rows) == 150
    import duckdb  # reads the file as anybody else would

    frame = duckdb.sql(f"SELECT * FROM '{target}'").df()
    assert frame["customer_key"].tolist() == [row["customer_key"] for row in rows]
    assert np.allclose(frame["income"], [float(row["income"]) for row in rows])


def test_a_workbook_holds_those_who_may_leave(plain_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with plain_shop.writing() as session:
        datasets.confirm_legal_basis(session, plain_shop.actor, "customers")
        saved = exports.save_customers(session, plain_shop.actor, plain_shop.resources.store, "customers", tmp_path / "out.xlsx")
    frame = pd.read_excel(saved.path, engine="openpyxl", dtype={"customer_key": str})
    _, rows = exported(plain_shop)
    assert frame["customer_key"].tolist() == [row["customer_key"] for row in rows]
    assert np.allclose(frame["income"], [float(row["income"]) for row in rows])
    monkeypatch.setattr(outgoing, "SHEET_ROWS", 149)
    with plain_shop.writing() as session, pytest.raises(Invalid, match="at most 149"):
        exports.save_customers(session, plain_shop.actor, plain_shop.resources.store, "customers", tmp_path / "more.xlsx")


def test_strangers_and_viewers_see_no_customer(plain_shop: Shop, tmp_path: Path) -> None:
    store, (key, *_) = plain_shop.resources.store, keys_of(plain_shop)
    acts = (
        lambda session, actor: customers.grid_columns(session, actor, "customers"),
        lambda session, actor: customers.page_customers(session, actor, store, "customers", CustomerQuery(segment=key)),
        lambda session, actor: exports.export_customers(session, actor, store, "customers", CustomerQuery(segment=key)),
        lambda session, actor: exports.save_customers(session, actor, store, "customers", tmp_path / "x.csv"),
    )
    for act in acts:
        with plain_shop.writing() as session, pytest.raises(Forbidden):
            act(session, plain_shop.member(MemberRole.VIEWER))
        with plain_shop.writing() as session, pytest.raises(NotFound):
            act(session, plain_shop.stranger)
    assert not (tmp_path / "x.csv").exists()


def test_a_page_holds_whom_filters_and_search_leave(plain_shop: Shop) -> None:
    everybody = page(plain_shop, stop=150).rows
    found = page(plain_shop, query={"f": "income~ge~40000", "q": "york"}, sort="income", descending=True, stop=150)
    wanted = everybody[(everybody["income"] >= 40_000) & (everybody["city"] == "York")]
    assert found.total == len(wanted) > 0
    assert found.rows["customer_key"].tolist() == wanted.sort_values("income", ascending=False, kind="stable")["customer_key"].tolist()
    key = keys_of(plain_shop)[0]
    inside = page(plain_shop, segment=key, query={"f": "income~ge~1"}, stop=150)
    assert set(inside.rows["segment_key"]) == {key}
    wrong = page(plain_shop, query={"f": "nothing~ge~1"}, stop=150)
    assert wrong.total == 150  # a filter that cannot be used is left out; the page says so


def test_spend_as_a_whole_can_be_seen_and_sorted_by(plain_shop: Shop) -> None:
    found = page(plain_shop, sort="spend_total", descending=True, stop=150)
    sums = found.rows["spend_wine"] + found.rows["spend_meat"]
    assert found.rows["spend_total"].tolist() == pytest.approx(sums.tolist())
    assert sums.is_monotonic_decreasing
    names = [column.name for column in found.columns]
    assert names.index("spend_total") + 1 == names.index("spend_wine")
    assert "spend_total" not in exported_columns(plain_shop)


def exported_columns(shop: Shop) -> list[str]:
    with shop.writing() as session:
        datasets.confirm_legal_basis(session, shop.actor, "customers")
    return list(exported(shop)[1][0])


def test_an_export_holds_exactly_the_selection_in_its_order(plain_shop: Shop) -> None:
    with plain_shop.writing() as session:
        datasets.confirm_legal_basis(session, plain_shop.actor, "customers")
    query = {"f": "income~ge~40000*city~in~Leeds|York", "q": "york"}
    wanted = page(plain_shop, query=query, sort="visits", descending=True, stop=150).rows["customer_key"].tolist()
    export, rows = exported(plain_shop, query=query, sort="visits", descending=True)
    assert export.file_name == "customers-selected-customers.csv"
    assert [row["customer_key"] for row in rows] == wanted
    with plain_shop.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "customers.exported")).one()
        assert (event.details["f"], event.details["q"], event.details["rows"]) == (query["f"], "york", len(wanted))


def test_an_export_whose_filter_cannot_be_used_is_refused_rather_than_larger(plain_shop: Shop) -> None:
    for query in ({"f": "nothing~ge~1"}, {"f": "income~ge~x"}):
        with pytest.raises(Invalid, match="cannot be used"):
            exported(plain_shop, query=query)
    with pytest.raises(Invalid):
        exported(plain_shop, sort="1; DROP TABLE x")


def test_nobody_filters_or_sorts_an_export_by_what_is_masked(shop: Shop) -> None:
    marketer = shop.member(MemberRole.MARKETER)
    with pytest.raises(Invalid):
        exported(shop, actor=marketer, query={"f": "email~has~p1@"})
    with pytest.raises(Invalid):
        exported(shop, actor=marketer, sort="email")
    assert exported(shop, query={"f": "email~has~p0@"})[1][0]["email"] == "'=p0@x.example"
