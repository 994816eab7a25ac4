"""Which customers filters and a search leave, and that no viewer is ever told of a small group."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp import bulk
from webapp.edge import Resources
from webapp.models import MemberRole
from webapp.services.access import Actor
from webapp.services.errors import NotFound
from webapp.services.filtering import filtering
from webapp.services.filtering.filtering import SMALLEST_GROUP, cells_of, held_back
from webapp.services.filtering.filters import filters_to_query
from webapp.services.segmenting.labelled import open_labelled
from webapp.services.segmenting.selections import Selection, select_customers

HOLES = {3: "Income", 4: "City", 40: "Income", 90: "Income"}
"""Customers of the file of whom something is not known."""


def with_holes(file: str) -> str:
    header, *rows = file.splitlines()
    names = header.split(",")
    lines = [f"{header},Email,Agreed"]
    for number, row in enumerate(rows, start=1):
        cells = row.split(",")
        if number in HOLES:
            cells[names.index(HOLES[number])] = ""
        lines.append(",".join([*cells, f"p{number}@x.example", ("yes", "no")[number % 2]]))
    return "\n".join(lines) + "\n"


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(
        with_holes(customers_csv((60, 60, 60))), mapping={"schema": {"Email": "contact", "Agreed": "consent", "City": "category"}}
    )
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def select(shop: Shop, actor: Actor | None = None, segment: str | None = None, **query: str) -> Selection:
    with shop.reading() as session:
        return select_customers(session, actor or shop.actor, shop.resources.store, "customers", query, segment=segment)


def everybody(shop: Shop) -> pd.DataFrame:
    """The snapshot in its order, with cluster and confidence."""
    with shop.reading() as session:
        base = open_labelled(session, shop.actor, "customers", None)
        labels = base.labels(shop.resources.store)
        frame = bulk.read_snapshot(base.path(shop.resources.store), base.schema)
    assert labels is not None
    spend = frame["spend_wine"] + frame["spend_meat"]
    return frame.assign(
        cluster=labels.label, sure=labels.confidence.astype(float).round(4), total=spend, key=[base.keys[n] for n in labels.label]
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("income~ge~40000", lambda frame: frame["income"] >= 40_000),
        ("income~le~40000", lambda frame: frame["income"] <= 40_000),
        ("income~bt~20000|40000", lambda frame: frame["income"].between(20_000, 40_000)),
        ("income~none", lambda frame: frame["income"].isna()),
        ("spend_total~ge~200", lambda frame: frame["total"] >= 200),
        ("since~le~2024-03-10", lambda frame: frame["since"] <= "2024-03-10"),
        ("city~in~Leeds|York", lambda frame: frame["city"].isin(["Leeds", "York"])),
        ("city~ni~Leeds|York", lambda frame: ~frame["city"].isin(["Leeds", "York"])),
        ("city~has~EED", lambda frame: frame["city"] == "Leeds"),
        ("city~none", lambda frame: frame["city"].isna()),
        ("response~yes", lambda frame: frame["response"] == 1),
        ("response~no*city~in~Bath", lambda frame: (frame["response"] == 0) & (frame["city"] == "Bath")),
        ("confidence~le~0.999", lambda frame: frame["sure"] <= 0.999),
    ],
)
def test_each_condition_leaves_whom_it_says(shop: Shop, text: str, rule) -> None:  # type: ignore[no-untyped-def]
    frame = everybody(shop)
    found = select(shop, f=text)
    assert not found.problems
    wanted = np.flatnonzero(rule(frame).fillna(False).to_numpy(dtype=bool))
    assert found.rows is not None
    assert found.rows.tolist() == wanted.tolist()
    assert (found.count, found.total) == (len(wanted), 180)


def test_the_segment_itself_and_quarters(shop: Shop) -> None:
    frame = everybody(shop)
    first, second = frame["key"].unique()[:2]
    assert select(shop, f=f"segment_key~in~{first}").count == (frame["key"] == first).sum()
    assert select(shop, f=f"segment_key~ni~{first}|{second}").count == (~frame["key"].isin([first, second])).sum()
    assert select(shop, f="segment_key~none").count == 0
    inside = select(shop, segment=first, f="income~ge~1")
    assert (inside.count, inside.total) == (((frame["key"] == first) & (frame["income"] >= 1)).sum(), (frame["key"] == first).sum())
    quarters = [select(shop, f=f"income~q~{n}") for n in (1, 2, 3, 4)]
    rows = np.concatenate([quarter.rows for quarter in quarters if quarter.rows is not None])
    assert sorted(rows.tolist()) == list(range(180))  # those without an income are in the first
    with pytest.raises(NotFound):
        select(shop, segment="nothing")


def test_a_word_stands_for_the_spellings_that_are_counted_with_it() -> None:
    from segmentation.preset import smartcart_columns
    from segmentation.roles import Schema
    from webapp.services.filtering.filters import filter_columns, parse_filters

    header = ["ID", "Marital_Status", "Kidhome", "Teenhome", "MntWines", "MntFruits", "MntFishProducts", "Dt_Customer"]
    known = smartcart_columns(header)
    columns = filter_columns(Schema(tuple(known[name.casefold()] for name in header)))
    filters = parse_filters({"f": "marital_status~in~Single"}, columns).filters
    assert filtering.where_clause(filters, columns) == ('("marital_status" IN (?, ?, ?, ?))', ["Single", "Alone", "Absurd", "YOLO"])


def test_a_search_looks_at_the_key_and_every_word_that_the_role_shows(shop: Shop) -> None:
    assert {*np.flatnonzero(everybody(shop)["customer_key"].str.contains("17"))} <= {*select(shop, q="17").rows}  # type: ignore[misc]
    assert select(shop, q="lEEds").count == (everybody(shop)["city"] == "Leeds").sum()
    assert select(shop, q="p17@x").count == 1
    assert select(shop, shop.member(MemberRole.MARKETER), q="p17@x").count == 0
    assert select(shop, q="lEEds", f="income~ge~40000").count < select(shop, q="leeds").count
    assert select(shop, q="%").count == 0
    assert select(shop, q=" \x00 ").rows is None


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "x" * 201])
def test_a_search_that_cannot_be_done_as_it_stands_says_so(shop: Shop, text: str) -> None:
    """A file is refused then, for it would hold others than somebody asked for."""
    assert select(shop, shop.actor, q=text).problems
    assert not select(shop, shop.actor, q="x" * 200).problems


def test_another_team_selects_nothing(shop: Shop) -> None:
    with pytest.raises(NotFound):
        select(shop, shop.stranger, f="income~ge~1")


def test_contacts_are_filtered_by_admins_only(shop: Shop) -> None:
    assert select(shop, f="email~has~p17@").count == 1
    refused = select(shop, shop.member(MemberRole.ANALYST), f="email~has~p17@")
    assert refused.rows is None
    assert refused.problems
    assert "agreed" in {column.name for column in select(shop, shop.member(MemberRole.MARKETER)).columns}
    assert not {"agreed", "email", "confidence", "segment_key"} & {
        column.name for column in select(shop, shop.member(MemberRole.VIEWER)).columns
    }


@pytest.mark.parametrize(
    "text", ["income~ge~40000", "city~in~Leeds|York", "city~has~e", "income~q~1*city~in~York", "confidence~le~0.5", "income~none"]
)
def test_a_viewer_asks_for_one_fixed_option_at_a_time(shop: Shop, text: str) -> None:
    found = select(shop, shop.member(MemberRole.VIEWER), f=text, q="17")
    assert found.rows is None
    assert found.fixed
    assert len(found.problems) == 1


def test_what_a_viewer_sees_and_its_differences_are_never_about_few(shop: Shop) -> None:
    """By brute force: for every column the sizes by segment of all its options, and what is left of a segment without them."""
    viewer, frame = shop.member(MemberRole.VIEWER), everybody(shop)
    sizes = frame["cluster"].value_counts()
    seen = 0
    for column in select(shop, viewer).columns:
        shown = []
        for cell in cells_of(column):
            found = select(shop, viewer, f=filters_to_query([cell]) or "")
            assert not found.problems
            shown.append(frame.iloc[found.rows]["cluster"].value_counts().reindex(sizes.index, fill_value=0))
        for cluster in sizes.index:
            cells = [int(each[cluster]) for each in shown]
            seen += sum(cells)
            for many in range(1, len(cells) + 1):
                for some in combinations(cells, many):
                    rest = int(sizes[cluster]) - sum(some)
                    assert sum(some) == 0 or sum(some) >= SMALLEST_GROUP
                    assert rest == 0 or rest >= SMALLEST_GROUP
    assert seen > 0


@given(arrays.arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.integers(0, 40)))
def test_segments_are_held_back_until_what_is_missing_is_no_small_group(sizes: np.ndarray) -> None:  # type: ignore[type-arg]
    held = held_back(sizes)
    shown = [group for group in range(sizes.shape[1]) if group not in held]
    assert not ((sizes[:, shown] > 0) & (sizes[:, shown] < SMALLEST_GROUP)).any()
    if held and any(sizes[:, shown].sum(axis=0)):
        missing = sizes[:, sorted(held)].sum(axis=1)
        assert len(held) >= 2
        assert not ((missing > 0) & (missing < SMALLEST_GROUP)).any()


def test_before_a_version_everybody_is_one_group(sqlite_resources: Resources) -> None:
    shop = open_shop(sqlite_resources)
    shop.import_file(
        "Id,City\n" + "".join(f"{n},{'York' if n < 5 else 'Bath'}\n" for n in range(40)), mapping={"schema": {"City": "category"}}
    )
    assert select(shop, f="city~in~York").count == 5
    assert select(shop, shop.member(MemberRole.VIEWER), f="city~in~York").count == 0
    assert select(shop, shop.member(MemberRole.VIEWER), f="city~in~Bath").count == 0
